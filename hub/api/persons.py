"""Who is the same person, and what people say of themselves becoming addresses of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from hub import clock
from hub.api.access import author, person, seen, sight
from hub.api.contacts import ContactDetail, details
from hub.http import Call, NoQuery, Route, route
from hub.paging import Id
from hub.permissions import Permission
from hub.persons import claims, joining
from hub.persons.claims import Outcome
from hub.persons.joining import EVIDENCE_CAP
from hub.problems import conflict, invalid, not_found
from storage import claims_said, contacts, views

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from storage.db import Tx

Words = Annotated[str, msgspec.Meta(max_length=EVIDENCE_CAP)]


class SameBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who else this person is, and how it is known."""

    contact: Id
    evidence: Words = ""


class ConfirmBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How it is known that the address is theirs: kept and audited."""

    evidence: Annotated[str, msgspec.Meta(min_length=1, max_length=EVIDENCE_CAP)]


class CodeBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """By which channel; null: the first that reaches the address."""

    channel: Id | None = None


class SentCode(msgspec.Struct):
    """It is on its way."""

    channel: str
    title: str
    """The channel's, for people."""
    valid_seconds: int


class ProveBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The code as it was told."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


_WRONG: dict[str, str] = {
    "wrong": "it is another code",
    "spent": "there were too many tries: send a new one",
    "expired": "it is no longer good: send a new one",
    "none": "no code was sent",
}


async def same(call: Call[NoQuery, SameBody]) -> ContactDetail:
    """Two contacts are the same person"""
    if call.body.contact == call.id():
        raise invalid("contact", "is this one")
    await call.hub.db.write(_same, call, clock.now(), key="links")
    return await _shown(call, call.id())


def _same(tx: Tx, call: Call[NoQuery, SameBody], now: int) -> None:
    for id in (call.id(), call.body.contact):
        person(tx, id, call.who)
    body = call.body
    joining.join(tx, call.id(), body.contact, body.evidence, author(call.who), now=now)


async def part(call: Call[NoQuery, None]) -> ContactDetail:
    """This contact is somebody else after all"""
    await call.hub.db.write(_part, call, clock.now(), key="links")
    return await _shown(call, call.id())


def _part(tx: Tx, call: Call[NoQuery, None], now: int) -> None:
    person(tx, call.id(), call.who)
    own, allowed = views.places(tx, call.id()), sight(tx, call.who)
    if own and not any(allowed.sees(*place) for place in own):
        raise conflict("another team alone has matters with them: ask them", outcome="elsewhere")
    joining.part(tx, call.id(), author(call.who), now=now)


async def confirm(call: Call[NoQuery, ConfirmBody]) -> ContactDetail:
    """An agent knows that what somebody says of themselves is so"""
    return await _shown(call, await call.hub.db.write(_confirm, call, clock.now(), key="links"))


def _confirm(tx: Tx, call: Call[NoQuery, ConfirmBody], now: int) -> int:
    contact = _claimant(tx, call.id(), call.who)
    region = call.hub.settings.region
    _, uri = claims.claim(tx, call.id(), region)
    known = contacts.find(tx, uri)
    if known is not None and not views.sees_person(tx, known.root, sight(tx, call.who)):
        words = "this address belongs to a customer of another team: ask them or send a code"
        raise conflict(words, outcome="hidden")
    claims.confirm(tx, call.id(), call.body.evidence, author(call.who), region, now=now)
    return contact


async def send_code(call: Call[NoQuery, CodeBody]) -> SentCode:
    """Send a code to the address that somebody says is theirs"""
    await call.hub.db.read(_claimant, call.id(), call.who)
    way = await call.hub.codes.send(call.id(), call.body.channel, author(call.who))
    return SentCode(way.name, way.title, claims.VALID // 1_000_000)


async def prove(call: Call[NoQuery, ProveBody]) -> ContactDetail:
    """The code that was sent is told back"""
    await call.hub.db.read(_claimant, call.id(), call.who)
    outcome, contact = await call.hub.db.write(_prove, call, clock.now(), key="links")
    if outcome != "proven":
        raise conflict(_WRONG[outcome], outcome=outcome)
    return await _shown(call, contact)


def _prove(tx: Tx, call: Call[NoQuery, ProveBody], now: int) -> tuple[Outcome, int]:
    contact = _claimant(tx, call.id(), call.who)
    region, by = call.hub.settings.region, author(call.who).by
    outcome = claims.try_code(
        tx, call.id(), call.body.code, call.hub.codes.hash_of, region, by=by, now=now
    )
    return outcome, contact


def _claimant(tx: Tx, claim: int, who: Principal) -> int:
    """Whose claim it is. Raises Problem (404)."""
    row = claims_said.get(tx, claim)
    if row is None:
        raise not_found("claim")
    person(tx, row["contact"], who)
    if row["conversation"] is not None:
        seen(tx, row["conversation"], who)  # words of a hidden matter are that matter's
    return int(row["contact"])


async def _shown(call: Call[Any, Any], contact: int) -> ContactDetail:
    found = await call.hub.db.read(details, [contact], call.who)
    if not found:
        raise not_found("contact")
    return found[0]


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    work, one, claim = Permission.WORK, "/contacts/{id}", "/claims/{id}"
    view = ContactDetail
    return [
        route("POST", f"{one}/same", work, same, body=SameBody, answer=view),
        route("POST", f"{one}/part", work, part, answer=view),
        route("POST", f"{claim}/confirm", work, confirm, body=ConfirmBody, answer=view),
        route("POST", f"{claim}/code", work, send_code, body=CodeBody, answer=SentCode, status=201),
        route("POST", f"{claim}/prove", work, prove, body=ProveBody, answer=view),
    ]
