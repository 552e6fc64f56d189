from __future__ import annotations

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.contract import Capabilities
from connectors.split import Length, count, is_gsm, split, utf16_units

SMS = Capabilities(max_text=1600, part_sizes=(160, 153, 70, 67), max_parts=10)
ONE_BY_ONE = Capabilities(part_sizes=(160, 153, 70, 67), max_parts=10)
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
ATOMS = st.sampled_from(
    [
        *(
            "a",
            " ",
            "word ",
            "\n",
            "\r\n",
            "€",
            "سلام ",
            "می\u200cروم ",
            "e\u0301",
            "نّ",
            "❤\ufe0f",
            "\u00a0",
        ),
        *("\U0001f1ee\U0001f1f7", FAMILY, "\U0001f44d\U0001f3fd", "각", "\U00020000", "\ud800"),
    ]
)
TEXTS = st.lists(ATOMS, max_size=60).map("".join) | st.text(max_size=80)


def limited(units: int) -> Capabilities:
    return Capabilities(max_text=units)


def test_what_fits_is_not_cut() -> None:
    assert split("", SMS) == [""]
    assert split("x" * 1600, SMS) == ["x" * 1600]
    assert split("x" * 100_000, Capabilities()) == ["x" * 100_000]
    assert split("\U0001f600" * 800, SMS) == ["\U0001f600" * 800]


def test_cuts_are_at_spaces() -> None:
    assert split("one two three four", limited(9)) == ["one two ", "three ", "four"]
    assert split("hello world", limited(5)) == ["hello", " ", "world"]
    assert split("one\u00a0two three", limited(10)) == ["one\u00a0two ", "three"]
    assert split("سلام دنیا خوب", limited(10)) == ["سلام دنیا ", "خوب"]


def test_a_space_that_leaves_the_part_nearly_empty_is_no_border() -> None:
    assert split("a " + "x" * 30, limited(16)) == ["a " + "x" * 14, "x" * 16]


@pytest.mark.parametrize(
    "cluster",
    [
        FAMILY,
        "\U0001f1ee\U0001f1f7",
        "e\u0301",
        "❤\ufe0f",
        "\r\n",
        "\U0001f44d\U0001f3fd",
        "\U0001f600",
    ],
)
def test_clusters_are_never_cut(cluster: str) -> None:
    for limit in range(utf16_units(cluster), 40):
        for part in split("x" * 7 + cluster * 9, limited(limit)):
            assert part.replace("x", "").replace(cluster, "") == ""


def test_a_cluster_over_the_limit_is_cut_at_code_points() -> None:
    assert split(FAMILY, limited(4)) == [
        "\U0001f468\u200d",
        "\U0001f469\u200d",
        "\U0001f467\u200d",
        "\U0001f466",
    ]
    assert split("\U0001f600\U0001f600", limited(1)) == ["\U0001f600", "\U0001f600"]


def test_part_sizes_alone_are_the_limit() -> None:
    assert [len(part) for part in split("x" * 400, ONE_BY_ONE)] == [160, 160, 80]
    assert [len(part) for part in split("€" * 100, ONE_BY_ONE)] == [80, 20]
    assert [len(part) for part in split("ش" * 100, ONE_BY_ONE)] == [70, 30]


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", (0, 0, 160)),
        ("x" * 160, (1, 160, 0)),
        ("x" * 161, (2, 161, 145)),
        ("x" * 306, (2, 306, 0)),
        ("x" * 307, (3, 307, 152)),
        ("€" * 80, (1, 160, 0)),
        ("€" * 81, (2, 162, 143)),
        ("x" * 152 + "€" + "x" * 10, (2, 164, 141)),
        ("ش" * 70, (1, 70, 0)),
        ("ش" * 71, (2, 71, 63)),
        ("\U0001f600" * 35, (1, 70, 0)),
        ("\U0001f600" * 36, (2, 72, 61)),
        ("x" * 1601, (12, 1601, 159)),
    ],
    ids=lambda value: None if isinstance(value, tuple) else f"{value[:1]}{len(value)}",
)
def test_sms_segments(text: str, length: tuple[int, int, int]) -> None:
    assert count(text, SMS) == Length(*length)


def test_count_without_segments() -> None:
    assert count("", Capabilities()) == Length(0, 0, None)
    assert count("سلام", Capabilities()) == Length(1, 4, None)
    assert count("one two three", limited(8)) == Length(2, 13, 3)


def test_gsm_alphabet() -> None:
    assert is_gsm("Hello @ £5 {ok} €~")
    assert not is_gsm("ç")
    assert not is_gsm("سلام")


@given(TEXTS, st.integers(1, 50))
@example("\ud83d\ude00" * 5, 3)
def test_parts_join_to_the_text_and_hold_the_limit(text: str, limit: int) -> None:
    parts = split(text, limited(limit))
    assert "".join(parts) == text
    for part in parts:
        assert utf16_units(part) <= limit or len(part) == 1
        assert part or not text
    whole = regex.findall(r"\X", text)
    if max(map(utf16_units, whole), default=0) <= limit and not regex.search(r"\p{Cs}", text):
        assert [cluster for part in parts for cluster in regex.findall(r"\X", part)] == whole
    assert split(text, limited(limit)) == parts


@given(TEXTS, st.integers(8, 50))
def test_there_are_not_needlessly_many_parts(text: str, limit: int) -> None:
    assert len(split(text, limited(limit))) <= 1 + 8 * utf16_units(text) // limit


@given(TEXTS)
def test_count_agrees_with_split(text: str) -> None:
    parts = split(text, ONE_BY_ONE)
    length = count(text, ONE_BY_ONE)
    assert "".join(parts) == text
    assert length.parts == (len(parts) if text else 0)
    assert length.left is not None
    assert length.left >= 0


def test_long_texts_are_linear() -> None:
    assert len(split("x" * 200_000, limited(160))) == 1250
    assert len(split("e" + "\u0301" * 200_000, limited(160))) == 1251
