"""Templates as a file declares them, and who may name them."""

from __future__ import annotations

import pytest

from hub import declare, declared, desk, files
from hub.declared import DeclarationInvalid
from hub.keys import Keys
from storage.db import Database

FILE = """
queues:
  - {name: general, closed_template: night}
templates:
  - name: ack
    texts:
      en: {subject: "Received", text: "Thank you {{ contact.name }}", html: "<b>Thanks</b>"}
      fa: {text: "سپاس"}
  - {name: night, texts: {en: {text: "Closed"}}}
rules:
  - {id: rest, when: {}, then: {queue: general, reply_template: ack}}
"""


class Office:
    def __init__(self, db: Database) -> None:
        self.db = db

    def order(self, text: str, *, prune: bool = False) -> declare.Order:
        known = declared.read(files.load(text))
        return declare.Order(declared=known, keys=Keys(["k" * 40], b"r" * 32), prune=prune, now=1)

    async def apply(self, text: str, *, prune: bool = False) -> list[str]:
        return await self.db.write(declare.apply, self.order(text, prune=prune))

    async def errors(self, text: str, *, prune: bool = False) -> list[str]:
        with pytest.raises(DeclarationInvalid) as caught:
            await self.apply(text, prune=prune)
        return [str(error) for error in caught.value.errors]


@pytest.fixture
def office(db: Database) -> Office:
    return Office(db)


async def test_a_file_is_applied_exported_and_applied(office: Office) -> None:
    lines = await office.apply(FILE)
    assert {"add template ack", "add template night"} <= set(lines)
    assert await office.apply(FILE) == []
    exported = await office.db.read(declare.export)
    assert await office.apply(exported) == []
    assert await office.apply(exported, prune=True) == []
    document = files.load(exported).value
    assert document["templates"] == files.load(FILE).value["templates"]
    assert document["queues"][0]["closed_template"] == "night"


async def test_only_the_text_that_differs_is_changed(office: Office) -> None:
    await office.apply(FILE)
    assert await office.apply(FILE.replace("سپاس", "سپاسگزاریم")) == ["change template ack (texts)"]


async def test_the_desk_has_the_declared_ones_over_the_shipped(office: Office) -> None:
    own = "  - {name: callback, texts: {en: {text: We will ring}}}\n"
    await office.apply(FILE.replace("rules:", own + "rules:"))
    found = await office.db.read(desk.load)
    assert found.templates["callback"].texts["en"].text == "We will ring"
    assert set(found.templates) >= {"ack", "night", "message", "closed-hours"}


async def test_an_unknown_variable_is_refused_where_it_stands(office: Office) -> None:
    (error,) = await office.errors(FILE.replace("contact.name", "contact.nam"))
    assert error.startswith("templates[0].texts.en.text: there is no variable contact.nam;")


async def test_a_rule_and_a_queue_may_only_name_what_is_there(office: Office) -> None:
    errors = await office.errors(FILE.replace("reply_template: ack", "reply_template: nowhere"))
    assert len(errors) == 1
    assert "nowhere" in errors[0]
    errors = await office.errors(FILE.replace("closed_template: night", "closed_template: nacht"))
    assert errors == ["queues[0].closed_template: there is no template nacht"]


async def test_what_is_still_named_cannot_be_pruned(office: Office) -> None:
    await office.apply(FILE)
    without = FILE.replace('  - {name: night, texts: {en: {text: "Closed"}}}\n', "")
    assert await office.errors(without, prune=True) == [
        "queues[0].closed_template: there is no template night"
    ]
    ack = FILE[FILE.index("  - name: ack") : FILE.index("  - {name: night")]
    assert any("ack" in error for error in await office.errors(FILE.replace(ack, ""), prune=True))
    unused = without.replace("{name: general, closed_template: night}", "{name: general}")
    assert "remove template night" in await office.apply(unused, prune=True)


def test_the_schema_describes_them() -> None:
    schema = declared.schema()
    assert "TemplateSpec" in schema["$defs"]
    assert schema["$defs"]["Text"]["required"] == ["text"]
