"""The marks that programs put in front of a subject: an answer's, a forward's, in many languages."""

from __future__ import annotations

import re

_ANSWERS = (
    "re", "aw", "antw", "antwort", "sv", "vs", "odp", "ref", "rif", "res", "réf", "ynt", "cevap",
    "vá", "на", "отв", "atb", "απ", "σχετ", "תשובה", "השב", "رد", "پاسخ", "پاسخ به", "جواب", "در پاسخ",
    "回复", "回覆", "答复", "답장", "回信", "trả lời", "bls",
)  # fmt: skip
_UNSEEN = r"[\s\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]*"
"""Blanks and the marks of direction that right-to-left programs put around theirs."""
_MARK = re.compile(
    rf"{_UNSEEN}(?:{'|'.join(map(re.escape, sorted(_ANSWERS, key=len, reverse=True)))})"
    rf"{_UNSEEN}(?:\[\d{{1,3}}\]|\(\d{{1,3}}\))?{_UNSEEN}[:：]{_UNSEEN}",
    re.IGNORECASE,
)
_LONGEST = 40  # characters of a mark


def is_answer(subject: str) -> bool:
    """Whether a subject says that it answers: ``Re:``, ``AW:``, ``پاسخ:``, ``RE[2]:``."""
    return bool(_MARK.match(subject[:_LONGEST]))


def bare(subject: str) -> str:
    """The subject without the marks of answers before it."""
    while found := _MARK.match(subject[:_LONGEST]):
        subject = subject[found.end() :]
    return subject.strip()


def answering(subject: str) -> str:
    """The subject of an answer: with one mark of an answer in front."""
    return subject if is_answer(subject) else f"Re: {subject}"
