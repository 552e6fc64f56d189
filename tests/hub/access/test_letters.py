"""Invitations and resets: by a link to hand over, or by mail where a mail channel can send."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from hub.limits import Buckets
from tests.fakes import smtp_servers
from tests.fakes.smtp_servers import Inbox
from tests.hub.access.door import PASSWORD, audited
from tests.hub.office import Office, opened
from tests.hub.running import PATIENCE

ADDRESS = "new@acme.example"


def config(port: int) -> str:
    """A mailbox that only receives, before one that sends."""
    return f"""
channels:
  - {{name: inbound, kind: email, settings: {{address: in@acme.example, token: token-of-these-tests}}}}
  - {{name: mail, kind: email, settings: {{address: help@acme.example, smtp_host: 127.0.0.1,
     smtp_port: {port}, smtp_security: none}}}}
queues:
  - {{name: general}}
agents:
  - {{email: one@acme.example, name: One, queues: [general]}}
"""


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    async with smtp_servers.aiosmtpd() as found:
        yield found


@pytest.fixture
async def office(tmp_path: Path, sqlite_url: str, inbox: Inbox) -> AsyncIterator[Office]:
    async with opened(tmp_path, sqlite_url, config(inbox.port)) as found:
        yield found


def _mail(inbox: Inbox) -> EmailMessage:
    found = message_from_bytes(inbox.mails[-1].body, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def _link(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(r"/link/(\S+)", body.get_content())
    assert found is not None
    return found[1]


async def test_somebody_is_invited_by_mail_and_comes_in(office: Office, inbox: Inbox) -> None:
    async with office.admin() as admin, office.caller() as caller:
        given = {"email": ADDRESS, "name": "سارا کریمی", "queues": ["general"]}
        made = (await admin.post("users", given)).json
        assert made["invited_at"] is None
        sent = (await admin.post(f"users/{made['id']}/link", {"send": True})).json
        assert sent == {"url": "", "sent_by": "mail", "not_sent": ""}
        assert (await admin.get(f"users/{made['id']}")).json["invited_at"] is not None
        (delivery,) = inbox.mails
        assert (delivery.sender, delivery.recipients) == ("help@acme.example", [ADDRESS])
        mail = _mail(inbox)
        assert mail["Subject"] == "Your account at Interaction hub"
        link = _link(mail)
        used = await caller.post(f"links/{link}", {"password": PASSWORD})
        assert used.json["me"]["name"] == "سارا کریمی"
        view = (await admin.get(f"users/{made['id']}")).json
        assert (view["invited_at"], view["sessions"], view["has_password"]) == (None, 1, True)
        kept = await office.hub.db.read(
            lambda tx: [list(r) for r in tx.all("SELECT * FROM delivery")]
        )
        assert not kept, "a link that lets somebody in stands in the database"


async def test_a_letter_speaks_the_language_of_whom_it_is_for(office: Office, inbox: Inbox) -> None:
    async with office.admin() as admin, office.person("one@acme.example") as one:
        me = (await one.get("me")).json["id"]
        await one.call("PATCH", "me", json={"settings": {"language": "fa"}})
        await admin.post(f"users/{me}/link", {"send": True, "kind": "reset"})
        assert _mail(inbox)["Subject"] == "رمز تازه برای Interaction hub"


async def test_what_cannot_be_sent_is_said_and_the_link_handed_over(
    office: Office, inbox: Inbox
) -> None:
    async with office.admin() as admin, office.caller() as caller:
        made = (await admin.post("users", {"email": ADDRESS})).json
        inbox.refusals[ADDRESS] = "550 nobody here"
        answer = (await admin.post(f"users/{made['id']}/link", {"send": True})).json
        assert answer["sent_by"] is None
        assert "550" in answer["not_sent"] or "refused" in answer["not_sent"]
        link = answer["url"].rpartition("/")[2]
        assert (await caller.get(f"links/{link}")).status == 200
        office.hub.channels.hold.held = object()  # type: ignore[assignment]  # on hold, for whatever reason
        answer = (await admin.post(f"users/{made['id']}/link", {"send": True})).json
        assert "on hold" in answer["not_sent"]
        office.hub.channels.hold.held = None


async def test_a_forgotten_password_tells_nobody_who_has_an_account(
    office: Office, inbox: Inbox
) -> None:
    async with office.caller() as caller:
        ways = (await caller.get("sign-in")).json
        assert (ways["passwords"], ways["resets"], ways["provider"]) == (True, True, None)
        answers = [
            await caller.post("password-reset", {"email": email})
            for email in ("nobody@acme.example", "not an address", "ONE@acme.example ")
        ]
        assert {(one.status, one.text) for one in answers} == {(202, "")}
        async with asyncio.timeout(PATIENCE):
            await inbox.came.wait()
        (delivery,) = inbox.mails
        assert delivery.recipients == ["one@acme.example"]
        link = _link(_mail(inbox))
        assert (await caller.post(f"links/{link}", {"password": PASSWORD})).status == 200
        (line,) = await audited(office, "make-link")
        assert (line["actor"], line["subject_name"]) == ("hub", "One"), "nobody has shown who asks"
        office.hub.auth._by_address = Buckets(100, 100)
        found = [
            (await caller.post("password-reset", {"email": "one@acme.example"})).status
            for _ in range(6)
        ]
        assert found == [202, 202, 202, 202, 429, 429], "a mailbox can be filled"


async def test_without_mail_there_are_links_only(tmp_path: Path) -> None:
    async with opened(tmp_path) as office, office.admin() as admin, office.caller() as caller:
        assert not (await caller.get("sign-in")).json["resets"]
        made = (await admin.post("users", {"email": ADDRESS})).json
        answer = (await admin.post(f"users/{made['id']}/link", {"send": True})).json
        assert "no mail channel" in answer["not_sent"]
        assert answer["url"]
        plain = (await admin.post(f"users/{made['id']}/link")).json
        assert plain["url"] != answer["url"]
        gone = answer["url"].rpartition("/")[2]
        assert (await caller.get(f"links/{gone}")).status == 404
