"""The audit: every administrative and every personal-data act is in it, and nothing leaves it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hub import api, auth
from hub.access import trail
from storage import audit
from storage.errors import StoreError
from tests.hub.access.door import sign_in_by_link
from tests.hub.running import Running, letter, message

if TYPE_CHECKING:
    from storage.db import Database
    from tests.hub.office import Answer, Caller

ON_THE_TIMELINE = "what people do in a matter stands on its timeline with their name"
ONESELF = "one's own screen"
NOTHING = "changes and shows nothing of anybody"
TURN = "stands in the turn's own log with who did it"
UNWRITTEN: dict[str, str] = {
    "POST /api/v1/password-reset": "the link that it makes is written",
    "PUT /api/v1/me/presence": "stands in the agent's log",
    "PUT /api/v1/conversations/{id}/draft": ONESELF,
    "POST /api/v1/conversations/{id}/seen": ONESELF,
    "POST /api/v1/conversations/{id}/typing": ONESELF,
    "POST /api/v1/uploads": "belongs to nobody before it is sent",
    "POST /api/v1/offers/{id}/accept": TURN,
    "POST /api/v1/offers/{id}/decline": TURN,
    "POST /api/v1/work-items/{id}/take": TURN,
    "POST /api/v1/work-items/{id}/move": TURN,
    "POST /api/v1/work-items/{id}/priority": TURN,
    "POST /api/v1/work-items/{id}/done": TURN,
    "POST /api/v1/channels/{id}/check": NOTHING,
    "POST /api/v1/channels/{id}/mailbox/compare": NOTHING,
    "POST /api/v1/doctor": NOTHING,
    "POST /api/v1/rules/validate": NOTHING,
    "POST /api/v1/rules/try": NOTHING,
    "POST /api/v1/rules/dry-run": NOTHING,
    "POST /api/v1/rules/tests": NOTHING,
    "POST /api/v1/templates/{name}/fill": NOTHING,
    "POST /api/v1/templates/look": NOTHING,
    "POST /api/v1/me/second-factor": "counts only once it is confirmed",
    "POST /unsubscribe/{token}": "a customer's own act: kept as consent with its proof",
    **dict.fromkeys(
        (
            "POST /api/v1/conversations",
            "POST /api/v1/conversations/{id}/reply",
            "POST /api/v1/conversations/{id}/note",
            "POST /api/v1/conversations/{id}/transfer",
            "POST /api/v1/conversations/{id}/resolve",
            "POST /api/v1/conversations/{id}/reopen",
            "POST /api/v1/conversations/{id}/snooze",
            "POST /api/v1/conversations/{id}/take",
        ),
        ON_THE_TIMELINE,
    ),
}
"""Routes that do something and are not in the audit, and why."""
ELSEWHERE: dict[str, str] = {
    "POST /api/v1/sign-in": "sign-in",
    "POST /api/v1/sign-out": "sign-out",
    "POST /api/v1/links/{token}": "sign-in",
    "POST /api/v1/me/second-factor/confirm": "add-second-factor",
    "POST /api/v1/me/second-factor/codes": "new-recovery-codes",
    "POST /api/v1/me/second-factor/remove": "remove-second-factor",
    "DELETE /api/v1/me/sessions/{id}": "end-session",
    "POST /api/v1/me/sign-out-everywhere": "sign-out-everywhere",
    "DELETE /api/v1/users/{id}/second-factor": "remove-second-factor",
    "POST /api/v1/channels/{id}/mailbox/compare": "channel.compared",
    "POST /api/v1/contacts/{id}/same": "contact.joined",
    "POST /api/v1/contacts/{id}/part": "contact.parted",
    "POST /api/v1/claims/{id}/confirm": "claim.confirmed",
    "POST /api/v1/claims/{id}/code": "claim.code_sent",
    "POST /api/v1/claims/{id}/prove": "claim.proven",
    "POST /api/v1/moves/{id}/undo": "entry.moved_back",
    "POST /api/v1/entries/{id}/retry": "entry.retried",
    "POST /api/v1/rules/versions/{id}/publish": "publish-rules",
}
"""Routes whose acts are written, as tests beside their own walk show."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One call of a route that must leave a line."""

    route: str
    action: str
    body: Any = None
    ids: dict[str, Any] | None = None


