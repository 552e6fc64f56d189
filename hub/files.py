"""The one loader of files: YAML by the 1.2 core schema, every node with its line, then msgspec.

``no`` is a word, ``9:00``, ``012`` and ``+1555`` are texts, a date is a text; only ``true``,
``false``, ``null`` and JSON's numbers (``.5`` too) are anything else. Refused: keys given twice,
merge keys, keys that are not texts, several documents, unknown tags, files that unfold to more than
100,000 nodes. Also the writer whose output this loader and a YAML 1.1 reader both read back unchanged.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import msgspec
import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from hub.fields import explain
from routing import days, sla, spans

MAX_BYTES: Final = 1_000_000
MAX_NODES: Final = 100_000
MAX_DEPTH: Final = 50

Duration = Annotated[str, msgspec.Meta(pattern=spans.DURATION_PATTERN, examples=["30s", "4h"])]
"""Text with a unit; ``spans.duration`` reads it."""
TimeOfDay = Annotated[str, msgspec.Meta(pattern=spans.TIME_PATTERN, examples=["09:00"])]
"""``HH:MM``; ``spans.time_of_day`` reads it."""

T = TypeVar("T")
_WORDS_FOR: Final = {
    spans.DURATION_PATTERN: spans.DURATION_WORDS,
    spans.TIME_PATTERN: spans.TIME_WORDS,
    days.SPAN_PATTERN: days.SPAN_WORDS,
    days.DAY_PATTERN: days.DAY_WORDS,
    sla.WARN_PATTERN: sla.WARN_WORDS,
}
_CORE: Final = (
    ("null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    ("bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")),
    ("int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), list("-0123456789")),
    (
        "float",
        re.compile(r"^-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$"),
        list("-.0123456789"),
    ),
)
_TAG: Final = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file."""

    path: str
    """``channels[0].kind``; empty: the file as a whole."""
    reason: str
    line: int | None = None
    """Counted from 1."""

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}{self.reason}" + (f" (line {self.line})" if self.line else "")


class FileInvalid(ValueError):
    """A file that cannot be used; ``problems`` say where and why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file holds, and the line of every part of it."""

    value: Any
    lines: Mapping[str, int]

    def line(self, path: str) -> int | None:
        """The line of ``path``, or of the nearest part around it that the file has."""
        while path not in self.lines and path:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines.get(path)

    def problem(self, path: str, reason: str) -> Problem:
        """Something found wrong later on, with the line that it is about."""
        return Problem(path, reason, self.line(path))


def load(text: str | bytes) -> Loaded:
    """The one YAML document in ``text``; an empty one is an empty mapping. Raises FileInvalid."""
    if len(text) > MAX_BYTES:
        raise FileInvalid(Problem("", f"is larger than {MAX_BYTES} bytes"))
    try:
        node = _Composer(text).get_single_node()
    except yaml.MarkedYAMLError as err:
        mark = err.problem_mark or err.context_mark
        reason = ": ".join(words for words in (err.context, err.problem) if words)
        raise FileInvalid(Problem("", reason, mark.line + 1 if mark else None)) from err
    except yaml.YAMLError as err:
        raise FileInvalid(Problem("", f"is not YAML: {err}".replace("\n", " "))) from err
    except RecursionError as err:
        raise FileInvalid(Problem("", "is nested too deeply")) from err
    except UnicodeDecodeError as err:
        raise FileInvalid(Problem("", "is not UTF-8")) from err
    if node is None:
        return Loaded({}, {})
    builder = _Builder()
    return Loaded(builder.build("", node, 0), builder.lines)


def load_file(path: Path) -> Loaded:
    """``load`` of a file. Raises FileInvalid, also where it cannot be read."""
    try:
        with path.open("rb") as file:
            return load(file.read(MAX_BYTES + 1))
    except OSError as err:
        raise FileInvalid(Problem("", f"cannot be read: {err.strerror}")) from err


def convert(loaded: Loaded, type_: type[T]) -> T:
    """The file's content as a typed value. Raises FileInvalid with path, reason and line."""
    try:
        return msgspec.convert(loaded.value, type_)
    except msgspec.ValidationError as err:
        path, reason = _explained(err)
        raise FileInvalid(loaded.problem(path, reason)) from err


def read(text: str | bytes, type_: type[T]) -> T:
    """``load`` and ``convert``."""
    return convert(load(text), type_)


