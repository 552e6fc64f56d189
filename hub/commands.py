"""What the command line can ask for: run by the server through its socket, or on the open store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from connectors.contract import ChannelError, Raw
from hub import (
    accounts,
    calendars,
    clock,
    declare,
    declared,
    desk,
    doctor,
    explained,
    files,
    trace,
    vault,
)
from hub.access import leaving, second_factor, trail
from hub.accounts import AccountRefused
from hub.auth import link_url, new_api_token, new_token
from hub.calendars import closing
from hub.control import CommandRefused
from hub.declared import DeclarationInvalid
from hub.fields import FieldError
from hub.keys import SETTING, KeyRefused, Keys, add_text, default_path, write_texts
from hub.mailboxes import commands as mailboxes
from hub.nights import forgotten, noting, release
from hub.problems import Problem
from hub.rules import commands as rule_commands
from storage import audit, channels, sla_deadlines, tokens
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.intake import Intake
    from hub.settings import Settings
    from storage.db import Database, Tx


async def _nothing() -> None:
    """Nobody runs on what was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """Where commands are done: an open store, and the server around it if there is one."""

    db: Database
    keys: Keys
    settings: Settings
    intake: Intake
    opened: Callable[[str], Channel | None] = field(default=lambda _name: None)
    """The running server's open channel of that name."""
    standing: Callable[[int], tuple[Mapping[str, Any] | None, int]] = field(
        default=lambda _item: (None, 0)
    )
    """How a waiting item stands with the running server's router, and its place in line."""
    changed: Callable[[], Awaitable[None]] = field(default=_nothing)
    """Take up changed configuration; returns once it is in force."""
    reopen: Callable[[str], None] = field(default=lambda _name: None)
    """With the next ``changed`` that channel is left and entered anew."""

    serving: bool = False
    """A server runs around it, in this process."""
    lifted: Callable[[], None] = field(default=lambda: None)
    """The store's hold is over: what waited in the running server begins."""

    async def run(self, command: str, args: Mapping[str, Any], body: bytes) -> Any:
        """Do it; the result is JSON. Raises CommandRefused with words for people."""
        if command not in COMMANDS:
            raise CommandRefused(f"this server does not know the command {command!r}")
        try:
            return await COMMANDS[command](self, args, body)
        except (AccountRefused, KeyRefused) as err:
            raise CommandRefused(str(err)) from err
        except StoreUnavailable as err:
            raise CommandRefused(f"the store cannot be written: {err}") from err


Command = Callable[[Commands, Mapping[str, Any], bytes], Awaitable[Any]]


# ---------------------------------------------------------------- configuration


async def _plan(office: Commands, args: Mapping[str, Any], _body: bytes) -> list[str]:
    loaded, order = await _order(office, args)
    try:
        changes = await office.db.read(declare.plan, order)
    except DeclarationInvalid as err:
        raise _refused(loaded, args, err) from err
    return [str(change) for change in changes]


async def _apply(office: Commands, args: Mapping[str, Any], _body: bytes) -> list[str]:
    loaded, order = await _order(office, args)
    try:
        lines, moved = await office.db.write(_applied, order)
    except DeclarationInvalid as err:
        raise _refused(loaded, args, err) from err
    if lines:
        await office.changed()
        await calendars.recompute(office.db)
    return [
        *lines,
        *(f"calendar {name}: {n} open deadlines worked out again" for name, n in moved.items()),
    ]


def _applied(tx: Tx, order: declare.Order) -> tuple[list[str], dict[str, int]]:
    """The changes, and how many open deadlines each changed calendar moves."""
    before = calendars.versions(tx)
    lines = declare.apply(tx, order)
    after = calendars.versions(tx)
    changed = [name for name in after if name in before and after[name] != before[name]]
    counts = {name: sla_deadlines.running_by(tx, name) for name in changed}
    return lines, {name: count for name, count in counts.items() if count}


async def _order(office: Commands, args: Mapping[str, Any]) -> tuple[files.Loaded, declare.Order]:
    loaded: files.Loaded | None = None
    try:
        loaded = files.load(args["text"])
        known = await asyncio.to_thread(declared.read, loaded)  # imports connectors
    except files.FileInvalid as err:
        raise CommandRefused(_in_file(args, map(str, err.problems))) from err
    except DeclarationInvalid as err:
        raise _refused(loaded, args, err) from err
    order = declare.Order(
        declared=known,
        keys=office.keys,
        prune=bool(args.get("prune")),
        moves=args.get("moves") or {},
        now=clock.now(),
    )
    return loaded, order


