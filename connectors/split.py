"""Cutting a text into the parts that a channel can send, and counting them for the composer.

Units are UTF-16 code units, as providers and browsers count, except where ``part_sizes`` says that
the GSM 7-bit alphabet counts (3GPP TS 23.038 6.2.1): there they are septets. Parts always join to
exactly the text: the space at a border stays at the end of the earlier part, or begins the later
one where the earlier is full to the brim.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import regex

from connectors.contract import Capabilities

_CLUSTER = regex.compile(r"[\ud800-\udbff][\udc00-\udfff]|\X")
_GSM_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_SEPTETS = dict.fromkeys(_GSM_BASIC, 1) | dict.fromkeys("\f^{}\\[~]|€", 2)
_UNBREAKABLE_SPACES = frozenset("\u00a0\u2007\u202f")


class Length(NamedTuple):
    """How long a text is on a channel: what the composer shows while somebody writes."""

    parts: int
    """Messages the customer's provider counts (SMS segments where there are any); 0 for none."""
    units: int
    """Septets if the whole text is in the GSM alphabet and that counts here, else UTF-16 units."""
    left: int | None
    """Units that still fit into the last part; None: no limit."""


def split(text: str, capabilities: Capabilities) -> list[str]:
    """The parts, one a send, in order; ``[text]`` if it fits (an empty text is one empty part).

    A part has at most ``max_text`` UTF-16 units or, where only ``part_sizes`` is given, fits one
    message of the text's alphabet. Cuts are at spaces where that leaves no part under a quarter
    full, else between grapheme clusters; a single cluster too large for a part is cut between code
    points. ``max_parts`` is for the caller to hold against the number of parts.
    """
    limit, size = _limit(text, capabilities)
    if limit is None or len(text) * 2 <= limit or size(text) <= limit:
        return [text]
    pieces = _pieces(text, limit, size)
    parts, start = [], 0
    while start < len(pieces):
        end = _fill(pieces, start, limit, size)
        if end < len(pieces):
            end = _border(pieces, start, end)
        parts.append("".join(pieces[start:end]))
        start = end
    return parts


def count(text: str, capabilities: Capabilities) -> Length:
    """Parts and length of a text on this channel."""
    parts = split(text, capabilities)
    if not capabilities.part_sizes:
        limit, last = capabilities.max_text, utf16_units(parts[-1])
        used = len(parts) if text else 0
        return Length(used, utf16_units(text), None if limit is None else max(0, limit - last))
    lengths = [_segments(part, capabilities.part_sizes) for part in parts]
    units = sum(length.units for length in lengths)
    return Length(sum(length.parts for length in lengths), units, lengths[-1].left)


def utf16_units(text: str) -> int:
    """Length in UTF-16 code units."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_gsm(text: str) -> bool:
    """Whether the GSM 7-bit default alphabet with its extension can say all of it."""
    return all(char in _SEPTETS for char in text)


def _septets(text: str) -> int:
    return sum(_SEPTETS[char] for char in text)


Size = Callable[[str], int]


def _limit(text: str, capabilities: Capabilities) -> tuple[int | None, Size]:
    if capabilities.max_text is not None or not capabilities.part_sizes:
        return capabilities.max_text, utf16_units
    gsm_single, _, wide_single, _ = capabilities.part_sizes
    return (gsm_single, _septets) if is_gsm(text) else (wide_single, utf16_units)


def _pieces(text: str, limit: int, size: Size) -> list[str]:
    """What must not be cut: grapheme clusters, and code points of those that no part can hold."""
    pieces: list[str] = []
    for cluster in _CLUSTER.findall(text):
        if len(cluster) == 1 or size(cluster) <= limit:
            pieces.append(cluster)
        else:
            pieces.extend(cluster)
    return pieces


def _fill(pieces: list[str], start: int, limit: int, size: Size) -> int:
    """The end of the longest part from ``start``; at least one piece, whatever the limit."""
    end, used = start + 1, size(pieces[start])
    while end < len(pieces) and (used := used + size(pieces[end])) <= limit:
        end += 1
    return end


def _border(pieces: list[str], start: int, end: int) -> int:
    """The last space at which to cut, if that leaves enough; else ``end``."""
    if _is_break(pieces[end]):
        return end
    least = start + max(1, (end - start) // 4)
    return next((at for at in range(end, least - 1, -1) if _is_break(pieces[at - 1])), end)


def _is_break(piece: str) -> bool:
    return piece.isspace() and piece not in _UNBREAKABLE_SPACES


def _segments(text: str, sizes: tuple[int, ...]) -> Length:
    """SMS segments: one alone holds more than one of many, which carries a header."""
    gsm = is_gsm(text)
    single, many = sizes[:2] if gsm else sizes[2:4]
    costs = [_SEPTETS[char] if gsm else utf16_units(char) for char in text]
    units = sum(costs)
    if units <= single:
        return Length(1 if text else 0, units, single - units)
    segments, used = 1, 0
    for cost in costs:  # neither an escape pair nor a surrogate pair lies across two segments
        if used + cost > many:
            segments, used = segments + 1, 0
        used += cost
    return Length(segments, units, many - used)
