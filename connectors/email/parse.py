"""A raw mail -> ``Inbound``. Pure, never raises, linear in the size of the mail.

What cannot be read is left out and the rest is given; what breaks the reader itself becomes a stub
with the reason and whatever the header still says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC
from itertools import islice
from typing import Any

import msgspec

from connectors.contract import Auto, Inbound, Party, Uri
from connectors.email.addresses import MAX_ADDRESSES, UNKNOWN, Address, addresses, party, uri
from connectors.email.attribution import is_forward
from connectors.email.auto import auto_of, is_loop
from connectors.email.body import Body, as_html, part_content, read_body
from connectors.email.dates import parse_date
from connectors.email.dsn import Suspicion, read_bounce, suspicion
from connectors.email.forwarded import forwarded
from connectors.email.headers import message_ids, one_id, useful
from connectors.email.html import html_text
from connectors.email.key import mail_key
from connectors.email.mime import Part, split
from connectors.email.quotes import read_words
from connectors.email.trust import authenticated
from connectors.email.words import header_text
from connectors.fold import clean

__all__ = ["UNKNOWN", "as_json", "mail_key", "parse", "part_content"]

_NEAR = 8  # parts of one that are asked for a charset
SUBJECT_CAP = 998
"""Characters of a subject."""


def parse(
    raw: bytes,
    authserv_ids: frozenset[str] = frozenset(),
    loop_domains: frozenset[str] | None = None,
) -> Inbound:
    """Everything that the hub wants to know of a mail.

    ``authserv_ids``: lower-case names under which our own mail servers write
    Authentication-Results; only they can make ``authenticated`` true. ``loop_domains``: the
    domains that this hub sends from; a loop mark of another hub is no loop (None: any is). An
    attachment has no content but a ``ref`` for ``part_content(raw, ref)``. A mail without From is
    from its Sender or Return-Path, else from ``mailto:unknown@invalid``. Never raises.
    """
    try:
        return _read(split(raw), authserv_ids, loop_domains)
    except Exception as err:  # noqa: BLE001 - a mail that breaks us is kept and shown as a stub
        return _stub(raw, f"could not be parsed: {type(err).__name__}")


def _read(root: Part, authserv_ids: frozenset[str], loop_domains: frozenset[str] | None) -> Inbound:
    head = root.head
    hint = _hint(root)
    authors = _mailboxes(root, "from", hint) or _mailboxes(root, "sender", hint)
    named = authors or _mailboxes(root, "return-path", hint)
    sender = party(named[0]) if named else Party(UNKNOWN)
    to = tuple(map(party, _mailboxes(root, "to", hint)))
    cc = tuple(map(party, _mailboxes(root, "cc", hint)))
    subject = clean(header_text(head.get("subject", ""), hint), SUBJECT_CAP)
    in_reply_to = message_ids(head.get("in-reply-to", ""))
    references = message_ids(head.get("references", ""))
    sent_at = parse_date(head["date"]) if "date" in head else None
    message_id = one_id(head.get("message-id", ""))
    body = read_body(root, hint)
    forward = is_forward(subject)
    full_text, text, html, begins = _texts(body, forward)
    bounce = None
    suspected = suspicion(root, sender.uri, sender.name, subject)
    if suspected is not Suspicion.NONE:
        own = [one.uri for one in (*to, *cc)]
        answers = (*in_reply_to, *reversed(references))
        bounce = read_bounce(root, suspected, sender.uri, own, answers)
    if is_loop(head, loop_domains):
        auto = Auto.LOOP
    elif bounce is not None:
        auto = Auto.REPLY
    else:
        auto = auto_of(head, sender.uri, sender.name, subject, root.type)
    return Inbound(
        provider_id=mail_key(root, message_id, authors, sent_at),
        sender=sender.uri,
        sender_name=sender.name,
        to=to,
        cc=cc,
        reply_to=tuple(map(party, _mailboxes(root, "reply-to", hint))),
        subject=subject,
        text=text,
        full_text=full_text,
        html=html,
        attachments=tuple(body.attachments),
        message_id=message_id,
        in_reply_to=in_reply_to,
        references=references,
        sent_at=sent_at,
        auto=auto,
        return_path=_return_path(head),
        bounce=bounce,
        forwarded=None
        if bounce is not None
        else forwarded(root, full_text, begins, forward=forward, sent_at=sent_at),
        authenticated=bool(authserv_ids) and _authenticated(root, authors, authserv_ids),
        headers=useful(head),
    )


def _return_path(head: Mapping[str, str]) -> Uri:
    """Where the envelope came from, as the last server wrote it; empty for ``<>`` and for none."""
    found = addresses(head.get("return-path", ""))
    return uri(found[0].address) if found and "@" in found[0].address else Uri("")


def _hint(root: Part) -> str:
    """The charset of the mail's text, for headers in raw bytes."""
    if "charset" in root.params:
        return root.params["charset"]
    return next((hint for part in root.children[:_NEAR] if (hint := _hint(part))), "")


