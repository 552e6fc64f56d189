"""Oneself: who I am, how I like it, whether I am here."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from hub import clock, live, offering
from hub.api.access import agent_of, user_of
from hub.http import Call, NoQuery, Route, route
from hub.permissions import Permission
from storage import agents, audit, queues, skills, steps, users
from storage.views import Ref, time_of

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from hub.app import Hub
    from storage.db import Tx


class Mine(msgspec.Struct, kw_only=True):
    """What each person sets for themselves; null is as the hub has it."""

    language: Literal["en", "fa"] | None = None
    calendar: Literal["gregory", "persian"] | None = None
    digits: Literal["latn", "arabext"] | None = None
    time_zone: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    theme: Literal["light", "dark", "auto"] | None = None
    sound: bool | None = None
    first_day: Annotated[int, msgspec.Meta(ge=0, le=6)] | None = None
    """0 is Sunday."""


class MineChanges(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The settings to change; what is left out stays."""

    language: Literal["en", "fa"] | msgspec.UnsetType | None = msgspec.UNSET
    calendar: Literal["gregory", "persian"] | msgspec.UnsetType | None = msgspec.UNSET
    digits: Literal["latn", "arabext"] | msgspec.UnsetType | None = msgspec.UNSET
    time_zone: Annotated[str, msgspec.Meta(max_length=64)] | msgspec.UnsetType | None = (
        msgspec.UNSET
    )
    theme: Literal["light", "dark", "auto"] | msgspec.UnsetType | None = msgspec.UNSET
    sound: bool | msgspec.UnsetType | None = msgspec.UNSET
    first_day: Annotated[int, msgspec.Meta(ge=0, le=6)] | msgspec.UnsetType | None = msgspec.UNSET


class Wrapping(msgspec.Struct):
    """What I write up; my units are taken until then."""

    work_item: int
    conversation: int
    until: datetime


class MyAgent(msgspec.Struct):
    """The agent that I am."""

    id: int
    presence: str
    reason: str
    capacity: int
    used: int
    queues: list[Ref]
    skills: dict[str, int]
    """Name -> level, 1 to 5."""
    wrapping: list[Wrapping]


class HubView(msgspec.Struct, kw_only=True):
    """The hub's own settings, as far as screens need them."""

    name: str
    demo: bool
    region: str
    time_zone: str
    language: str
    calendar: str
    digits: str
    first_day: int
    hold: bool
    """Nothing is fetched, sent or answered by itself until `hub release`."""


class MeView(msgspec.Struct, kw_only=True):
    """The caller."""

    id: int | None
    """null: a program's token."""
    email: str
    name: str
    role: str
    permissions: list[str]
    agent: MyAgent | None
    settings: Mine
    csrf: str
    hub: HubView


class MeChanges(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of oneself."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    settings: MineChanges | None = None
    password: str | None = None
    current: str | None = None
    """The password until now: a new one needs it."""


class PresenceChange(msgspec.Struct, forbid_unknown_fields=True):
    """Whether I take work."""

    presence: Literal["available", "away", "offline"]
    reason: Annotated[str, msgspec.Meta(max_length=100)] | None = None


_DAYS = {"sunday": 0, "monday": 1, "saturday": 6}


async def me(hub: Hub, who: Principal) -> MeView:
    """The caller, read afresh."""
    return await hub.db.read(view, hub, who)


def view(tx: Tx, hub: Hub, who: Principal) -> MeView:
    """The caller, inside a read transaction."""
    row = None if who.user is None else users.get(tx, who.user)
    settings = hub.settings
    return MeView(
        id=who.user,
        email=who.email,
        name=who.name if row is None else row["name"],
        role=who.role,
        permissions=sorted(who.permissions),
        agent=_agent(tx, who),
        settings=Mine() if row is None else msgspec.json.decode(row["settings"], type=Mine),
        csrf=who.csrf,
        hub=HubView(
            name=settings.name,
            demo=settings.demo,
            region=settings.region,
            time_zone=settings.time_zone,
            language=settings.language,
            calendar=settings.calendar,
            digits=settings.digits,
            first_day=_DAYS[settings.first_day],
            hold=hub.hold.on,
        ),
    )


def _agent(tx: Tx, who: Principal) -> MyAgent | None:
    row = None if who.agent is None else agents.get(tx, who.agent)
    if row is None:
        return None
    served = set(queues.served_by(tx, row["id"]))
    refs = [Ref(id=q["id"], name=q["name"]) for q in queues.listed(tx) if q["name"] in served]
    return MyAgent(
        row["id"],
        row["presence"],
        row["reason"],
        row["capacity"],
        row["used"],
        refs,
        skills.of_agent(tx, row["id"]),
        [
            Wrapping(item["id"], item["conversation"], time_of(item["wrap_until"]))
            for item in steps.wrapping_of(tx, row["id"])
        ],
    )


async def show(call: Call[NoQuery, None]) -> MeView:
    """Who I am and what I may do"""
    return await me(call.hub, call.who)


async def change(call: Call[NoQuery, MeChanges]) -> MeView:
    """Change my name, settings or password"""
    user_of(call.who)
    if call.body.password is not None:
        await call.hub.auth.confirm_password(call.who, call.body.current)
        await call.hub.auth.set_password(call.who, call.body.password)
    await call.hub.db.write(_change, user_of(call.who), call.who, call.body, clock.now())
    return await me(call.hub, call.who)


def _change(tx: Tx, user: int, who: Principal, changes: MeChanges, now: int) -> None:
    if changes.name:
        users.set_name(tx, user, changes.name)
        audit.record(
            tx,
            who.actor,
            "change-user",
            f"user:{user}",
            now=now,
            name=changes.name,
            before=who.name,
        )
        if who.agent is not None:
            agents.changed(tx, who.agent, now=now)
    if changes.settings is not None:
        given = msgspec.structs.asdict(changes.settings)
        users.set_settings(tx, user, {k: v for k, v in given.items() if v is not msgspec.UNSET})


async def presence(call: Call[NoQuery, PresenceChange]) -> MeView:
    """Say whether I am here: for a minute, or as long as I am on the live socket"""
    agent, now = agent_of(call.who), clock.now()
    await call.hub.db.write(
        offering.set_presence,
        agent,
        call.body.presence,
        call.body.reason or "",
        lease_until=live.lease(call.body.presence, now),
        actor=call.who.actor,
        now=now,
        key=("agent", agent),
    )
    return await me(call.hub, call.who)


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    read, work = Permission.READ, Permission.WORK
    return [
        route("GET", "/me", read, show, answer=MeView),
        route("PATCH", "/me", read, change, body=MeChanges, answer=MeView),
        route("PUT", "/me/presence", work, presence, body=PresenceChange, answer=MeView),
    ]
