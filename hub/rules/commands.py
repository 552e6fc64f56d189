"""Rules at the command line: tests, dry runs, versions, and the way back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from hub import clock, desk
from hub.control import CommandRefused
from hub.rules import cases as rule_tests
from hub.rules import dry_run
from hub.rules import rows as rule_rows
from hub.rules.cases import Result
from hub.rules.rows import RulesRefused
from hub.rules.versions import Stale, publish
from storage import channels, rules
from storage.views import when

if TYPE_CHECKING:
    from hub.commands import Commands
    from hub.desk import Desk
    from routing.rules import RuleSet
    from storage.db import Tx

VERSIONS = 50  # shown at most


async def test(office: Commands, args: Mapping[str, Any], _body: bytes) -> list[dict[str, Any]]:
    """Run the tests of one file on the rules of another, else on those in force.

    ``args["tests"]`` and ``args["rules"]`` are files: ``{name, text}``.
    """
    standing = await office.db.read(desk.load)
    kinds = {row["name"]: row["kind"] for row in await office.db.read(channels.listed)}
    rule_set = standing.rules if args.get("rules") is None else await _rules(office, args["rules"])
    kinds = rule_rows.channels_of((args.get("rules") or {}).get("text"), kinds)
    try:
        results = await asyncio.to_thread(_run, args["tests"]["text"], kinds, rule_set, standing)
    except RulesRefused as err:
        raise _refused(args["tests"]["name"], err) from err
    return [msgspec.to_builtins(result) for result in results]


def _run(
    text: str, kinds: Mapping[str, str], rule_set: RuleSet, standing: Desk
) -> Sequence[Result]:
    return rule_tests.read(text, kinds).run(rule_set, standing)


async def _rules(office: Commands, file: Mapping[str, str]) -> RuleSet:
    try:
        return await office.db.read(_compiled, file["text"])
    except RulesRefused as err:
        raise _refused(file["name"], err) from err


def _refused(name: str, err: RulesRefused) -> CommandRefused:
    return CommandRefused("\n".join(f"{name}: {error}" for error in err.errors))


def _compiled(tx: Tx, text: str) -> RuleSet:
    return rule_rows.compiled(text, rule_rows.names(tx), whole=True)


async def past(office: Commands, args: Mapping[str, Any], _body: bytes) -> dict[str, Any]:
    """Run the last ``args["days"]`` through the file ``args["rules"]``; as the API answers."""
    standing = await office.db.read(desk.load)
    run = dry_run.DryRun(await _rules(office, args["rules"]), standing)
    await run.run(office.db, clock.now() - args["days"] * dry_run.DAY)
    found: dict[str, Any] = msgspec.to_builtins(run.view(standing.version, args["days"]))
    return found


async def versions(
    office: Commands, _args: Mapping[str, Any], _body: bytes
) -> list[dict[str, Any]]:
    """The newest versions: number, when, by whom, note."""
    rows = await office.db.read(rules.versions, None, VERSIONS)
    return [
        {
            "version": row["version"],
            "at": f"{when(row['published_at']):%Y-%m-%d %H:%M} UTC",
            "by": row["published_by"],
            "note": row["note"],
        }
        for row in rows
    ]


async def rollback(office: Commands, args: Mapping[str, Any], _body: bytes) -> int:
    """Publish version ``args["version"]`` again; the number that it has now."""
    old = await office.db.read(rules.version, args["version"])
    if old is None:
        raise CommandRefused(f"there is no version {args['version']}")
    note = args.get("note") or f"version {old['version']} again"
    try:
        number = await office.db.write(
            publish, old["body"], note=note, by="command", now=clock.now(), key="rules"
        )
    except (RulesRefused, Stale) as err:
        raise CommandRefused(str(err)) from err
    await office.changed()
    return number