def _refused(
    loaded: files.Loaded | None, args: Mapping[str, Any], err: DeclarationInvalid
) -> CommandRefused:
    if loaded is None:
        return CommandRefused(str(err))
    problems = (loaded.problem(item.field, _reason(item)) for item in err.errors)
    return CommandRefused(_in_file(args, map(str, problems)))


def _in_file(args: Mapping[str, Any], problems: Iterable[str]) -> str:
    """A line a problem, each with the file's name if it has one."""
    name = args.get("file", "-")
    return "\n".join(f"{name}: {problem}" if name != "-" else problem for problem in problems)


def _reason(error: FieldError) -> str:
    return f"{error.reason} (rule {error.rule})" if error.rule else error.reason


async def _export(office: Commands, _args: Mapping[str, Any], _body: bytes) -> str:
    return await office.db.read(declare.export)


async def _history(office: Commands, args: Mapping[str, Any], _body: bytes) -> dict[str, Any]:
    from hub.simulation import history  # noqa: PLC0415  rarely wanted

    zone = args.get("zone") or office.settings.time_zone
    try:
        return await history.recorded(office.db, days=args["days"], zone=zone, now=clock.now())
    except history.HistoryRefused as err:
        raise CommandRefused(str(err)) from err


# ---------------------------------------------------------------- people


async def _token(office: Commands, args: Mapping[str, Any], _body: bytes) -> str:
    token = new_api_token()
    await office.db.write(
        accounts.add_token,
        token,
        name=args.get("name") or "command line",
        email=_email(args["user"]) if args.get("user") else None,
        role=args.get("role") or "admin",
        scopes=args.get("scopes") or (),
        by="command",
        now=clock.now(),
    )
    return token


async def _user_add(office: Commands, args: Mapping[str, Any], body: bytes) -> str:
    await office.db.write(
        accounts.add_user,
        email=_email(args["email"]),
        name=args.get("name") or "",
        role=args.get("role") or "agent",
        serves=args.get("queues") or (),
        by="command",
        now=clock.now(),
    )
    await office.changed()
    return await _user_link(office, args, body)


async def _user_link(office: Commands, args: Mapping[str, Any], _body: bytes) -> str:
    token = new_token()
    await office.db.write(
        accounts.link, _email(args["email"]), token, by="command", now=clock.now()
    )
    return link_url(office.settings.public_url, token)


async def _user_off(office: Commands, args: Mapping[str, Any], _body: bytes) -> str:
    heir = leaving.Heir(args.get("hand_to"), bool(args.get("back_to_queue")))
    standing = await office.db.read(desk.load)
    try:
        moved = await office.db.write(
            leaving.switch_off, _email(args["email"]), heir, standing, by="command", now=clock.now()
        )
    except Problem as err:
        raise CommandRefused(leaving.in_words(err)) from err
    await office.changed()
    return f"switched off; {moved} open matters moved"


async def _user_reset(office: Commands, args: Mapping[str, Any], body: bytes) -> str:
    """What lets somebody in again who has lost their second factor, or is locked out."""
    await office.db.write(accounts.let_in_again, _email(args["email"]), clock.now())
    return await _user_link(office, args, body)


async def _audit(office: Commands, args: Mapping[str, Any], _body: bytes) -> list[dict[str, Any]]:
    """A page of the audit, oldest first: at most ``trail.CHUNK`` lines after ``after``. ``export``:
    all of it is taken away, in this format."""
    wanted = msgspec.convert(args["wanted"], trail.Wanted)
    if kind := args.get("export"):
        await office.db.write(trail.exported, "command", wanted, kind, clock.now())
    found = await office.db.read(trail.lines, wanted, limit=trail.CHUNK, after=int(args["after"]))
    return [msgspec.to_builtins(line) for line in found]


def _email(text: str) -> str:
    if text.casefold() == accounts.FIRST_EMAIL:
        return accounts.FIRST_EMAIL
    try:
        return declared.mail_address(text)
    except ValueError as err:
        raise AccountRefused("email", str(err)) from err


# ---------------------------------------------------------------- channels


async def _check(office: Commands, args: Mapping[str, Any], _body: bytes) -> list[dict[str, Any]]:
    """All channels in use, or those of these ``names``, in use or not."""
    names = set(args.get("names") or ())
    known = {row["name"]: row for row in await office.db.read(channels.listed)}
    if missing := names - known.keys():
        raise CommandRefused(f"there is no channel {', '.join(sorted(missing))}")
    rows = [row for name, row in known.items() if (name in names if names else row["enabled"])]
    return list(await asyncio.gather(*(_checked(office, row) for row in rows)))


