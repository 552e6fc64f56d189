"""Configuration as code: what a file would change, and changing exactly that in one transaction.

``plan`` compares a file with the store and returns the changes; ``apply`` makes them. Both run the
same comparison inside a transaction, and neither ever calls out. ``export`` writes the file back,
so that applying an export changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.contract import ConfigInvalid
from hub import files, rule_rows, vault
from hub.declared import AgentSpec, ChannelSpec, DeclarationInvalid, Declared, QueueSpec
from hub.fields import FieldError
from hub.keys import Keys
from routing import spans
from routing.rules import RulesInvalid, compile_rules
from storage import audit, channels, queues, rules, users

if TYPE_CHECKING:
    from storage.db import Row, Tx


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a file changes, and how to do it."""

    verb: str
    """``add``, ``change`` or ``remove``."""
    noun: str
    name: str
    what: tuple[str, ...]
    """The parts that differ."""
    do: Callable[[Tx], object]

    def __str__(self) -> str:
        details = f" ({', '.join(self.what)})" if self.what else ""
        return f"{self.verb} {self.noun} {self.name}{details}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to apply, by whom and when."""

    declared: Declared
    keys: Keys
    prune: bool = False
    by: str = "command"
    note: str = ""
    now: int


@dataclass(slots=True)
class _Comparison:
    """One run over file and store."""

    order: Order
    changes: list[Change] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)

    def add(
        self, verb: str, noun: str, name: str, do: Callable[[Tx], object], what: Iterable[str] = ()
    ) -> None:
        self.changes.append(Change(verb, noun, name, tuple(what), do))


def plan(tx: Tx, order: Order) -> list[Change]:
    """What applying would change. Raises DeclarationInvalid."""
    run = _Comparison(order)
    names = _queues(tx, run)
    _channels(tx, run)
    _agents(tx, run, names)
    _rules(tx, run, names)
    if run.errors:
        raise DeclarationInvalid(run.errors)
    return run.changes


def apply(tx: Tx, order: Order) -> list[str]:
    """Change it; the lines that ``plan`` would have printed. Raises DeclarationInvalid."""
    changes = plan(tx, order)
    for change in changes:
        change.do(tx)
    lines = [str(change) for change in changes]
    if lines:
        audit.record(tx, order.by, "apply", "configuration", now=order.now, changes=lines)
    return lines


# ---------------------------------------------------------------- queues


def _queues(tx: Tx, run: _Comparison) -> set[str]:
    """Compare queues; the names that are there afterwards."""
    stored = {row["name"]: row for row in queues.listed(tx)}
    given = {spec.name: spec for spec in run.order.declared.queues or ()}
    for name, spec in given.items():
        _compare(
            run,
            "queue",
            name,
            queue_document(stored[name]) if name in stored else None,
            _plain(spec),
            partial(_save_queue, spec=spec, now=run.order.now),
        )
    if not run.order.prune:
        return {*stored, *given}
    for name in sorted(stored.keys() - given.keys()):
        row = stored[name]
        live = queues.live_items(tx, row["id"])
        if live:
            run.errors.append(FieldError("queues", f"{name} cannot go: {live} matters are in it"))
        run.add("remove", "queue", name, partial(queues.remove, id=row["id"], now=run.order.now))
    if not given:
        run.errors.append(FieldError("queues", "at least one must stay"))
    return set(given)


def _save_queue(tx: Tx, spec: QueueSpec, now: int) -> None:
    options: dict[str, Any] = {}
    if spec.modes:
        options["modes"] = {name: mode.value for name, mode in spec.modes.items()}
    if spec.units:
        options["units"] = spec.units
    if spec.offer_for is not None:
        options["offer_seconds"] = int(spans.duration(spec.offer_for).total_seconds())
    title = spec.title if isinstance(spec.title, dict) else {"": spec.title} if spec.title else {}
    queues.save(
        tx,
        name=spec.name,
        title=_json(title),
        visible_to=spec.visible_to,
        options=_json(options),
        now=now,
    )


def queue_document(row: Row) -> dict[str, Any]:
    """A stored queue as a file says it."""
    options: dict[str, Any] = msgspec.json.decode(row["options"])
    titles: dict[str, str] = msgspec.json.decode(row["title"])
    seconds = options.get("offer_seconds")
    return _document(
        name=row["name"],
        title=titles[""] if set(titles) == {""} else titles,
        visible_to=(row["visible_to"], "everyone"),
        modes=options.get("modes", {}),
        units=options.get("units", {}),
        offer_for=None if seconds is None else spans.write_duration(timedelta(seconds=seconds)),
    )


