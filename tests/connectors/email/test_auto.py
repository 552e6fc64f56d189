"""What no person wrote is told by its headers."""

from __future__ import annotations

import pytest

from connectors.contract import Auto
from connectors.email.parse import parse


def _auto(headers: str, **more: frozenset[str]) -> Auto:
    return parse(f"{headers}\n\nwords\n".encode(), frozenset(), **more).auto


PERSON = "From: Ada <ada@example.com>\nSubject: Hello\n"


@pytest.mark.parametrize(
    ("header", "auto"),
    [
        ("X-Mailer: x", Auto.NO),
        ("Auto-Submitted: no", Auto.NO),
        ("Auto-Submitted: No (a person)", Auto.NO),
        ("Auto-Submitted: auto-replied", Auto.REPLY),
        ("Auto-Submitted: auto-replied; owner=x", Auto.REPLY),
        ("Auto-Submitted: auto-generated", Auto.BULK),
        ("Auto-Submitted: auto-notified", Auto.BULK),
        ("X-Autoreply: yes", Auto.REPLY),
        ("X-Autoreply: no", Auto.NO),
        ("X-Autorespond:", Auto.REPLY),
        ("Precedence: auto_reply", Auto.REPLY),
        ("Precedence: bulk", Auto.BULK),
        ("Precedence: list", Auto.BULK),
        ("Precedence: junk", Auto.BULK),
        ("Precedence: first-class", Auto.NO),
        ("List-Id: <x.example.com>", Auto.BULK),
        ("List-Unsubscribe: <mailto:x@example.com>", Auto.BULK),
        ("Feedback-ID: 1:campaign:mailer", Auto.BULK),
        ("Feedback-ID: 1:user:proton", Auto.NO),
        ("Return-Path: <>", Auto.REPLY),
        ("Return-Path: <ada@example.com>", Auto.NO),
        ("X-Auto-Response-Suppress: All", Auto.BULK),
        ("X-Auto-Response-Suppress: DR, OOF, AutoReply", Auto.BULK),
        ("X-Auto-Response-Suppress: DR", Auto.NO),
        ("X-Loop: x@example.com", Auto.BULK),
        ("X-Hub-Loop: acme.example", Auto.LOOP),
        (
            "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
            Auto.REPLY,
        ),
    ],
)
def test_headers(header: str, auto: Auto) -> None:
    assert _auto(PERSON + header) is auto


@pytest.mark.parametrize(
    ("sender", "auto"),
    [
        ("MAILER-DAEMON@example.com", Auto.REPLY),
        ("Mail Delivery Subsystem <x@example.com>", Auto.REPLY),
        ("postmaster@example.com", Auto.REPLY),
        ("list-bounces@example.com", Auto.REPLY),
        ("root@example.com", Auto.REPLY),
        ("no-reply@example.com", Auto.NO),  # web forms write so for people
        ("rooter@example.com", Auto.NO),
    ],
)
def test_senders(sender: str, auto: Auto) -> None:
    assert _auto(f"From: {sender}\nSubject: x") is auto


@pytest.mark.parametrize(
    ("subject", "auto"),
    [
        ("Automatic reply: Your order", Auto.REPLY),
        ("Auto: away", Auto.REPLY),
        ("Out of Office: back soon", Auto.REPLY),
        ("Abwesenheitsnotiz: x", Auto.REPLY),
        ("Réponse automatique : x", Auto.REPLY),
        ("پاسخ خودکار: سفارش", Auto.REPLY),
        ("رد تلقائي: طلب", Auto.REPLY),
        ("自动回复: 订单", Auto.REPLY),
        ("Re: Automatic reply: Your order", Auto.NO),  # a person answered it
        ("My automatic door is broken", Auto.NO),
        ("Autobahn", Auto.NO),
    ],
)
def test_subjects(subject: str, auto: Auto) -> None:
    assert _auto(f"From: ada@example.com\nSubject: {subject}") is auto


def test_another_hubs_mark_is_no_loop() -> None:
    mail = PERSON + "X-Hub-Loop: other.example"
    assert _auto(mail, loop_domains=frozenset({"acme.example"})) is Auto.NO
    assert _auto(mail, loop_domains=frozenset({"other.example"})) is Auto.LOOP
