"""``Content-Type`` and ``Content-Disposition``: a value and its parameters.

Parameters come quoted, bare, with blanks, without the semicolon, in pieces and percent-encoded
(RFC 2231), with encoded words inside (RFC 2047, against its own rule), and in raw bytes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from connectors.email.charset import decode, repair
from connectors.email.words import decode_words

VALUE_MAX = 32_768
"""Characters of a header that are looked at."""
_COMMENT = re.compile(r"\([^()]*\)")
_BLANKS = re.compile(r"\s+")
_NAME = re.compile(r'[;\s]*([^\s=;"]+)[ \t]*(?:\r?\n[ \t]+)?=[ \t]*')
_NEXT = re.compile(r";|\n[ \t]+(?=[A-Za-z][\w.*-]*=[^=?])|\n[ \t]*$")
_PIECE = re.compile(r"(.*?)\*(?:(\d{1,4})(\*)?)?$", re.DOTALL)
_FILE_NAMES = ("name", "filename")
_SIMPLE = re.compile(
    r'([a-z0-9.+-]+/[a-z0-9.+_-]+)\s*(?:;\s*([a-z-]+)="?([A-Za-z0-9._=+/:-]+)"?\s*)?;?\s*',
    re.IGNORECASE,
)
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_WORDS_FOLD = re.compile(r"\?=\s+=\?")
_HALF_TYPES = {"text": "text/plain", "html": "text/html", "plain": "text/plain"}
_TURNED = {"plain/text": "text/plain", "html/text": "text/html"}
_NO_SEMICOLON = re.compile(
    r"\s*[\w.+-]+(?:/[\w.+-]+)?,?(?=[ \t]+(?:charset|(?:file)?name|boundary|format)[*\d]{0,4}=)",
    re.IGNORECASE,
)
_PATH = re.compile(r"[A-Za-z]:\\|\\\\")


@lru_cache(maxsize=2048)
def content_type(value: str, hint: str = "") -> tuple[str, dict[str, str]]:
    """(``type/subtype`` in lower case or empty if it is none, parameters by lower-case name).

    ``hint``: a charset for raw bytes. The dictionary is shared between callers: read it only.
    """
    if (simple := _SIMPLE.fullmatch(value)) and "=?" not in value:
        type_, name, text = simple.groups()
        type_ = type_.lower()
        return _TURNED.get(type_, type_), {name.lower(): text} if name else {}
    head, params = parameters(value, hint)
    main, slash, sub = head.partition("/")
    if not slash or not main or not sub:
        return _HALF_TYPES.get(head, ""), params
    return _TURNED.get(head, head), params


def parameters(value: str, hint: str = "") -> tuple[str, dict[str, str]]:
    """(the value before the first ``;`` in lower case without blanks and comments, parameters)."""
    value = value[:VALUE_MAX]
    end = value.find(";")
    if forgotten := _NO_SEMICOLON.match(value, 0, end if end >= 0 else len(value)):
        end = forgotten.end()
    head = value if end < 0 else value[:end]
    if end < 0 and "\n" in value.strip():  # the semicolon was forgotten
        end = value.index("\n", len(value) - len(value.lstrip()))
        head = value[:end]
    while "(" in head and (shorter := _COMMENT.sub("", head)) != head:
        head = shorter
    head = _BLANKS.sub("", repair(head)).lower().rstrip(",")
    return head, _read(value[end:], hint) if end >= 0 else {}


def _read(text: str, hint: str) -> dict[str, str]:
    found: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    pos = 0
    while pos < len(text):
        match = _NAME.match(text, pos)
        if match is None:
            following = text.find(";", len(text) - len(text[pos:].lstrip("; \t\r\n")))
            pos = following if following >= 0 else len(text)
            continue
        name = match[1].lower()
        value, pos = _value(text, match.end(), name)
        if "*" in name and (piece := _PIECE.match(name)) and piece[1]:
            encoded = bool(piece[3]) or piece[2] is None
            pieces.setdefault(piece[1], []).append((int(piece[2] or 0), encoded, value))
        elif value or text[match.end() : match.end() + 1] == '"':
            found.setdefault(name, _plain(value, hint))
    for name, parts in pieces.items():
        found[name] = _joined(parts, hint)
    return found


def _value(text: str, pos: int, name: str) -> tuple[str, int]:
    """The value that begins at ``pos`` and where it ends."""
    if text[pos : pos + 1] == '"':
        return _quoted(text, pos + 1)
    match = _NEXT.search(text, pos)
    end = match.start() if match else len(text)
    value = text[pos:end].strip()
    if name.partition("*")[0] not in _FILE_NAMES and "(" in value:
        value = _COMMENT.sub("", value).strip()
    if len(value) > 2 and value[0] == "'" == value[-1] and "*" not in name:
        value = value[1:-1]  # some mailers' idea of a quote
    return _FOLD.sub("", value), end


def _quoted(text: str, pos: int) -> tuple[str, int]:
    end = pos
    while (end := text.find('"', end)) >= 0 and _escaped(text, end, pos):
        end += 1
    raw = text[pos:end] if end >= 0 else text[pos:].removesuffix("\n")
    value = _FOLD.sub("", raw)
    if "\\" in value and not _PATH.match(value):
        value = re.sub(r"\\(.)", r"\1", value)
    return value, end + 1 if end >= 0 else len(text)


def _escaped(text: str, at: int, start: int) -> bool:
    slashes = 0
    while at - slashes - 1 >= start and text[at - slashes - 1] == "\\":
        slashes += 1
    return slashes % 2 == 1


def _plain(value: str, hint: str) -> str:
    if "=?" in value:
        return decode_words(_WORDS_FOLD.sub("?= =?", value), hint)
    return repair(value, hint)


def _joined(parts: list[tuple[int, bool, str]], hint: str) -> str:
    """The pieces of one RFC 2231 parameter, in their order."""
    charset, out = "", bytearray()
    any_encoded = any(encoded for _, encoded, _ in parts)
    for index, (_, encoded, piece) in enumerate(sorted(parts, key=lambda part: part[0])):
        value = piece
        if encoded and index == 0 and piece.count("'") >= 2:
            charset, _, value = piece.split("'", 2)
        elif encoded and charset and piece.lower().startswith(charset.lower() + "'"):
            value = piece[len(charset) + 1 :]
        raw = value.encode("utf-8", "surrogateescape")
        out += unquote_to_bytes(raw) if encoded else raw
    text = decode(bytes(out), charset, hint)
    return text if any_encoded else _plain(text, hint)
