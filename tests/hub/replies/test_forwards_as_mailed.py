"""Forwards as mail programs write them, by the mailbox's own door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hub.replies.desk import ANN
from tests.hub.running import letter

if TYPE_CHECKING:
    from tests.hub.replies.desk import Mailboxes

GMAIL = """Can you take this one?

---------- Forwarded message ---------
From: Ann <ann@customer.example>
Date: Mon, 5 Jan 2026 at 09:00
Subject: My parcel
To: <one@acme.example>


Where is it?
"""
OUTLOOK = """Can you take this one?

________________________________
From: Ann <ann@customer.example>
Sent: Monday, January 5, 2026 9:00 AM
To: One <one@acme.example>
Subject: My parcel

Where is it?
"""
PERSIAN = """Can you take this one?

---------- پیام هدایت‌شده ----------
از: Ann <ann@customer.example>
تاریخ: دوشنبه ۵ ژانویهٔ ۲۰۲۶، ۹:۰۰
موضوع: My parcel
به: one@acme.example

Where is it?
"""


@pytest.mark.parametrize(
    ("subject", "text"),
    [("Fwd: My parcel", GMAIL), ("FW: My parcel", OUTLOOK), ("هدایت: My parcel", PERSIAN)],
)
async def test_it_is_filed_under_its_original_sender(
    lite: Mailboxes, subject: str, text: str
) -> None:
    mail = letter(
        text, sender="One <one@acme.example>", subject=subject,
        content_type="text/plain; charset=utf-8", content_transfer_encoding="8bit",
    )  # fmt: skip
    assert await lite.to("mail", mail) == 200
    talk = await lite.conversation()
    assert (talk.address, talk.subject) == (ANN, "My parcel")
    (entry,) = await lite.entries(talk.id)
    assert entry.text == "Where is it?"
    assert (await lite.why(entry.id))["forwarded"]["name"] == "One"
    page = (await lite.ask(f"conversations/{talk.id}/entries"))["items"]
    assert [one["text"] for one in page if one["kind"] == "note"] == ["Can you take this one?"]
