"""Only we can make a reply token, and it is found wherever mail programs leave it."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.thread import conversation_of, message_id, plus_address, token


def sign(purpose: str, data: bytes) -> bytes:
    return hmac.digest(b"key " + purpose.encode(), data, hashlib.sha256)


def other(purpose: str, data: bytes) -> bytes:
    return hmac.digest(b"other " + purpose.encode(), data, hashlib.sha256)


@given(st.integers(1, (1 << 63) - 1), st.text(max_size=80))
def test_what_we_made_we_find(conversation: int, unique: str) -> None:
    made = message_id(conversation, unique, sign, "acme.example")
    assert made.isascii()
    assert not set(made) & set("<> \r\n")
    assert conversation_of([made], sign) == conversation
    assert conversation_of([made.upper()], sign) == conversation
    assert conversation_of(["first@x", f"<{made}>", "last@x"], sign) == conversation
    assert conversation_of([made], other) is None


def test_plus_addresses() -> None:
    made = plus_address("support@acme.example", 42, sign)
    assert made.startswith("support+42-")
    assert conversation_of([made], sign) == conversation_of([f"mailto:{made}"], sign) == 42
    with pytest.raises(ValueError, match="address"):
        plus_address("support", 42, sign)


def test_forged_and_damaged_tokens_are_none() -> None:
    good = token(42, sign)
    conversation, _, mac = good.partition("-")
    for bad in (f"43-{mac}", f"{conversation}-{mac[:-1]}0x", f"{conversation}-{'0' * 20}", f"042-{mac}",
                f"x{good}@x", good[:-1], mac, ""):  # fmt: skip
        assert conversation_of([f"a.{bad}@acme.example"], sign) is None


def test_the_first_valid_one_counts_and_many_take_no_time() -> None:
    ids = [message_id(1, "a", other, "x.example"), message_id(2, "b", sign, "x.example"),
           message_id(3, "c", sign, "x.example")]  # fmt: skip
    assert conversation_of(ids, sign) == 2
    assert conversation_of((f"{'9' * 5000}@x" for _ in range(100_000)), sign) is None
