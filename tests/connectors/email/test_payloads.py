"""Recorded mails of many kinds against the one table of what is in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.email.parse import as_json, parse, part_content

PAYLOADS = Path(__file__).parents[2] / "payloads" / "email"
EXPECTED: dict[str, dict[str, Any]] = yaml.safe_load(
    (PAYLOADS / "expected.yaml").read_text(encoding="utf-8")
)


def _holds(found: Any, expected: Any) -> bool:
    """``found`` has at least what is expected: each key of a dict, each item of a list."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return all(_holds(found[key], value) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) == len(expected) and all(map(_holds, found, expected))
    return bool(found == expected)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_mail_is_read_as_the_table_says(name: str) -> None:
    found = as_json(parse((PAYLOADS / f"{name}.eml").read_bytes()))
    expected = dict(EXPECTED[name])
    assert expected.pop("text_contains", "") in found["text"]
    for field, value in expected.items():
        assert _holds(found[field], value), (field, found[field])
    json.dumps(found)


def test_the_table_names_every_payload() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.eml")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_attachment_can_be_fetched_by_its_ref(name: str) -> None:
    raw = (PAYLOADS / f"{name}.eml").read_bytes()
    for attachment in parse(raw).attachments:
        assert attachment.content is None
        assert attachment.ref is not None
        assert len(part_content(raw, attachment.ref)) == attachment.size


@pytest.mark.parametrize("ref", ["9", "", "1.1.1", "1#1", "x"])
def test_a_ref_that_names_no_part_is_a_key_error(ref: str) -> None:
    with pytest.raises(KeyError):
        part_content((PAYLOADS / "fa_plain_utf8.eml").read_bytes(), ref)
