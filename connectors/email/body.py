"""From the tree of parts to what a reader sees: the text, the HTML and the attachments.

Of a multipart/alternative the plain text and the last HTML are one body in two forms; the bodies
of other multiparts follow each other. Whatever is not shown as text stays an attachment, so that
nothing of a mail is lost: calendars, signatures, forwarded mails (``.eml``), parts of odd types.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape

from connectors.contract import Attachment
from connectors.email.charset import decode
from connectors.email.embedded import Embedded, embedded
from connectors.email.flowed import unenrich, unflow
from connectors.email.mime import Part, Undivided, leaves, split
from connectors.email.params import content_type, parameters
from connectors.email.words import header_text
from connectors.file_name import file_name
from connectors.fold import clean

NAME_CAP = 255
_EXTENSIONS = {
    "text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "text/csv": ".csv",
    "text/vcard": ".vcf", "text/x-vcard": ".vcf", "image/jpeg": ".jpg", "image/jpg": ".jpg",
    "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "image/heic": ".heic",
    "image/tiff": ".tif", "image/bmp": ".bmp", "image/svg+xml": ".svg", "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg", "audio/wav": ".wav", "audio/amr": ".amr", "video/mp4": ".mp4",
    "video/3gpp": ".3gp", "video/quicktime": ".mov", "application/pdf": ".pdf",
    "application/zip": ".zip", "application/json": ".json", "application/xml": ".xml",
    "application/rtf": ".rtf", "application/msword": ".doc", "application/ms-tnef": ".dat",
    "application/pgp-signature": ".asc", "application/pgp-encrypted": ".asc",
    "application/pkcs7-signature": ".p7s", "application/x-pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m", "application/x-pkcs7-mime": ".p7m",
    "message/rfc822": ".eml", "message/global": ".eml", "message/partial": ".eml",
    "message/delivery-status": ".txt", "message/disposition-notification": ".txt",
    "message/feedback-report": ".txt", "text/rfc822-headers": ".txt",
    "message/rfc822-headers": ".txt",
}  # fmt: skip
_KNOWN_NAMES = {
    "application/ms-tnef": "winmail.dat", "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s", "application/pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-mime": "smime.p7m", "application/pgp-signature": "signature.asc",
    "text/calendar": "invite.ics",
}  # fmt: skip
_META = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?([A-Za-z0-9_:.-]{2,40})")
_MAILS = ("message/rfc822", "message/global")


@dataclass(slots=True)
class Block:
    """One body of a mail in one or two forms."""

    plain: str | None = None
    html: str | None = None


@dataclass(slots=True)
class Body:
    """All that a mail shows."""

    blocks: list[Block] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    hint: str = ""


def read_body(root: Part, hint: str = "") -> Body:
    """Text blocks in order, and attachments. ``hint``: a charset for file names in raw bytes."""
    body = Body(hint=hint)
    _collect(root, body, inside="")
    return body


def _collect(part: Part, body: Body, inside: str) -> None:
    if not part.children:
        _leaf(part, body, inside)
    elif part.type == "multipart/alternative":
        _alternative(part, body)
    else:
        for child in part.children:
            _collect(child, body, part.type)


def _alternative(part: Part, body: Body) -> None:
    """The same in several forms: the first plain text, the last HTML."""
    block = Block()
    for child in part.children:
        form = Body(hint=body.hint)
        _collect(child, form, part.type)
        body.attachments += form.attachments
        plain = [one.plain for one in form.blocks if one.plain is not None]
        if plain and (block.plain is None or not block.plain.strip()):
            block.plain = "\n".join(plain)
        html = [one for one in form.blocks if one.html is not None]
        if any(one.html and one.html.strip() for one in html):
            block.html = "\n".join(map(as_html, html if len(plain) == len(html) else form.blocks))
    if block.plain is not None or block.html is not None:
        body.blocks.append(block)


def _leaf(part: Part, body: Body, inside: str) -> None:
    disposition, name = _disposition(part, body.hint)
    if part.undivided is Undivided.EMPTY:  # a multipart that has no parts: show what is there
        if (text := _text(part)).strip():
            body.blocks.append(Block(plain=text))
        return
    if not _is_body(part, disposition, name, inside, first=not body.blocks):
        body.attachments.append(_attachment(part, disposition, name, inside))
        return
    text = _text(part)
    if part.type == "text/html":
        body.blocks.append(Block(html=text))
        return
    text, files = embedded(text)
    if part.type == "text/enriched":
        text = unenrich(text)
    elif "flowed" in part.params.get("format", "").lower():
        text = unflow(text, part.params.get("delsp", "").lower() == "yes")
    body.blocks.append(Block(plain=text))
    body.attachments += (_embedded_attachment(part, i, one) for i, one in enumerate(files, 1))


_TEXTS = frozenset({
    "text/plain", "text/html", "text/enriched",
    "text/markdown", "text/x-markdown", "text/x-plain", "text/x-web-markdown",
})  # fmt: skip
"""What is text to read; of kinds that we do not know, as it is (RFC 2046 section 4.1.4)."""


def _is_body(part: Part, disposition: str, name: str, inside: str, *, first: bool) -> bool:
    """Whether a leaf is text to read."""
    if part.type not in _TEXTS or disposition == "attachment":
        return False
    if not name:
        return True
    return inside in ("", "multipart/alternative") or (first and disposition != "inline")


def _disposition(part: Part, hint: str) -> tuple[str, str]:
    """(disposition, file name as decoded)."""
    value = part.head.get("content-disposition")
    kind, params = parameters(value, hint) if value else ("", {})
    if name := params.get("filename") or params.get("name"):
        return kind, name
    declared = part.params
    if hint and "name" in declared and not declared["name"].isascii():
        declared = content_type(part.head.get("content-type", ""), hint)[1]
    return kind, declared.get("name") or declared.get("filename", "")


def _text(part: Part) -> str:
    content = part.content()
    label = part.params.get("charset", "")
    if not label and part.type == "text/html" and (found := _META.search(content, 0, 2048)):
        label = found[1].decode("ascii")
    text = clean(decode(content, label))
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _attachment(part: Part, disposition: str, name: str, inside: str) -> Attachment:
    type_ = part.type
    content_id = part.head.get("content-id", "").strip().strip("<>").strip()
    inline = disposition != "attachment" and bool(
        disposition == "inline" or (content_id and inside == "multipart/related")
    )
    return Attachment(
        name=clean(file_name(name) or _made_up_name(part), NAME_CAP),
        type=clean(type_, NAME_CAP),
        size=_size(part),
        ref=part.path,
        content_id=clean(header_text(content_id), NAME_CAP),
        inline=inline and type_ not in _MAILS,
    )


def _made_up_name(part: Part) -> str:
    """A name for a part that has none."""
    if part.type in _MAILS:
        inner = split(part.content())
        subject = header_text(inner.head.get("subject", ""))
        return file_name(subject.replace("/", "-").replace("\\", "-")[:200] or "message") + ".eml"
    if known := _KNOWN_NAMES.get(part.type):
        return known
    location = part.head.get("content-location", "").strip()
    if location and (name := file_name(header_text(location).partition("?")[0])):
        return name
    return f"attachment-{part.path}{_EXTENSIONS.get(part.type, '')}"


def _size(part: Part) -> int:
    """Bytes of the content, counted without decoding what is regular base64."""
    if part.encoding != "base64":
        return len(part.content())
    if part.end - part.start > 1 << 16:
        body = part.body()
        letters = len(body) - sum(body.count(char) for char in (b"\n", b"\r", b" ", b"\t"))
        pads = body[-8:].count(b"=")
        if letters % 4 == 0 and body.count(b"=") == pads:
            return letters // 4 * 3 - pads
    return len(part.content())


def _embedded_attachment(part: Part, number: int, one: Embedded) -> Attachment:
    return Attachment(
        name=clean(file_name(one.name) or f"attachment-{number}", NAME_CAP),
        type="application/octet-stream",
        size=len(one.content),
        ref=f"{part.path}#{number}",
    )


def part_content(raw: bytes, ref: str) -> bytes:
    """The bytes of the attachment that ``parse`` named by ``ref``. Raises KeyError if there is none."""
    path, _, number = ref.partition("#")
    root = split(raw)
    part = next((one for one in leaves(root) if one.path == path), None)
    if part is None:
        raise KeyError(ref)
    if not number:
        return part.content()
    files = embedded(_text(part))[1]
    if not number.isdecimal() or not 1 <= int(number) <= len(files):
        raise KeyError(ref)
    return files[int(number) - 1].content


def as_html(block: Block) -> str:
    """A block as HTML, for a mail whose other blocks are HTML."""
    return block.html if block.html is not None else f"<pre>{escape(block.plain or '')}</pre>"
