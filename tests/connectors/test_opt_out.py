"""Opt-out words: the whole message and nothing but it, in any spelling, and settings of a channel."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from connectors import opt_out
from connectors.contract import Auto, Bounce, ConfigInvalid, Inbound, Uri
from connectors.email.consent import with_consent
from connectors.email.settings import Settings as MailSettings
from connectors.webchat.settings import Settings as ChatSettings

WORDS = opt_out.Words(opt_out.STOP, opt_out.START, ("help",))
MAIL = Inbound(sender=Uri("mailto:ann@customer.example"))


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("STOP", "stop"),
        (" «Stop!» ", "stop"),
        ("Opt-Out.", "stop"),
        ("ﻟﻐﻮ اشتراك", "stop"),  # Arabic letter forms
        ("لغو عضویت", "stop"),
        ("start", "start"),
        ("HELP?", "help"),
        ("please stop the machine", ""),
        ("Stop " * 20, ""),
        ("", ""),
    ],
)
def test_only_a_whole_message_is_a_word(text: str, meaning: str) -> None:
    assert WORDS.meaning(text) == meaning


def test_the_graver_meaning_of_a_word_in_two_lists_holds() -> None:
    assert opt_out.Words(("end",), ("end",)).meaning("end") == "stop"


@pytest.mark.parametrize(
    ("mail", "meaning"),
    [
        ({"text": "Unsubscribe"}, "stop"),
        ({"subject": "unsubscribe"}, "stop"),  # what a client sends for List-Unsubscribe
        ({"text": "start", "subject": "unsubscribe"}, "start"),
        ({"text": "I cannot unsubscribe", "subject": "unsubscribe"}, ""),
        ({"text": "stop", "auto": Auto.BULK}, ""),
        ({"text": "stop", "auto": Auto.LOOP}, ""),
        ({"text": "stop", "bounce": Bounce(())}, ""),
        ({"text": "stop", "stub": "too large"}, ""),
    ],
)
def test_a_mail_says_it_in_its_words_or_its_subject_alone(
    mail: dict[str, object], meaning: str
) -> None:
    assert with_consent(replace(MAIL, **mail), WORDS).consent == meaning  # type: ignore[arg-type]


def test_the_words_are_settings_of_the_channel() -> None:
    assert ChatSettings(stop_words=("genug",)).stop_words == ("genug",)
    for field in ("stop_words", "start_words"):
        with pytest.raises(ConfigInvalid, match=rf"{field}\[0\]"):
            ChatSettings(**{field: (" ",)})  # type: ignore[arg-type]
        with pytest.raises(ConfigInvalid, match=rf"{field}\[0\]"):
            MailSettings(address="a@b.example", **{field: ("x" * 41,)})  # type: ignore[arg-type]