def _deeds(ids: dict[str, int]) -> list[Deed]:
    user, matter = {"id": ids["user"]}, {"id": ids["conversation"]}
    identity, event = {"id": ids["identity"]}, {"id": ids["event"]}
    words = {"en": {"text": "Hello"}}
    rules = "- {id: rest, when: {}, then: {queue: general}}\n"
    return [
        Deed("POST /api/v1/users", "add-user", {"email": "new@acme.example"}),
        Deed("PATCH /api/v1/users/{id}", "change-user", {"name": "Uno"}, user),
        Deed("POST /api/v1/users/{id}/link", "make-link", {}, user),
        Deed("POST /api/v1/users/{id}/unlock", "unlock", {}, user),
        Deed("DELETE /api/v1/users/{id}/sessions", "sign-out-everywhere", None, user),
        Deed("DELETE /api/v1/users/{id}/provider", "release-provider", None, user),
        Deed("POST /api/v1/tokens", "add-token", {"name": "robot", "role": "viewer"}),
        Deed("DELETE /api/v1/tokens/{id}", "revoke-token", None, {"id": ids["token"]}),
        Deed(
            "PATCH /api/v1/contacts/{id}", "contact.renamed", {"name": "A"}, {"id": ids["contact"]}
        ),
        Deed("GET /api/v1/raw-events/{id}", "read-raw-event", None, event),
        Deed("POST /api/v1/identities/{id}/consent", "consent.withdrawn", _NO, identity),
        Deed("POST /api/v1/identities/{id}/block", "identity.block", {}, identity),
        Deed("POST /api/v1/identities/{id}/unblock", "identity.unblock", {}, identity),
        Deed("POST /api/v1/entries/{id}/move", "entry.", {"new": True}, {"id": ids["entry"]}),
        Deed("POST /api/v1/conversations/{id}/spam", "identity.block", {}, matter),
        Deed("POST /api/v1/trace", "trace", {"what": "12025550199"}),
        Deed("PUT /api/v1/agents/{id}/presence", "agent.presence", _AWAY, {"id": ids["agent"]}),
        Deed("POST /api/v1/calendars/{name}/closed", "close", _CLOSED, {"name": "office"}),
        Deed("DELETE /api/v1/calendars/{name}/closed", "reopen", None, {"name": "office"}),
        Deed("PUT /api/v1/templates/{name}", "template.save", {"texts": words}, {"name": "hi"}),
        Deed("DELETE /api/v1/templates/{name}", "template.remove", None, {"name": "hi"}),
        Deed(
            "POST /api/v1/rules/publish", "publish-rules", {"body": rules, "note": "x", "base": 1}
        ),
        Deed("GET /api/v1/audit/export", "export-audit"),
    ]


_NO = {"state": "withdrawn"}
_CLOSED = {"from": datetime.now(UTC).isoformat(), "reason": "x"}
_AWAY = {"presence": "away"}
FAILS = {"POST /api/v1/raw-events/{id}/replay": "replay"}
"""Written although nothing came of it."""


def test_no_route_that_does_something_is_forgotten() -> None:
    """A new route is either in the audit, tried below or beside its own walk, or says why not."""
    doing = {f"{one.method} {one.path}" for one in api.routes() if one.method != "GET"}
    written = {one.route for one in _deeds(dict.fromkeys(_IDS, 1))} | {"PATCH /api/v1/me"}
    known = written | UNWRITTEN.keys() | ELSEWHERE.keys() | FAILS.keys()
    forgotten = sorted(doing - known)
    assert forgotten == [], "say in this file whether it is audited"
    assert not (UNWRITTEN.keys() & written), "said to be unwritten, and written"


_IDS = ("user", "conversation", "identity", "event", "token", "contact", "entry", "agent")


@pytest.fixture
async def ids(hub: Running) -> dict[str, int]:
    """An office in which everything that is done can be done."""
    await hub.office.run("apply", text="calendars: [{name: office, zone: UTC, week: {}}]")
    first = "first@customer.example"
    assert await hub.mail(letter("hello", id=first)) == 200
    assert await hub.mail(letter("and more", in_reply_to=f"<{first}>")) == 200
    assert await hub.loop(message("quiet", sender="tel:+12025550178")) == 200
    matter, _ = await hub.conversations()
    _, entry = await hub.entries(matter.id)
    token = await hub.office.run("token", role="viewer")
    return {
        "user": hub.agents["one"].user,
        "agent": hub.agents["one"].id,
        "conversation": matter.id,
        "contact": matter.contact.id,
        "entry": entry.id,
        "identity": await hub.value("SELECT identity FROM conversation WHERE id = :c", c=matter.id),
        "event": await hub.value("SELECT MIN(id) FROM raw_event"),
        "token": await hub.value(
            "SELECT id FROM api_token WHERE token_hash = :h", h=auth.hashed(token)
        ),
    }


