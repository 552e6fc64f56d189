"""A trace of mails that came by two ways, and of what people filed elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.hub.running import letter

if TYPE_CHECKING:
    from tests.hub.replies.desk import Mailboxes

BOTH = "help@acme.example, sales@acme.example"


async def _told(boxes: Mailboxes, what: str) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    trace = await boxes.office.run("trace", what=what)
    return trace, [(line["what"], line["words"]["en"]) for line in trace["lines"]]


async def test_both_arrivals_and_every_move_are_there(boxes: Mailboxes) -> None:
    mail = letter("Where is my parcel?", to=BOTH, id="one@customer.example")
    assert await boxes.to("mail", mail) == 200
    assert await boxes.to("sales", mail) == 200
    assert await boxes.to("sales", mail) == 200
    for what in ("<one@customer.example>", "ann@customer.example"):
        trace, told = await _told(boxes, what)
        arrived = [words.partition(",")[0] for line, words in told if line == "arrived"]
        assert arrived == ["It came in on mail", "It came in on sales"]
        assert [line for line, _ in told if line in ("filed", "signature")].count("filed") == 1
    assert trace["matter"]["channel"] == "mail"

    answer = letter("And my bill?", references="<one@customer.example>")
    assert await boxes.to("mail", answer) == 200
    bill = await boxes.value("SELECT MAX(id) FROM timeline_entry WHERE text = 'And my bill?'")
    moved = await boxes.act(f"entries/{bill}/move", {"new": True})
    code = trace["matter"]["code"]
    _, here = await _told(boxes, code)
    new = await boxes.value(
        "SELECT code FROM conversation WHERE id = :id", id=moved["conversation"]
    )
    assert ("note", f"One filed an entry elsewhere, in the matter {new}.") in here
    _, there = await _told(boxes, new)
    assert ("note", f"One filed an entry here, from the matter {code}.") in there
    assert any(
        "it answers a mail of this matter" in words for line, words in there if line == "filed"
    )
    await boxes.act(f"moves/{moved['undo']}/undo")
    _, back = await _told(boxes, code)
    assert ("note", "That was taken back.") in back
