"""Find by HTTP, and what finding costs those who only write."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from storage import search
from tests.hub.answering import Post
from tests.hub.office import Caller
from tests.hub.running import letter, message

if TYPE_CHECKING:
    from storage.db import Tx

PHONE = "tel:+12025550111"


class _Silent:
    """A transaction in which no statement can be run."""

    def __init__(self) -> None:
        self.pending_words: list[object] = []


async def test_what_was_written_is_found_at_once(post: Post, one: Caller) -> None:
    await post.mail(letter("hello", sender="Ann Lee <ann@customer.example>", subject="A kettle"))
    matter = await post.conversation()
    for typed, by in {
        "lee ann": "name", "ann@cust": "address", matter.code: "code", "kettle": "subject",
    }.items():  # fmt: skip
        (hit,) = (await one.get("find", q=typed)).json["items"]
        assert (hit["by"], hit["contact"]["name"]) == (by, "Ann Lee")
        shown = hit["conversation"]
        assert (shown and shown["id"]) == (matter.id if by in ("code", "subject") else None)
    assert (await one.get("find", q="x")).json == {"items": []}
    assert (await one.get("find")).status == 400
    assert (await one.get("find", q="y" * 201)).status == 400
    async with post.office.caller() as nobody:
        assert (await nobody.get("find", q="lee")).status == 401


async def test_a_hidden_matter_is_found_by_nobody_outside(post: Post, one: Caller) -> None:
    await post.mail(letter("secret", sender="Eve Roe <eve@customer.example>", subject="Plans"))
    matter = await post.conversation()
    for typed in ("eve", "roe", "eve@customer", "plans", matter.code[:6]):
        assert (await one.get("find", q=typed)).json["items"] == [], typed
        assert "Eve" not in (await one.get("contacts", q=typed)).text
    (hit,) = (await one.get("find", q=matter.code)).json["items"]
    assert (hit["kind"], hit["contact"], hit["conversation"]) == ("hidden", None, None)
    async with post.office.admin() as admin:
        assert len((await admin.get("find", q="plans")).json["items"]) == 1


async def test_a_message_of_somebody_known_writes_no_words(post: Post) -> None:
    await post.loop(message("hello", sender=PHONE))
    await post.mail(letter("hello", id="a@x.example"))
    before = await post.value("SELECT COUNT(*) FROM find_word")
    await post.loop(message("more", sender=PHONE))
    await post.mail(letter("and more", in_reply_to="<a@x.example>"))
    assert await post.value("SELECT COUNT(*) FROM find_word") == before
    search.flush(cast("Tx", _Silent()))  # no words, no statement
