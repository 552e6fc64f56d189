"""Patterns of rules: the ``regex`` package, over folded text, within a bounded time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import regex

from connectors.fold import fold

CAP: Final = 10_000
"""Folded characters that a pattern looks at."""
SECONDS: Final = 0.005
"""What a search may take."""
LONGEST: Final = 1_000
"""Characters of a pattern."""
_PROBE_SECONDS: Final = 0.05
_PROBE_CHARACTERS: Final = 300
_PROBES: Final = 4

Search = Callable[[str], bool]
"""Whether it is anywhere in a folded text's first characters. Raises TimeoutError."""


def compile_pattern(pattern: str, *, probe: bool = True) -> Search:
    """A search for ``pattern``, whatever case and letter forms it is written in.

    ``probe``: try it on short hostile texts; not where it was published before, as a busy machine
    must not refuse what is in force. Raises ValueError: not a pattern, or one that takes too long.
    """
    if not 0 < len(pattern) <= LONGEST:
        raise ValueError(f"a pattern has 1 to {LONGEST} characters")
    folded = "".join(map(_fold_literal, pattern))
    try:
        compiled = regex.compile(folded, regex.IGNORECASE)
    except (regex.error, RecursionError) as err:
        raise ValueError(f"not a pattern: {err}") from err
    if probe and any(_runs_on(compiled, text) for text in _hostile(folded)):
        raise ValueError("the pattern backtracks without bound: repeat nothing twice")
    return lambda text: compiled.search(text[:CAP], timeout=SECONDS) is not None


def _runs_on(compiled: regex.Pattern[str], text: str) -> bool:
    """Whether it runs out of time again and again: once may be a busy machine's fault."""
    for _ in range(_PROBES):
        try:
            compiled.search(text, timeout=_PROBE_SECONDS)
        except TimeoutError:
            continue
        return False
    return True


def _fold_literal(char: str) -> str:
    # Escapes are ASCII (\D is not \d), so only other letters and digits are folded.
    if char.isascii():
        return char
    return " " if char.isspace() else fold(char)


def _hostile(pattern: str) -> list[str]:
    letters = dict.fromkeys(char for char in pattern.lower() if char.isalnum())
    seeds = [*list(letters)[:8], " ", "0", "a", "".join(letters), "ab 1"]
    texts = [(seed * _PROBE_CHARACTERS)[:_PROBE_CHARACTERS] for seed in seeds if seed]
    return [text + end for text in texts for end in ("", "!")]
