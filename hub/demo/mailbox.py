"""The customers' mail program: what they write as a mail, and a mail from the hub as they see it."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from hub import clock
from hub.demo import wire
from hub.demo.messages import Message, Messages


def letter(message: Message, before: Message | None, files: tuple[wire.File, ...]) -> wire.Letter:
    """The mail, quoting what it answers as mail programs do."""
    text = message.text.rstrip() + "\n"
    if before is not None:
        when = datetime.fromtimestamp(before.at / 1000, UTC).strftime("%a, %d %b %Y at %H:%M")
        quoted = "".join(f"> {line}\n" for line in before.text.splitlines())
        text += f"\nOn {when}, {before.sender or before.ours} <{before.ours}> wrote:\n{quoted}"
    return wire.Letter(
        sender=message.customer,
        name=message.sender,
        to=message.ours,
        subject=message.subject,
        text=text,
        message_id=message.key,
        at=datetime.fromtimestamp(message.at / 1000, UTC),
        in_reply_to="" if before is None else before.key,
        references=tuple(message.refs),
        files=files,
    )


def _plain(found: EmailMessage) -> str:
    part = found.get_body(("plain", "html"))
    content: str = "" if part is None else part.get_content()
    return content.replace("\r\n", "\n").strip()


def _files(found: EmailMessage) -> list[wire.File]:
    return [
        wire.File(part.get_filename() or "file", part.get_content_type(), _bytes(part))
        for part in found.iter_attachments()
    ]


def _bytes(part: Any) -> bytes:
    content: bytes | None = part.get_payload(decode=True)
    return content or b""


def received(messages: Messages, recipients: list[str], body: bytes) -> list[Message]:
    """A mail of the hub's, once for each mailbox that it goes to."""
    found = message_from_bytes(body, policy=default)
    if not isinstance(found, EmailMessage):
        return []
    sender = found["From"].addresses[0] if found["From"] and found["From"].addresses else None
    files = [messages.put(file) for file in _files(found)]
    return [
        Message(
            id=0,
            channel="mail",
            customer=recipient.casefold(),
            direction="out",
            at=clock.now() // 1000,
            text=_plain(found),
            subject=str(found["Subject"] or ""),
            sender="" if sender is None else sender.display_name,
            ours="" if sender is None else sender.addr_spec,
            key=str(found["Message-ID"] or "").strip("<> "),
            refs=[one.strip("<>") for one in str(found["References"] or "").split()],
            files=files,
            state="delivered",
        )
        for recipient in recipients
    ]
