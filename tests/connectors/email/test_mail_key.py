"""One mail has one key and one text, whichever servers handed it on."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from connectors.email.parse import as_json, parse
from tests.connectors.email import mutations

PAYLOADS = sorted((Path(__file__).parents[2] / "payloads" / "email").glob("*.eml"))
# payloads whose fault is the very thing that the mutation touches
EXCUSED = {
    "carriage_returns_only": {"carriage returns", "more headers", "refolded", "header case"},
    "wrong_boundary": {"other boundaries"},
    "mbox_line_and_stray_header": {"more headers", "refolded"},
    "empty": {"more headers"},
    "missing_blank_line": {"refolded"},
    "uuencoded_in_text": {"other encodings"},
    "utf_16_with_bom": {"other encodings"},
}
CASES = [
    pytest.param(path, mutation, id=f"{path.stem}-{mutation}")
    for path in PAYLOADS
    for mutation in mutations.ALL
    if mutation not in EXCUSED.get(path.stem, set())
]


@pytest.mark.parametrize(("path", "mutation"), CASES)
def test_what_servers_change_changes_neither_key_nor_content(path: Path, mutation: str) -> None:
    raw = path.read_bytes()
    before = as_json(parse(raw))
    for seed in range(5):
        after = as_json(parse(mutations.ALL[mutation](raw, Random(seed))))
        for field in ("provider_id", "sender", "sender_name", "to", "cc", "subject", "text",
                      "full_text", "message_id", "references", "sent_at", "bounce"):  # fmt: skip
            assert after[field] == before[field], field
        names = [one["name"] for one in before["attachments"]]
        assert [one["name"] for one in after["attachments"]] == names


RAW = b"Message-ID: <1@x>\nFrom: A <a@example.com>\nDate: Sat, 3 May 2025 09:30:00 +0000\n\nwords\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<1@x>", b"<2@x>"),
        (b"a@example.com", b"b@example.com"),
        (b"09:30", b"09:31"),
        (b"words", b"other words"),
    ],
)
def test_other_content_is_another_mail(old: bytes, new: bytes) -> None:
    assert parse(RAW).provider_id != parse(RAW.replace(old, new)).provider_id


def test_the_same_date_in_another_zone_is_the_same_date() -> None:
    other = RAW.replace(b"09:30:00 +0000", b"13:00:00 +0330 (Tehran)")
    assert parse(RAW).provider_id == parse(other).provider_id


def test_mails_without_message_id_have_keys_of_their_own() -> None:
    bare = RAW.partition(b"\n")[2]
    assert len(parse(bare).provider_id) == 64
    assert parse(bare).provider_id != parse(bare.replace(b"words", b"more")).provider_id


@pytest.mark.parametrize("name", ["Subject", "To", "Cc"])
def test_machines_that_write_no_message_id_are_not_taken_for_replays(name: str) -> None:
    """Two of them in one second, with nothing in their bodies."""
    bare = f"From: cron@h.example\nDate: Sat, 3 May 2025 09:30:00 +0000\n{name}: %s\n\n"
    one, other = (parse((bare % text).encode()) for text in ("a@h.example", "b@h.example"))
    assert one.provider_id != other.provider_id
    folded = parse((bare % "a@h.example\n ").encode())
    assert folded.provider_id == one.provider_id


def test_a_mail_inside_a_mail_is_told_apart_by_its_own_content() -> None:
    raw = b"From: a@example.com\nContent-Type: message/rfc822\n\nFrom: b@example.com\n\nwords\n"
    assert parse(raw).provider_id != parse(raw.replace(b"words", b"others")).provider_id
    assert parse(raw).provider_id == parse(raw.replace(b"\n", b"\r\n")).provider_id