# ---------------------------------------------------------------- channels


def _channels(tx: Tx, run: _Comparison) -> None:
    stored = {row["name"]: row for row in channels.listed(tx)}
    given = {spec.name: spec for spec in run.order.declared.channels or ()}
    for place, (name, spec) in enumerate(given.items()):
        row = stored.get(name)
        before: dict[str, Any] = {} if row is None else msgspec.json.decode(row["settings"])
        same_kind = row is None or row["kind"] == spec.kind
        try:
            settings = vault.sealed(
                run.order.keys, spec.kind, spec.settings, before if same_kind else {}
            )
        except ConfigInvalid as err:
            at, _, reason = str(err).partition(": ")
            run.errors.append(FieldError(f"channels[{place}].{at}", reason))
            continue
        wanted = _definition(spec, settings)
        old = None if row is None else channel_document(row, secrets=True)
        new = channel_document(_as_row(wanted), secrets=True)
        _compare(
            run,
            "channel",
            name,
            old,
            new,
            partial(channels.save, wanted=wanted, now=run.order.now),
        )
    if run.order.prune:
        for name in sorted(stored.keys() - given.keys()):
            run.add(
                "remove",
                "channel",
                name,
                partial(channels.remove, id=stored[name]["id"], now=run.order.now),
            )


def _definition(spec: ChannelSpec, settings: Mapping[str, Any]) -> channels.Definition:
    options: dict[str, Any] = {}
    if spec.reopen_within is not None:
        options["reopen_within"] = int(spans.duration(spec.reopen_within).total_seconds())
    if spec.sender_name:
        options["sender_name"] = spec.sender_name
    return channels.Definition(
        name=spec.name,
        kind=spec.kind,
        title=spec.title,
        settings=_json(settings),
        options=_json(options),
        signature_mode=spec.signature,
        enabled=spec.enabled,
        simulated=spec.simulated,
    )


def _as_row(wanted: channels.Definition) -> Mapping[str, Any]:
    return {name: getattr(wanted, name) for name in wanted.__slots__}


def channel_document(row: Row | Mapping[str, Any], *, secrets: bool = False) -> dict[str, Any]:
    """A stored channel as a file says it; ``secrets``: with what is sealed, for comparing."""
    options: dict[str, Any] = msgspec.json.decode(row["options"])
    settings: dict[str, Any] = msgspec.json.decode(row["settings"])
    seconds = options.get("reopen_within")
    return _document(
        name=row["name"],
        kind=row["kind"],
        title=row["title"],
        enabled=(bool(row["enabled"]), True),
        simulated=(bool(row["simulated"]), False),
        signature=(row["signature_mode"], "enforce"),
        reopen_within=None if seconds is None else spans.write_duration(timedelta(seconds=seconds)),
        sender_name=options.get("sender_name"),
        settings=settings if secrets else vault.exported(settings),
    )


# ---------------------------------------------------------------- agents


def _agents(tx: Tx, run: _Comparison, names: set[str]) -> None:
    stored = {row["email"]: row for row in queues.agents_listed(tx)}
    given = {spec.email: spec for spec in run.order.declared.agents or ()}
    for place, (email, spec) in enumerate(given.items()):
        for n, queue in enumerate(spec.queues):
            if queue not in names:
                at = f"agents[{place}].queues[{n}]"
                run.errors.append(FieldError(at, f"there is no queue {queue}"))
        row = stored.get(email)
        _compare(
            run,
            "agent",
            email,
            None if row is None else agent_document(tx, row),
            _plain(spec),
            partial(save_agent, spec=spec, now=run.order.now),
        )
    if run.order.prune:
        for email in sorted(stored.keys() - given.keys()):
            if stored[email]["role"] != "admin":  # nobody locks themselves out by a file
                run.add(
                    "remove",
                    "agent",
                    email,
                    partial(_retire, row=stored[email], now=run.order.now),
                )


def save_agent(tx: Tx, spec: AgentSpec, now: int) -> int:
    """Make somebody an agent; their user's id. Raises LookupError: no such queue."""
    known = users.by_email(tx, spec.email)
    if known is None:
        user = users.add(tx, email=spec.email, name=spec.name, role=spec.role, now=now)
    else:
        user = int(known["id"])
        users.set_profile(tx, user, name=spec.name, role=spec.role)
    agent = queues.save_agent(tx, user=user, capacity=spec.capacity, now=now)
    queues.serve(tx, agent, spec.queues, now)
    return user