def _explained(error: msgspec.ValidationError) -> tuple[str, str]:
    """msgspec's error as (path, reason)."""
    found = explain(error)
    reason = found.reason
    for pattern, words in _WORDS_FOR.items():
        if repr(pattern) in str(error):
            reason = words
    if reason in {f"expected str, got {type_}" for type_ in ("int", "float", "bool")}:
        reason += ": put it in quotes"
    return found.field, reason


# ---------------------------------------------------------------- nodes to values


class _Composer(
    yaml.reader.Reader,
    yaml.scanner.Scanner,
    yaml.parser.Parser,
    yaml.composer.Composer,
    yaml.resolver.BaseResolver,
):
    """PyYAML up to the node graph, with the core schema's resolver."""

    def __init__(self, stream: str | bytes) -> None:
        yaml.reader.Reader.__init__(self, stream)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)
        yaml.composer.Composer.__init__(self)
        yaml.resolver.BaseResolver.__init__(self)


for _name, _pattern, _first in _CORE:
    _Composer.add_implicit_resolver(_TAG + _name, _pattern, _first)


class _Builder:
    """Values of nodes, bounded, with their lines. An alias counts each time that it is used."""

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self._count = 0

    def build(self, path: str, node: Node, depth: int) -> Any:
        line = node.start_mark.line + 1
        self.lines[path] = line
        self._count += 1
        if self._count > MAX_NODES:
            raise FileInvalid(Problem(path, f"unfolds to more than {MAX_NODES} nodes", line))
        if depth > MAX_DEPTH:
            raise FileInvalid(Problem(path, f"is nested more than {MAX_DEPTH} deep", line))
        if isinstance(node, MappingNode) and node.tag == _TAG + "map":
            return self._mapping(path, node, depth)
        if isinstance(node, SequenceNode) and node.tag == _TAG + "seq":
            return [
                self.build(f"{path}[{number}]", child, depth + 1)
                for number, child in enumerate(node.value)
            ]
        if isinstance(node, ScalarNode):
            return _scalar(path, node, line)
        raise FileInvalid(Problem(path, f"has a tag that means nothing here: {node.tag}", line))

    def _mapping(self, path: str, node: MappingNode, depth: int) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key_node, child in node.value:
            line = key_node.start_mark.line + 1
            key = self._key(path, key_node, line)
            at = f"{path}.{key}" if path else key
            if key in built:
                raise FileInvalid(Problem(at, "is there twice", line))
            built[key] = self.build(at, child, depth + 1)
            self.lines[at] = line
        return built

    def _key(self, path: str, node: Node, line: int) -> str:
        if isinstance(node, ScalarNode) and node.value == "<<" and node.style is None:
            raise FileInvalid(Problem(path, "merge keys (<<) are not supported", line))
        if not isinstance(node, ScalarNode) or node.tag != _TAG + "str":
            raise FileInvalid(Problem(path, "a key must be a text: put it in quotes", line))
        return str(node.value)


def _scalar(path: str, node: ScalarNode, line: int) -> Any:
    text, tag = str(node.value), node.tag.removeprefix(_TAG)
    if tag == "str":
        return text
    pattern = next((pattern for name, pattern, _ in _CORE if name == tag), None)
    if pattern is None:
        raise FileInvalid(Problem(path, f"has a tag that means nothing here: {node.tag}", line))
    if not pattern.match(text):
        raise FileInvalid(Problem(path, f"is no {tag}: {text}", line))
    return _typed(path, tag, text, line)


def _typed(path: str, tag: str, text: str, line: int) -> int | float | bool | None:
    if tag == "null":
        return None
    if tag == "bool":
        return text.lower() == "true"
    if tag == "int" and len(text) <= 20 and abs(int(text)) < 2**63:
        return int(text)
    number = float(text) if tag == "float" else math.inf
    if math.isinf(number):
        raise FileInvalid(Problem(path, "is too large a number", line))
    return number


# ---------------------------------------------------------------- values to text


class _Dumper(yaml.SafeDumper):
    """Block style, in the given order, no aliases; quotes whatever either schema would mistake."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


_BREAKS = ("\x85", "\u2028", "\u2029")
"""Line breaks to the library's emitter and not to the core schema: only escaped they come back."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> ScalarNode:
    style = "|" if "\n" in text else None
    if any(pattern.match(text) for _, pattern, _ in _CORE):
        style = "'"
    if any(odd in text for odd in _BREAKS):
        style = '"'
    return dumper.represent_scalar(_TAG + "str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def write(value: object) -> str:
    """``value`` (mappings, lists, texts, numbers, flags, None) as YAML that ``load`` reads back."""
    return yaml.dump(
        value,
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=False,
        width=100,
    )
