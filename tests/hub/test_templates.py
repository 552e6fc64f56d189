"""Templates: variables of a catalogue, one language of several, values that can do no harm."""

from __future__ import annotations

import pytest

from connectors.contract import Capabilities
from hub.automatic import templates
from hub.automatic.shipped import SHIPPED
from hub.automatic.templates import Empty, Template, Text

MAIL = Capabilities(subject=True, html=True)


def _values(**known: str) -> templates.Values:
    return lambda name, _language: known.get(name.replace(".", "_"), "")


def _template(**texts: str) -> Template:
    return Template("t", {language: Text(text) for language, text in texts.items()})


def test_variables_are_replaced() -> None:
    given = Template(
        "t",
        {
            "en": Text(
                "Hi {{contact.name}}, {{ conversation.code }}.",
                subject="Re {{ conversation.subject }}",
                html="<b>{{ contact.name }}</b>",
            )
        },
    )
    values = _values(
        contact_name="Ann <b>& Co</b>", conversation_code="123", conversation_subject="a\r\nBcc: x"
    )
    found = templates.render(given, "en", values, MAIL)
    assert found.text == "Hi Ann <b>& Co</b>, 123."
    assert found.subject == "Re a Bcc: x"  # one line
    assert found.html == "<b>Ann &lt;b&gt;&amp; Co&lt;/b&gt;</b>"


def test_what_the_channel_cannot_carry_asks_for_no_value() -> None:
    given = Template("t", {"en": Text("a", subject="{{ x.y }}", html="{{ x.y }}")})
    found = templates.render(given, "en", _values(), Capabilities())
    assert (found.text, found.subject, found.html) == ("a", "", "")
    with pytest.raises(Empty):
        templates.render(given, "en", _values(), Capabilities(html=True))


def test_a_value_is_not_read_as_a_template() -> None:
    found = templates.render(
        _template(en="Hi {{ contact.name }}"), "en", _values(contact_name="{{ hub.name }}"), MAIL
    )
    assert found.text == "Hi {{ hub.name }}"


@pytest.mark.parametrize("value", ["", "  \n "])
def test_an_empty_variable_stops_it(value: str) -> None:
    with pytest.raises(Empty, match=r"^contact\.name$"):
        templates.render(
            _template(en="Hi {{ contact.name }}"), "en", _values(contact_name=value), MAIL
        )


@pytest.mark.parametrize(
    ("texts", "field", "reason"),
    [
        ({}, "", "at least one language"),
        ({"english": Text("x")}, "english", "is not a language"),
        ({"en": Text(" ")}, "en.text", "is empty"),
        ({"en": Text("{{ contact.nme }}")}, "en.text", "there is no variable contact.nme"),
        ({"en": Text("{{ claims. }}")}, "en.text", "there is no variable claims."),
        ({"en": Text("{{ contact.attributes }}")}, "en.text", "there is no variable"),
        ({"en": Text("a", subject="{{ x }}")}, "en.subject", "there is no variable x"),
        ({"en": Text("a", html="{{ x }}")}, "en.html", "there is no variable x"),
        ({"en": Text("{% if x %}{{ contact.name | upper }}")}, "en.text", "braces"),
        ({"en": Text("{{ contact.name }")}, "en.text", "braces"),
        ({"en": Text("a" * 10_001)}, "en.text", "at most 10000 characters"),
    ],
)
def test_what_cannot_be_saved(texts: dict[str, Text], field: str, reason: str) -> None:
    (error,) = templates.check(texts)
    assert error.field == field
    assert reason in error.reason


def test_names_that_people_made_up_stand_behind_a_prefix() -> None:
    text = "{{ claims.order }} {{ contact.attributes.tier }} {{ organization.attributes.plan }}"
    assert list(templates.check({"en": Text(text)})) == []
    assert not templates.is_known("claims.*")


def test_what_the_hub_ships_can_be_saved() -> None:
    for template in SHIPPED.values():
        assert list(templates.check(template.texts)) == []
        assert {"en", "fa"} <= set(template.texts)


@pytest.mark.parametrize("name", templates.VARIABLES)
def test_every_variable_has_words_in_both_languages(name: str) -> None:
    assert set(templates.VARIABLES[name]) == {"en", "fa"}


# ---------------------------------------------------------------- language


@pytest.mark.parametrize(
    ("known", "words", "ours", "chosen"),
    [
        ("fa", "Hello there", "en", "fa"),  # the contact's own word
        ("fa-IR", "Hello there", "en", "fa"),
        ("de", "سلام، خوبید؟", "en", "fa"),  # not one of ours: the script
        ("", "سلام، گفت‌وگو کنیم", "en", "fa"),
        ("", "مرحبا، كيف الحال؟", "fa", "ar"),
        ("", "Привет", "fa", "ru"),
        ("", "Hello", "fa", "en"),  # Latin letters are no Persian
        ("", "Bonjour", "en", "en"),
        ("", "12345 👍", "fa", "fa"),  # no letters: the hub's
        ("", "", "en", "en"),
    ],
)
def test_the_language_is_theirs_then_their_scripts_then_ours(
    known: str, words: str, ours: str, chosen: str
) -> None:
    template = _template(en="e", fa="f", ar="a", ru="r")
    assert templates.choose(template, known=known, words=words, ours=ours) == chosen


def test_a_template_without_a_language_for_it_takes_what_there_is() -> None:
    assert templates.choose(_template(fa="f"), known="", words="Hello", ours="en") == "fa"
    assert templates.choose(_template(de="d", en="e"), known="", words="Привет", ours="fa") == "en"


def test_a_dialect_is_kept() -> None:
    template = Template("t", {"en-GB": Text("g"), "fa": Text("f")})
    assert templates.choose(template, known="en-GB", words="", ours="fa") == "en-GB"
    assert templates.choose(template, known="en", words="", ours="fa") == "en-GB"
