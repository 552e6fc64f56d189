"""``Outbound`` -> the bytes of a mail, ready for SMTP.

The MIME tree and encodings are the stdlib's. Headers with addresses and ids are folded here, since
its folding (3.11) encodes long Message-IDs, drops the quotes of long names and loses blanks between
encoded words. Everything is 7-bit with CRLF and no line beyond 998, unless an address itself needs
SMTPUTF8 (see ``needs_utf8``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from connectors import address
from connectors.contract import Outbound, OutFile, Party
from connectors.email.direction import html_of, with_directions
from connectors.email.html import html_text
from connectors.fold import clean

MAX_REFERENCES = 20
"""Ids of References: the first and the newest."""
SUBJECT_CAP = 500
NAME_CAP = 120
_ID_MAX = 900
_LINE = 76
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_GOOD_ID = re.compile(r"[!-;=?-~]{3,900}")
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,99}/[a-z0-9][a-z0-9!#$&^_.+-]{0,99}")
_OPAQUE = "application/octet-stream"


class _Policy(EmailPolicy):
    """SMTP's policy that takes headers as they are folded here, and nothing with a bare line end."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        if not isinstance(value, str) or name.lower() in ("content-type", "mime-version"):
            return super().header_store_parse(name, value)
        if re.search(r"[\r\n](?![\n ])|[\r\n]$", value.replace("\r\n ", " ")):
            raise ValueError("a header with a line end in it")
        return name, value


_POLICY = _Policy(**{**SMTP.__dict__, "refold_source": "none", "cte_type": "7bit", "utf8": False})
_UTF8_POLICY = _POLICY.clone(utf8=True)


def compose(part: Outbound, *, from_: Party, domain: str, now: datetime) -> bytes:
    """The mail of one part.

    ``from_``: the channel's address with the name to show (``part.sender_name`` goes before it);
    ``domain``: the channel's own, for the loop mark; ``now``: aware. ``part.message_id`` is taken
    as it is. Raises ValueError for an address, id or type that cannot stand in a mail.
    """
    utf8 = needs_utf8(part, from_)
    mail = EmailMessage(policy=_UTF8_POLICY if utf8 else _POLICY)
    mail["Date"] = format_datetime(now)
    mail["From"] = _mailboxes("From", [Party(from_.uri, part.sender_name or from_.name)])
    if part.to:
        mail["To"] = _mailboxes("To", part.to)
    if part.cc:
        mail["Cc"] = _mailboxes("Cc", part.cc)
    if part.reply_to:
        reply_to = address.mail(part.reply_to.removeprefix("mailto:"))
        mail["Reply-To"] = _mailboxes("Reply-To", [Party(reply_to, part.sender_name or from_.name)])
    mail["Subject"] = _unstructured("Subject", _one_line(part.subject, SUBJECT_CAP))
    mail["Message-ID"] = _ids(
        [part.message_id or f"delivery-{part.delivery_id}@{domain}"], strict=True
    )
    if parent := _ids([part.in_reply_to]):
        mail["In-Reply-To"] = parent
    if references := _references(part):
        mail["References"] = references
    if part.unsubscribe:
        mail["List-Unsubscribe"] = _unsubscribe(part.unsubscribe, from_)
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if part.auto:
        mail["Auto-Submitted"] = "auto-replied"
        mail["X-Auto-Response-Suppress"] = "All"
    mail["X-Hub-Loop"] = _one_line(domain, NAME_CAP)
    _bodies(mail, part)
    for file in part.files:
        _attach(mail, file)
    return mail.as_bytes()


def _unsubscribe(url: str, from_: Party) -> str:
    """RFC 2369: the link first, then a mail to us that says it."""
    if not url.isascii() or re.search(r"[\s<>]", url):
        raise ValueError("List-Unsubscribe: not a URL")
    to = quote(address.value(from_.uri), safe="@")
    return f"<{url}>,\r\n <mailto:{to}?subject=unsubscribe>"


def needs_utf8(part: Outbound, from_: Party) -> bool:
    """Whether the server must know SMTPUTF8: an address has letters beyond ASCII before its ``@``."""
    everyone = (from_, *part.to, *part.cc)
    return not (all(party.uri.isascii() for party in everyone) and part.reply_to.isascii())


