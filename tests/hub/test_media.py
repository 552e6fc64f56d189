"""Files of messages: fetched after the commit, again after a failure, and read out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.contract import Rejected, Unavailable
from hub import media
from storage import attachments
from tests.fakes.twilio import MEDIA
from tests.hub.running import message

if TYPE_CHECKING:
    from storage.db import Row
    from tests.fakes.twilio import FakeTwilio
    from tests.hub.running import Running


def _file(ref: str, name: str = "a.txt") -> dict[str, Any]:
    return {"name": name, "type": "text/plain", "size": None, "ref": ref}


async def _until(hub: Running, *states: str) -> list[Row]:
    async def there() -> list[Row] | None:
        rows = await hub.rows("SELECT * FROM attachment ORDER BY id")
        return rows if [row["state"] for row in rows] == list(states) else None

    found: list[Row] = await hub.until(there)
    return found


async def test_an_mms_is_filed_at_once_and_its_picture_fetched(
    hub: Running, twilio: FakeTwilio
) -> None:
    await hub.sms(
        "look", NumMedia="1", MediaUrl0=twilio.media_url(), MediaContentType0="image/jpeg"
    )
    (row,) = await _until(hub, "stored")
    assert await hub.hub.media.content(row) == MEDIA
    assert row["size"] == len(MEDIA)


async def test_a_file_that_is_not_there_yet_is_tried_again(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "FIRST_RETRY", 0.01)
    provider = hub.provider()
    await hub.loop(message("look", attachments=[_file("F")]))
    assert await hub.ledger() == {"stored": 1}  # the message did not wait for it

    async def tried() -> bool:
        return bool(await hub.value("SELECT attempts FROM attachment") >= 2)

    await hub.until(tried)
    provider.files["F"] = b"content"
    (row,) = await _until(hub, "stored")
    assert await hub.hub.media.content(row) == b"content"
    (entry,) = await hub.entries((await hub.conversation()).id)
    assert [(one.state, one.size) for one in entry.attachments] == [("stored", 7)]


async def test_a_file_that_is_gone_fails_and_its_neighbour_does_not(hub: Running) -> None:
    provider = hub.provider()
    provider.files |= {"A": Rejected("deleted\x00"), "B": b"here"}
    await hub.loop(message("look", attachments=[_file("A"), _file("B")]))
    failed, stored = await _until(hub, "failed", "stored")
    assert failed["error"] == "deleted"
    with pytest.raises(LookupError):
        await hub.hub.media.content(failed)
    assert await hub.hub.media.content(stored) == b"here"


async def test_it_gives_up_after_enough_tries(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "FIRST_RETRY", 0.001)
    monkeypatch.setattr(media, "ATTEMPTS", 3)
    hub.provider().files["A"] = Unavailable("busy")
    await hub.loop(message("look", attachments=[_file("A")]))
    (row,) = await _until(hub, "failed")
    assert row["attempts"] == 3


async def test_a_file_over_the_cap_is_refused(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "CAP", 10)
    hub.provider().files["A"] = b"x" * 11
    await hub.loop(message("look", attachments=[_file("A")]))
    await _until(hub, "failed")


async def test_a_mails_file_is_cut_out_of_the_mail(hub: Running) -> None:
    mail = (
        "From: ann@customer.example\r\nTo: help@acme.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nsee here\r\n--b\r\n'
        'Content-Type: text/csv\r\nContent-Disposition: attachment; filename="a.csv"\r\n\r\n'
        "1,2\r\n--b--\r\n"
    )
    assert await hub.mail(mail) < 300
    (row,) = await _until(hub, "stored")
    assert (await hub.hub.media.content(row)).strip() == b"1,2"
    assert (row["name"], row["blob"]) == ("a.csv", None)


async def test_a_missing_blob_is_said_and_no_crash(hub: Running) -> None:
    hub.provider().files["A"] = b"here"
    await hub.loop(message("look", attachments=[_file("A")]))
    (row,) = await _until(hub, "stored")
    path = hub.hub.blobs.path(row["blob"])
    assert path is not None
    path.unlink()
    with pytest.raises(LookupError, match="missing"):
        await hub.hub.media.content(row)
    assert await hub.read(attachments.get, row["id"]) is not None
