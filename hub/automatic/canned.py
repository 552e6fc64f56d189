"""Canned replies: a template as a person goes on with it; and who needs a template to be there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from hub.automatic import templates
from hub.automatic.templates import Rendered, Template
from hub.automatic.wording import Wording
from hub.compose import Refused
from hub.rules import rows as rule_rows
from storage import automatic, channels, queues, rules

if TYPE_CHECKING:
    from hub.automatic import Setting
    from hub.channel import Channel
    from storage.db import Row, Tx


@dataclass(frozen=True, slots=True)
class Canned:
    """A template filled in for one conversation."""

    words: Rendered
    missing: list[str]
    """Variables without a value: they stand in the words, and the send waits for the writer."""
    languages: list[str]


def canned(
    tx: Tx,
    template: Template,
    setting: Setting,
    conversation: Row,
    channel: Channel,
    *,
    writer: str,
    language: str = "",
    now: int,
) -> Canned:
    """The template in ``language``, else in the one that the customer reads."""
    wording = Wording(
        tx,
        setting.desk,
        conversation,
        channel.title,
        conversation["identity"],
        setting.name,
        now,
        writer=writer,
    )
    last = automatic.newest_inbound(tx, conversation["id"])
    if language not in template.texts:
        language = templates.choose(
            template,
            known=wording.language,
            words="" if last is None else f"{last['subject']} {last['text']}",
            ours=setting.language,
        )
    words, missing = templates.fill(template, language, wording.value, channel.capabilities)
    return Canned(words, missing, list(template.texts))


def check_filled(*, text: str, html: str = "", subject: str = "") -> None:
    """Nothing is sent with a variable in it that somebody still has to fill in. Raises Refused."""
    for field, words in (("subject", subject), ("text", text), ("html", html)):
        if names := templates.unfilled(words):
            braces = ", ".join(f"{{{{ {name} }}}}" for name in names)
            raise Refused(field, f"{braces} would be sent as it stands: write the words there")


def users(tx: Tx, name: str) -> list[str]:
    """What names this template and would be lost without it: ``queue general``, ``rule ack`` .."""
    found = [
        f"queue {row['name']}"
        for row in queues.listed(tx)
        if name in _named(row["options"], ("closed_template", "acknowledge"))
    ]
    found += [
        f"channel {row['name']}"
        for row in channels.listed(tx)
        if name in _named(row["options"], ("acknowledge",))
    ]
    published = rules.current(tx)
    if published is not None:
        found += [
            f"rule {row['id']}"
            for row in rule_rows.rows_of(published["body"])
            if row["then"].get("reply_template") == name
        ]
    return found


def _named(options: str, fields: tuple[str, ...]) -> list[str]:
    kept: dict[str, Any] = msgspec.json.decode(options)
    return [kept[field] for field in fields if field in kept]
