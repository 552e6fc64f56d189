"""The loader of files: what plain words mean, what is refused, where errors point, the way back."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from hub import files
from hub.files import FileInvalid

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
    | st.sampled_from(
        ["no", "on", "9:00", "012", "+1555", "1e5", "2020-01-01", "~", "<<", "=", ""]
    ),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.text("abc.no-1~ ", max_size=5), children, max_size=4)
    ),
    max_leaves=12,
)


class Hours(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    opens: files.TimeOfDay = "09:00"
    offer: files.Duration = "30s"


class Shop(msgspec.Struct, forbid_unknown_fields=True):
    queues: list[Hours] = []
    titles: dict[str, Hours] = {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("off", "off"),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("9:00", "9:00"),
        ("012", "012"),
        ("+12025550123", "+12025550123"),
        ("2020-01-01", "2020-01-01"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("=", "="),
        ("0", 0),
        ("-7", -7),
        ("1.50", 1.5),
        (".55", 0.55),
        ("-.5e1", -5.0),
        ("1e3", 1000.0),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!int 12", 12),
        ("سلام", "سلام"),
    ],
)
def test_plain_words(text: str, value: object) -> None:
    assert files.load(f"a: {text}").value == {"a": value}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2", "b.c: is there twice (line 4)"),
        ("a: {b: 1}\nc:\n  <<: {d: 1}", "c: merge keys (<<) are not supported (line 3)"),
        ("12: x", "a key must be a text: put it in quotes (line 1)"),
        ("[a]: x", "a key must be a text: put it in quotes (line 1)"),
        ("a: 1\n---\nb: 1", "(line 2)"),
        ("a: !!python/name:os.system", "a: has a tag that means nothing here"),
        ("a: !!int x", "a: is no int: x (line 1)"),
        ("a: 99999999999999999999", "a: is too large a number (line 1)"),
        ("a: 1e999", "a: is too large a number"),
        ("a: [1", "(line 1)"),
        ("a:\n\t- b", "(line 2)"),
        ("a: *x", "undefined alias"),
        ("a: &x [*x]", "nested more than 50 deep"),
        ("[" * 5000, "nested too deeply"),
        ("a: \x00", "is not YAML"),
        (b"a: \xff", "is not YAML"),
        ("a: " + "x" * 1_000_001, "is larger than"),
    ],
)
def test_refused(text: str | bytes, error: str) -> None:
    with pytest.raises(FileInvalid) as caught:
        files.load(text)
    assert error in str(caught.value)


def test_a_bomb_of_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(FileInvalid, match="unfolds to more than 100000 nodes"):
        files.load("\n".join(lines))


def test_an_alias_is_its_value() -> None:
    assert files.load("a: &x [1]\nb: *x").value == {"a": [1], "b": [1]}


def test_nothing_is_an_empty_mapping() -> None:
    assert files.load("# only a comment\n").value == {}
    assert files.read("", Shop) == Shop()


def test_every_part_has_its_line() -> None:
    loaded = files.load("queues:\n  - name: a\n    offer: 5s\n\n  - {name: b}\n")
    assert loaded.line("queues") == 1
    assert loaded.line("queues[0].offer") == 3
    assert loaded.line("queues[1].name") == 5
    assert loaded.line("queues[1].missing.deep[3]") == 5
    assert loaded.line("elsewhere") == 1
    assert str(loaded.problem("queues[1]", "is wrong")) == "queues[1]: is wrong (line 5)"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("queues:\n- name: a\n- name: 7", "queues[1].name: expected str, got int: put it in"),
        ("queues:\n- {nam: a}", "queues[0].n"),
        ("queues:\n- name: a\n  offer: 30", "queues[0].offer: expected str, got int"),
        (
            "queues:\n- name: a\n  offer: 30x",
            "queues[0].offer: write a duration with a unit, such as 30s, 15m, 4h or 14d (line 3)",
        ),
        (
            "queues:\n- name: a\n  opens: 9:00",
            "queues[0].opens: write a time of day as HH:MM (line",
        ),
        ("titles:\n  x: {name: a}\n  y: {name: 1}", "(line 1)"),
        ("- a", "expected object, got array (line 1)"),
    ],
)
def test_conversion_says_where(text: str, error: str) -> None:
    with pytest.raises(FileInvalid) as caught:
        files.read(text, Shop)
    assert error in str(caught.value)
    assert "(line " in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileInvalid, match="cannot be read"):
        files.load_file(tmp_path / "none.yaml")
    (tmp_path / "some.yaml").write_text("a: 1", "utf-8")
    assert files.load_file(tmp_path / "some.yaml").value == {"a": 1}


@given(VALUES)
@example("\x85")
@example("a\u2028b\nc")
def test_what_is_written_is_read_back(value: object) -> None:
    text = files.write({"value": value})
    assert files.load(text).value == {"value": value}


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20))
def test_other_readers_read_written_texts_the_same(text: str) -> None:
    assert yaml.safe_load(files.write({"a": text})) == {"a": text}