def _bodies(mail: EmailMessage, part: Outbound) -> None:
    text = _lines(part.text)
    if not text.strip() and part.html:
        text = html_text(part.html).text
    html = with_directions(_lines(part.html)) if part.html else html_of(text)
    mail.set_content(text.rstrip("\n") + "\n", charset="utf-8", cte=_cte(text))
    mail.add_alternative(html, subtype="html", charset="utf-8", cte=_cte(html))


def _cte(text: str) -> str:
    """7bit where that is honest, else the shorter of the two."""
    if text.isascii() and all(len(line) <= _LINE + 2 for line in text.split("\n")):
        return "7bit"
    wide = len(text.encode()) - len(text)
    return "base64" if wide * 6 > len(text) else "quoted-printable"


def _lines(text: str) -> str:
    return clean(text).replace("\r\n", "\n").replace("\r", "\n")


def _attach(mail: EmailMessage, file: OutFile) -> None:
    type_ = file.type.lower().partition(";")[0].strip()
    if not _TYPE.fullmatch(type_) or type_.startswith(("message/", "multipart/")):
        type_ = _OPAQUE  # a mail inside a mail must not be base64; as a file it arrives whole
    main, _, sub = type_.partition("/")
    mail.add_attachment(file.content, maintype=main, subtype=sub, cte="base64")
    attached = list(mail.iter_attachments())[-1]
    del attached["Content-Disposition"]
    name = _one_line(file.name, 255) or "file"
    attached["Content-Disposition"] = f"attachment{_file_name(name)}"


def _file_name(name: str) -> str:
    """RFC 2231 in pieces for names beyond ASCII, a quoted string for the others."""
    if name.isascii() and len(name) <= 60:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f';\r\n filename="{quoted}"'
    encoded = "utf-8''" + quote(name, safe="")
    pieces: list[str] = []
    while encoded:
        end = 55
        while "%" in encoded[end - 2 : end]:
            end -= 1
        pieces.append(encoded[:end])
        encoded = encoded[end:]
    if len(pieces) == 1:
        return f";\r\n filename*={pieces[0]}"
    return "".join(f";\r\n filename*{number}*={piece}" for number, piece in enumerate(pieces))


# ---------------------------------------------------------------- headers


def _one_line(text: str, cap: int) -> str:
    """``text`` without line ends, controls and bidi controls: nobody adds or turns a header."""
    return clean(" ".join(_BIDI.sub("", _CONTROLS.sub(" ", text)).split()), cap)


def _unstructured(name: str, text: str) -> str:
    if text.isascii() and "=?" not in text:
        header = Header(text, "us-ascii", maxlinelen=_LINE, header_name=name)
    else:
        header = Header(text, "utf-8", maxlinelen=_LINE, header_name=name)
    return header.encode(linesep="\r\n")


def _mailboxes(name: str, parties: Iterable[Party]) -> str:
    return ",\r\n ".join(_mailbox(name, party) for party in parties)


def _mailbox(header: str, party: Party) -> str:
    if address.scheme(party.uri) != "mailto":
        raise ValueError(f"{header}: not an e-mail address")
    bare = address.value(address.mail(address.value(party.uri)))
    name = _one_line(party.name, NAME_CAP)
    if not name or name == bare:
        return bare
    if not name.isascii() or "=?" in name:
        shown = Header(name, "utf-8", maxlinelen=_LINE, header_name=header).encode(linesep="\r\n")
    elif _PLAIN_NAME.fullmatch(name):
        shown = name
    else:
        shown = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{shown}\r\n <{bare}>" if len(shown) + len(bare) > _LINE - 12 else f"{shown} <{bare}>"


def _ids(ids: Sequence[str], *, strict: bool = False) -> str:
    good = [one for raw in ids if _GOOD_ID.fullmatch(one := raw.strip().strip("<>"))]
    if strict and len(good) != len(ids):
        raise ValueError("Message-ID: not an id")
    return "\r\n ".join(f"<{one}>" for one in good)


def _references(part: Outbound) -> str:
    ids = list(dict.fromkeys(one.strip().strip("<>") for one in part.references))
    if parent := part.in_reply_to.strip().strip("<>"):
        ids = [one for one in ids if one != parent] + [parent]
    ids = [one for one in ids if _GOOD_ID.fullmatch(one)]
    if len(ids) > MAX_REFERENCES:
        ids = ids[:1] + ids[-(MAX_REFERENCES - 1) :]
    return _ids(ids)
