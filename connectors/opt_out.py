"""Opt-out, opt-in and help words: the whole message, folded, is one of a channel's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from connectors.contract import ConfigInvalid, ConsentWord
from connectors.fold import fold

LONGEST: Final = 40
"""Characters of a message that may be a word."""
STOP: Final = (
    *("stop", "stop all", "unsubscribe", "unsubscribe me", "opt out", "opt-out", "optout"),
    *("remove me", "please remove me", "stop messages", "no more messages"),
    *("لغو", "لغو اشتراک", "لغو عضویت", "انصراف", "دیگر پیام نفرستید"),
    *("إلغاء", "إلغاء الاشتراك", "توقف", "إيقاف"),
    *("abmelden", "abbestellen", "désabonner", "désinscription", "darse de baja", "cancelar"),
    *("annulla iscrizione", "iptal", "отписаться", "стоп", "退订"),
)
"""For channels without words that a provider lays down."""
START: Final = ("start", "subscribe", "opt in", "opt-in", "شروع", "اشتراک", "بدء", "старт")
_PUNCTUATION: Final = " .,!?;:'\"()[]<>*-_/\\«»“”‘’؟،؛。！"


def bare(text: str) -> str:
    """As words are compared: folded, without what stands around them."""
    return fold(text).strip(_PUNCTUATION)


class Words:
    """The words of one channel."""

    def __init__(
        self, stop: Iterable[str] = (), start: Iterable[str] = (), help: Iterable[str] = ()
    ) -> None:
        self._words: dict[str, ConsentWord] = {}
        lists: tuple[tuple[ConsentWord, Iterable[str]], ...] = (
            ("help", help),
            ("start", start),
            ("stop", stop),  # last: the graver meaning of a word in two lists
        )
        for consent, words in lists:
            self._words |= {bare(word): consent for word in words}

    def meaning(self, text: str) -> ConsentWord:
        """What a whole message means; mostly nothing."""
        if not text or len(text) > LONGEST:
            return ""
        return self._words.get(bare(text), "")


def check(field: str, words: Iterable[str]) -> None:
    """Raises ConfigInvalid (``field: reason``) for what can be no word."""
    for index, word in enumerate(words):
        if not 0 < len(word.strip()) <= LONGEST:
            raise ConfigInvalid(f"{field}[{index}]: has 1 to {LONGEST} characters")