async def _checked(office: Commands, row: Any) -> dict[str, Any]:
    try:
        return await mailboxes.checked(office, row)
    except KeyRefused as err:
        return {"channel": row["name"], "ok": False, "words": str(err), "backlog": []}


async def _receive_mail(office: Commands, args: Mapping[str, Any], body: bytes) -> str:
    from hub.channel import open_row  # noqa: PLC0415  see above

    name = args["channel"]
    channel = office.opened(name)
    if channel is None:
        row = await office.db.read(channels.by_name, name)
        if row is None or not row["enabled"] or row["state"] == channels.REMOVED:
            raise CommandRefused(f"there is no channel {name}")
        try:
            channel = open_row(row, office.keys, office.settings)
        except ChannelError as err:
            raise CommandRefused(f"channel {name} cannot be opened: {err}") from err
    if not channel.capabilities.threads:
        raise CommandRefused(f"channel {name} takes no mail: it is of kind {channel.kind}")
    raw = Raw("mail", "", (("content-type", "message/rfc822"),), "", body)
    filed = await office.intake.take(channel, raw)
    return ", ".join(one.state for one in filed) or "ignored"


# ---------------------------------------------------------------- why


async def _explain(office: Commands, args: Mapping[str, Any], _body: bytes) -> Any:
    """``id`` is a work item's, or a conversation's where there is no such item or it is asked for."""
    standing = await office.db.read(desk.load)
    id, zone = int(args["id"]), ZoneInfo(office.settings.time_zone)
    item = await office.db.read(explained.item_of, id, matter=bool(args.get("conversation")))
    if item is None:
        said = await office.db.read(explained.of_conversation, id)
        if said is None:
            raise CommandRefused(f"there is neither a work item nor a conversation {id}")
        return said
    met, position = office.standing(item)
    now = explained.Now(desk=standing, zone=zone, now=clock.now(), standing=met, position=position)
    return msgspec.to_builtins(await office.db.read(explained.explain, item, now))


# ---------------------------------------------------------------- the key


async def _key_rotate(office: Commands, _args: Mapping[str, Any], _body: bytes) -> str:
    texts = add_text(office.settings)
    office.keys.adopt(texts)
    await office.db.write(_reseal, office.keys, clock.now())
    write_texts(default_path(office.settings), texts[:1])
    office.keys.adopt(texts[:1])
    return "every secret is encrypted with the new key; back it up"


def _reseal(tx: Tx, keys: Keys, now: int) -> None:
    root = audit.setting(tx, SETTING)
    if root is not None:
        audit.set_setting(tx, SETTING, keys.encrypt(keys.decrypt(root)))
    second_factor.reseal(tx, keys)
    for row in tokens.listed(tx):
        if row["sealed"]:
            tokens.reseal(tx, row["channel"], keys.encrypt(keys.decrypt(row["sealed"])))
    audit.record(tx, "command", "rotate-key", "hub", now=now)
    for row in channels.listed(tx):
        stored = msgspec.json.decode(row["settings"])
        sealed = vault.resealed(keys, stored)
        channels.reseal(tx, row["id"], msgspec.json.encode(sealed).decode())


COMMANDS: Mapping[str, Command] = {
    "plan": _plan,
    "apply": _apply,
    "export": _export,
    "history": _history,
    "token": _token,
    "user-add": _user_add,
    "user-link": _user_link,
    "user-off": _user_off,
    "user-reset": _user_reset,
    "audit": _audit,
    "check": _check,
    "channel-authorize": mailboxes.authorize,
    "channel-authorized": mailboxes.authorized,
    "channel-compare": mailboxes.compare,
    "explain": _explain,
    "trace": trace.show,
    "doctor": doctor.command,
    "receive-mail": _receive_mail,
    "rules-test": rule_commands.test,
    "rules-dry-run": rule_commands.past,
    "rules-versions": rule_commands.versions,
    "rules-rollback": rule_commands.rollback,
    "key-rotate": _key_rotate,
    "calendars": closing.show,
    "calendar-close": closing.close_by_command,
    "calendar-reopen": closing.reopen_by_command,
    "backup-noted": noting.noted,
    "held": release.held,
    "retention": forgotten.command,
    "release": release.release,
}