def _mailboxes(root: Part, name: str, hint: str) -> list[Address]:
    """The mailboxes of a header, of all of them where a mailer wrote it more than once."""
    if name not in root.head:
        return []
    if name not in root.repeated:
        found = addresses(root.head[name], hint)
        return found if len(found) < 2 else _surnames_joined(found, hint)
    values = [value for key, value in root.pairs if key.lower() == name]
    if name == "from":
        return next((found for value in values if (found := addresses(value, hint))), [])
    return list(islice((one for value in values for one in addresses(value, hint)), MAX_ADDRESSES))


def _surnames_joined(found: list[Address], hint: str) -> list[Address]:
    """``Müller, Eva <a@b>`` without its quotes is one person, not a word and a mailbox."""
    joined: list[Address] = []
    for one in found:
        if joined and one.name and "@" in one.address and "@" not in joined[-1].address:
            surname = clean(header_text(joined.pop().address, hint), SUBJECT_CAP)
            joined.append(Address(one.address, f"{surname}, {one.name}"))
        else:
            joined.append(one)
    return joined


def _texts(body: Body, forward: bool) -> tuple[str, str, str, int | None]:
    """(all of the text, the new words of it, the HTML, the line at which a forwarded mail begins)."""
    blocks = [block for block in body.blocks if block.plain is not None or block.html is not None]
    full: list[str] = []
    new: list[str] = []
    begins: int | None = None
    for block in blocks:
        cut = None
        text = block.plain if block.plain is not None else ""
        if block.html is not None and not _says_something(text, block.html):
            shown, cut = html_text(block.html)
            text = shown or text
        if text.strip():
            text = text.strip("\n").rstrip()
            words = read_words(text, forward=forward, cut=cut)
            if begins is None and words.forward is not None:
                begins = words.forward + sum(one.count("\n") + 2 for one in full)
            full.append(text)
            new.append(words.new)
    html = ""
    if any(block.html for block in blocks):
        html = "\n".join(as_html(block) for block in blocks)
    if len(full) == 1:
        return full[0], new[0], html, begins
    return "\n\n".join(full), "\n\n".join(new), html, begins


_PLACEHOLDERS = (
    "html", "this is a multi-part", "your e-mail client", "your email client", "view this email",
    "your mail client", "this message contains html",
)  # fmt: skip


def _says_something(plain: str, html: str) -> bool:
    """Whether the plain text stands for the HTML beside it."""
    bare = plain.strip()
    if not bare:
        return False
    if len(bare) > 200:
        return True
    lowered = bare.lower()
    if len(html) < 500:
        return not ("html compatible email viewer" in lowered or lowered == "null")
    return not ("html" in lowered and any(word in lowered for word in _PLACEHOLDERS))


def _authenticated(root: Part, authors: list[Address], authserv_ids: frozenset[str]) -> bool:
    if "from" not in root.head or "from" in root.repeated:
        return False
    domains = frozenset(party(one).uri.rpartition("@")[2] for one in authors)
    results = (value for key, value in root.pairs if key.lower() == "authentication-results")
    return authenticated(results, authserv_ids, domains)


def _stub(raw: bytes, reason: str) -> Inbound:
    """What a mail that cannot be read shows: its header as far as it goes."""
    subject, sender = "", Party(UNKNOWN)
    try:
        root = split(raw[:65_536].partition(b"\n\n")[0])
        subject = clean(header_text(root.head.get("subject", "")), SUBJECT_CAP)
        authors = addresses(root.head.get("from", ""))
        sender = party(authors[0]) if authors else sender
    except Exception:  # noqa: BLE001, S110 - the stub stands without it
        pass
    return Inbound(
        provider_id=hashlib.sha256(raw).hexdigest(), sender=sender.uri, sender_name=sender.name,
        subject=subject, stub=reason,
    )  # fmt: skip


def as_json(inbound: Inbound) -> dict[str, Any]:
    """``inbound`` for ``hub inspect email``: the contract's own names; never file contents."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(inbound))
    for attachment in found["attachments"]:
        attachment.pop("content")
    if inbound.sent_at is not None:
        found["sent_at"] = inbound.sent_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return found