def _retire(tx: Tx, row: Row, now: int) -> None:
    queues.retire_agent(tx, row["id"], now)
    users.switch_off(tx, row["user_id"])


def agent_document(tx: Tx, row: Row) -> dict[str, Any]:
    """A stored agent as a file says it."""
    return _document(
        email=row["email"],
        name=row["name"],
        role=(row["role"], "agent"),
        queues=queues.served_by(tx, row["id"]),
        capacity=(row["capacity"], 100),
    )


# ---------------------------------------------------------------- rules


def _rules(tx: Tx, run: _Comparison, names: set[str]) -> None:
    published = rules.current(tx)
    before: list[dict[str, Any]] = [] if published is None else rule_rows.rows_of(published["body"])
    given = run.order.declared.rules
    after = before
    if given is not None:
        after = list(given) if run.order.prune else rule_rows.merged(before, given)
    if after:
        _check_rules(run, after, names)
    if run.errors or after == before:
        return
    old = {row["id"]: row for row in before}
    new = {row["id"]: row for row in after}
    publish = _once(
        lambda tx: rules.publish(
            tx, files.write(after), note=run.order.note, by=run.order.by, now=run.order.now
        )
    )
    for name, row in new.items():
        if name not in old:
            run.add("add", "rule", name, publish)
        elif old[name] != row:
            run.add("change", "rule", name, publish, _differing(old[name], row))
    for name in [name for name in old if name not in new]:
        run.add("remove", "rule", name, publish)
    if not run.changes or run.changes[-1].noun != "rule":
        run.add("change", "rules", "order", publish)


def _once(do: Callable[[Tx], object]) -> Callable[[Tx], object]:
    done: list[Tx] = []

    def first(tx: Tx) -> None:
        if not done:
            done.append(tx)
            do(tx)

    return first


def _check_rules(run: _Comparison, rows: Sequence[Mapping[str, Any]], names: set[str]) -> None:
    try:
        compile_rules(rows, queues=names)
    except RulesInvalid as err:
        run.errors += [FieldError(item.path, item.reason) for item in err.problems]


# ---------------------------------------------------------------- the whole file


def export(tx: Tx) -> str:
    """The configuration as one file."""
    published = rules.current(tx)
    document: dict[str, Any] = {
        "channels": [channel_document(row) for row in channels.listed(tx)],
        "queues": [queue_document(row) for row in queues.listed(tx)],
        "agents": [
            found
            for row in queues.agents_listed(tx)
            if (found := agent_document(tx, row)) and (row["role"] != "admin" or "queues" in found)
        ],
    }
    if published is not None:
        document["rules"] = rule_rows.rows_of(published["body"])
    return files.write(document)


# ---------------------------------------------------------------- small parts


def _compare(
    run: _Comparison,
    noun: str,
    name: str,
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any],
    do: Callable[[Tx], object],
) -> None:
    if old is None:
        run.add("add", noun, name, do)
    elif old != new:
        run.add("change", noun, name, do, _differing(old, new))


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    names = [*new, *(name for name in old if name not in new)]
    return [name for name in names if old.get(name) != new.get(name)]


def _document(**parts: Any) -> dict[str, Any]:
    """Only what is not the default: None, empty, or the second of a pair."""
    found: dict[str, Any] = {}
    for name, value in parts.items():
        if isinstance(value, tuple):
            given, default = value
            if given != default:
                found[name] = given
        elif value not in (None, "", {}, []):
            found[name] = value
    return found


def _plain(spec: QueueSpec | AgentSpec) -> dict[str, Any]:
    """A spec in the form of the stored documents."""
    if isinstance(spec, AgentSpec):
        return _document(
            email=spec.email,
            name=spec.name,
            role=(spec.role, "agent"),
            queues=sorted(set(spec.queues)),
            capacity=(spec.capacity, 100),
        )
    offer = None if spec.offer_for is None else spans.duration(spec.offer_for)
    return _document(
        name=spec.name,
        title=spec.title,
        visible_to=(spec.visible_to, "everyone"),
        modes={name: mode.value for name, mode in spec.modes.items()},
        units=spec.units,
        offer_for=None if offer is None else spans.write_duration(offer),
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
