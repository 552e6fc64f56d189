"""Only our own mail server's DMARC result counts, and only for the domain in From."""

from __future__ import annotations

import pytest

from connectors.email.parse import parse

OURS = frozenset({"mx.acme.example"})
PASS = "mx.acme.example; spf=pass; dmarc=pass (p=none dis=none) header.from=example.com"


def _proven(*results: str, sender: str = "a@example.com", ids: frozenset[str] = OURS) -> bool:
    lines = [f"Authentication-Results: {result}" for result in results]
    raw = "\r\n".join([*lines, f"From: {sender}", "", "x"])
    return parse(raw.encode(), ids).authenticated


def test_an_aligned_pass_of_ours_proves_the_sender() -> None:
    assert _proven(PASS)
    assert _proven(PASS.replace("mx.acme.example;", "MX.acme.example 1;"))
    assert _proven(
        "mx.acme.example;\r\n dkim=pass header.d=example.com;\r\n dmarc=pass header.from=Example.COM"
    )


@pytest.mark.parametrize(
    "result",
    [
        PASS.replace("dmarc=pass", "dmarc=fail"),
        PASS.replace("dmarc=pass", "dmarc=none"),
        PASS.replace("header.from=example.com", "header.from=evil.example"),
        PASS.replace("header.from=example.com", ""),
        PASS.replace("mx.acme.example", "mx.evil.example"),
        "mx.acme.example; dkim=pass (dmarc=pass header.from=example.com)",
        'mx.acme.example; dkim=pass reason="; dmarc=pass header.from=example.com"',
        "mx.acme.example; dmarc=fail header.from=example.com; dmarc=pass header.from=example.com",
        "mx.acme.example; xdmarc=pass header.from=example.com",
        "mx.acme.example",
        "",
        "(mx.acme.example; dmarc=pass header.from=example.com)",
    ],
)
def test_anything_else_proves_nothing(result: str) -> None:
    assert not _proven(result)


def test_only_our_topmost_header_counts() -> None:
    fail = PASS.replace("dmarc=pass", "dmarc=fail")
    assert not _proven(fail, PASS)
    assert _proven(PASS, fail)
    assert _proven("mx.other.example; dmarc=fail header.from=example.com", PASS)


def test_without_a_server_of_ours_nothing_is_proven() -> None:
    assert not _proven(PASS, ids=frozenset())


def test_two_authors_are_not_proven() -> None:
    assert not _proven(PASS, sender="a@example.com, b@evil.example")
    raw = f"Authentication-Results: {PASS}\r\nFrom: a@example.com\r\nFrom: b@evil.example\r\n\r\nx"
    assert not parse(raw.encode(), OURS).authenticated
