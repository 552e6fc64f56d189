"""``fold`` and ``clean``: one form to compare in, one form to store."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.fold import clean, fold

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
PERSIAN = st.text(st.characters(min_codepoint=0x0600, max_codepoint=0x06FF), max_size=40)


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("", ""),
        ("  Hello\t\nWorld ", "hello world"),
        ("STRASSE straße", "strasse strasse"),
        ("ＦＵＬＬ ｗｉｄｔｈ １２", "full width 12"),
        ("ﬁne", "fine"),
        ("كتاب علي", "کتاب علی"),
        ("فاطمة", "فاطمه"),
        ("خانهٔ", "خانه"),
        ("خانۀ", "خانه"),
        ("تأخير", "تاخیر"),
        ("آدرس", "ادرس"),
        ("رئیس", "رییس"),
        ("۱۲۳ ٤٥٦ १२", "123 456 12"),
        ("صورت\u200cحساب", "صورتحساب"),
        ("ســـلام", "سلام"),
        ("سَلامٌ", "سلام"),
        ("\u202bلغو\u202c", "لغو"),
        ("\u2067STOP\u2069", "stop"),
        ("a\u00a0\u2003b", "a b"),
        ("a\ufeffb", "ab"),
        ("ﻟﻐﻮ", "لغو"),
        ("\ufe70", ""),
        ("Ünïcode", "ünïcode"),
        ("U\u0308", "ü"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
    ],
)
def test_fold(given_text: str, expected: str) -> None:
    assert fold(given_text) == expected


@given(ANY_TEXT | PERSIAN)
def test_fold_is_idempotent_and_normal(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert folded == folded.strip()


@given(st.text(max_size=40) | PERSIAN)
def test_fold_is_the_same_for_equivalent_texts(text: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert fold(unicodedata.normalize(form, text)) == fold(text)


@given(st.text(st.characters(max_codepoint=127)))
def test_the_ascii_path_is_the_general_path(text: str) -> None:
    assert fold(text + "\u200c") == fold(text)


@pytest.mark.parametrize(
    ("text", "cap", "expected"),
    [
        ("plain", None, "plain"),
        ("a\0b\0", None, "ab"),
        ("e\0\u0301", None, "é"),
        ("e\u0301", None, "é"),
        ("\ud83d\ude00", None, "😀"),
        ("a\ud83d", None, "a\ufffd"),
        ("\ude00b", None, "\ufffdb"),
        ("\ud83d\ud83d\ude00", None, "\ufffd😀"),
        ("abcdef", 3, "abc"),
        ("abc", 3, "abc"),
        ("abc", 0, ""),
        ("ab👨‍👩‍👧‍👦", 5, "ab"),
        ("👨‍👩‍👧‍👦", 3, ""),
        ("ab👨‍👩‍👧‍👦", 9, "ab👨‍👩‍👧‍👦"),
        ("🇮🇷🇮🇷", 3, "🇮🇷"),
        ("x\u0323\u0307y", 1, ""),
        ("a\r\nb", 2, "a"),
    ],
)
def test_clean(text: str, cap: int | None, expected: str) -> None:
    assert clean(text, cap) == expected


def test_an_endless_cluster_is_cut_at_the_cap() -> None:
    assert len(clean("a" + "\u0323" * 500, 200)) == 200


@given(ANY_TEXT, st.none() | st.integers(0, 70))
def test_clean_is_storable_and_idempotent(text: str, cap: int | None) -> None:
    cleaned = clean(text, cap)
    cleaned.encode()
    assert "\0" not in cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert cap is None or len(cleaned) <= cap
    assert clean(cleaned, cap) == cleaned