async def test_what_is_done_is_written_by_whom(hub: Running, ids: dict[str, int]) -> None:
    async with hub.office.admin() as admin:
        for deed in _deeds(ids):
            before = await _last(hub)
            answer = await _do(admin, deed)
            assert answer.status < 400, (deed, answer.text)
            lines = await hub.read(trail.lines, trail.Wanted(), limit=50, after=before)
            found = [one for one in lines if one.action.startswith(deed.action)]
            assert found, (deed, [one.action for one in lines])
            assert found[0].actor.startswith("token:"), deed
        before = await _last(hub)
        await admin.post(f"raw-events/{ids['event']}/replay")
        (line,) = await hub.read(trail.lines, trail.Wanted(action="replay"), limit=9, after=before)
        assert line.subject == f"raw-event:{ids['event']}"


async def _do(caller: Caller, deed: Deed) -> Answer:
    method, _, path = deed.route.partition(" ")
    for name, value in (deed.ids or {}).items():
        path = path.replace(f"{{{name}}}", str(value))
    more = {} if deed.body is None else {"json": deed.body}
    return await caller.call(method, path, **more)


async def _last(hub: Running) -> int:
    return int(await hub.value("SELECT COALESCE(MAX(id), 0) FROM audit"))


async def test_a_line_stays_as_it_was_written(db: Database) -> None:
    await db.write(audit.record, "user:1", "test", "user:2", now=1, word="kept")
    for sql in (
        "UPDATE audit SET actor = 'user:9'",
        "UPDATE audit SET at = 0 WHERE id = 1",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE action = 'test'",
    ):
        with pytest.raises(StoreError, match="append-only"):
            await db.write(lambda tx, text=sql: tx.run(text))
    other = {
        "postgres": "TRUNCATE audit",
        "sqlite": "INSERT OR REPLACE INTO audit SELECT id, at, 'user:9', action, subject, data "
        "FROM audit",
    }
    with pytest.raises(StoreError, match="append-only"):
        await db.write(lambda tx: tx.run(other[db.engine]))
    (line,) = await db.read(trail.lines, trail.Wanted(), limit=9)
    assert (line.actor, line.data) == ("user:1", {"word": "kept"})


async def test_it_is_filtered_paged_and_taken_away(hub: Running) -> None:
    office = hub.office
    async with office.caller() as one, office.admin() as admin:
        await sign_in_by_link(office, one, "one@acme.example")
        await one.post(
            "sign-in", {"email": "one@acme.example", "password": "correct horse battery"}
        )
        user = f"user:{hub.agents['one'].user}"
        mine = (await admin.get("audit", actor=user)).json["items"]
        assert [line["action"] for line in mine] == ["sign-in", "sign-in", "set-password"]
        assert {line["actor_name"] for line in mine} == {"One"}
        about = (await admin.get("audit", subject="user:", action="make-link")).json["items"]
        assert [line["subject_name"] for line in about] == ["One"]
        soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        assert (await admin.get("audit", since=soon)).json["items"] == []
        assert (await admin.get("audit", since=soon, until="2020-01-01T00:00:00Z")).status == 400
        everything = (await admin.get("audit", limit=1000)).json["items"]
        paged: list[Any] = []
        cursor: dict[str, str] = {}
        while cursor is not None:
            page = (await admin.get("audit", limit="2", **cursor)).json
            paged += page["items"]
            cursor = {"cursor": page["next"]} if page["next"] else None
        assert [line["id"] for line in paged] == [line["id"] for line in everything]
        assert "sign-in" in (await admin.get("audit/actions")).json["items"]
        assert (await one.get("audit")).status == 403

        taken = await _file(admin, format="jsonl", actor=user)
        lines = [json.loads(line) for line in taken.splitlines()]
        assert [line["id"] for line in lines] == sorted(line["id"] for line in mine)
        taken = await _file(admin, actor=user)
        rows = list(csv.DictReader(io.StringIO(taken.lstrip("\ufeff"))))
        assert [row["action"] for row in rows] == ["set-password", "sign-in", "sign-in"]


async def _file(caller: Caller, **params: str) -> str:
    url = f"{caller.base}/api/v1/audit/export"
    async with caller.session.get(url, params=params) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Disposition"].startswith("attachment")
        return await answer.text()


async def test_a_spreadsheet_runs_nothing_of_it(db: Database) -> None:
    evil = '=HYPERLINK("http://evil.example")'
    await db.write(audit.record, "user:1", evil, "@SUM(1)", now=1, name=evil)
    text = b"".join([one async for one in trail.pieces(db, trail.Wanted(), "csv")]).decode()
    (row,) = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    assert row["action"] == f"'{evil}"
    assert row["subject"] == "'@SUM(1)"


async def test_a_long_audit_is_read_in_pages(db: Database) -> None:
    def many(tx: Any) -> None:
        for number in range(trail.CHUNK + 5):
            audit.record(tx, "command", "test", f"user:{number}", now=number)

    await db.write(many)
    found = [one async for one in trail.pieces(db, trail.Wanted(), "jsonl")]
    assert [piece.count(b"\n") for piece in found] == [trail.CHUNK, 5]
