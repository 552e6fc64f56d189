"""Bounces: delivery reports by the standard (RFC 3464) and the older forms that are still sent.

Old forms are read by what they have in common rather than one by one: a notice that somebody could
not be reached, then the mail that came back. The notice ends where the returned mail begins; of the
addresses in it those count that stand where reports name a recipient (``<a@b>:`` of qmail and
Postfix, ``RCPT TO:``, a line of its own below "the following addresses"), else any that is neither
ours nor the reporter's. flufl.bounce (alive, Apache-2.0) was tried and left: it reads a mail about
sixty times over, and tells neither the reason nor which mail of ours came back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from connectors.address import mail
from connectors.contract import Bounce, FailedRecipient, Uri
from connectors.email.charset import decode
from connectors.email.html import html_text
from connectors.email.mime import Part, leaves, split
from connectors.email.words import header_text
from connectors.fold import clean

MAX_RECIPIENTS = 500
_NOTICE_MAX = 60_000  # characters of a notice that are looked at
_WORDS_MAX = 500
_RETURNED = ("message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers",
             "message/global-headers")  # fmt: skip
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")

_SENDER = re.compile(
    r"mailto:\"?(?:mailer-?daemon|mail-?daemon|maildaemon|mdaemon|postmaster|mail\.delivery|"
    r"mail-delivery|delivery|ndr|imss|double-?bounce|bounce|[^@]*smtp[^@]*|system administrator|"
    r"symantec[^@]*|microsoftexchange[^@]*|noreply-dmarc)"
)
_NAME = re.compile(
    r"mail ?(?:er|ing)?[ -]?(?:delivery|daemon|administrator)|delivery (?:sub)?system|"
    r"system administrator|postmaster|mail administrator|internet mail delivery",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|not delivered|non-?delivery|non remis|delivery (?:has )?(?:status|failure|failed|"
    r"problem|error|report|notification|delay|incomplete|warning)|(?:mail|message)? ?delivery|"
    r"deliver(?:y|ed)? fail|failure (?:notice|delivery)|fail(?:ed|ure) (?:mail|delivery|to deliver)|"
    r"returned (?:mail|to sender|e-?mail)|returning message|mail (?:system )?error|mail failed|"
    r"message (?:delayed|not delivered|undeliverable|could not|status - undeliverable)|"
    r"could not (?:be )?deliver|unable to deliver|delayed mail|warning: (?:message|could)|"
    r"rejected (?:mail|message)|mail rejected|automatically rejected|user unknown|bounced mail|"
    r"processing error|problem (?:delivering|with your)|unzustellbar|nicht zugestellt|zustell|"
    r"non recapitata|mancata consegna|no se (?:puede|pudo) entregar|no entregado|não entregue|"
    r"devolvid|niet (?:bezorgd|afgeleverd)|onbestelbaar|non remis|échec de la remise|"
    r"недоставлен|не доставлен|сообщение не|возвращ|cüneyt|iletilemedi|teslim edilemedi|"
    r"عدم تحویل|تحویل داده نشد|تعذر التسليم|فشل|退信|退回|投递失败|無法傳遞|无法投递|配信不能|"
    r"配信(?:エラー|できません)|失败|傳輸失敗|반송|전송 실패|utilisateur non recens",
    re.IGNORECASE,
)

_COPY_BEGINS = re.compile(
    r"[-=*_#>\s]*(?:(?:begin|start) of (?:returned|original)|"
    r"(?:here|below|included|enclosed|attached|this|following|the following)[^\n]{0,30} (?:is|are) "
    r"(?:a |the )?(?:copy|headers?|top|first|full|your|beginning|returned|complete|original)[^\n]{0,60}"
    r"(?:message|mail|header|line)|"
    r"(?:this is |below is )?a copy of (?:the|your)(?: original)? (?:message|mail)|"
    r"below (?:this|the next) line (?:is|are)|"
    r"(?:the )?(?:original|returned|undelivered|unsent|old|bounced)[ -](?:message|mail|headers?|text)"
    r"(?: (?:follows?|attached|headers?|details|text|reads|is|was|body|-+))?[^\n]{0,20}$|"
    r"message (?:headers?|text|contents?|header) follows?|header of (?:your|the)|"
    r"your message (?:reads|headers|follows)|end of message|-+ ?message header|"
    r"-- the header and top|returned mail follows|original message details|"
    r"-{3,}\s*(?:original|returned|header|copy|unsent|undelivered|message)|"
    r"received: (?:from|by|\()|return-path: ?<|"
    r"--- .{0,40}(?:原信|拷贝|副本)|-+ ?исходн|this is a copy of)",
    re.IGNORECASE,
)
_NOT_COPY = re.compile(r"transcript|session follows|delivered to the following|failed recipient",
                       re.IGNORECASE)  # fmt: skip
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"'=@|*]{1,100}@[A-Za-z0-9][A-Za-z0-9._-]{1,250}[A-Za-z0-9]")
_ANGLE_COLON = re.compile(
    r"\s*<([^<>\s]{1,320})>(?:[,;]? ?\((?:expanded|generated|orig\w*|for|from)[^()<]{0,30}<?([^<>()\s]+@[^<>()\s]+)>?\))?:"
)
_STRONG = re.compile(
    r"rcpt to:? ?|(?:failed|intended|undeliverable|final|original|unknown|invalid|bad)[ -]"
    r"(?:recipient|address|user|rcpt|userid)s?\s*(?:is|was)?\s*[:=]|recipient(?: address)?\s*:|"
    r"error-for\s*:|(?:un)?deliver(?:able|y)? (?:to|for)\s*[:<]|addressed to|smtp[:=]|"
    r"user(?:'s)? (?:mailbox is full|unknown|not known)\s*:?|mailbox is full:|"
    r"(?:not |un)able to deliver[^\n]{0,40} to|could not (?:be )?deliver(?:ed)?[^\n]{0,30} to|"
    r"no such (?:user|recipient|mailbox)|user unknown|unknown user|unknown recipient|"
    r"your message to|(?:message|mail) (?:to|for) <?[^\s@]+@[^\s@]+>? (?:was|has|could|cannot)|"
    r"generated from|expanded from|over ?quota|does not exist|was addressed|^\s*to: |^\s*[45]\d\d[ -]",
    re.IGNORECASE,
)
_INTRO = re.compile(
    r"(?:the )?following (?:(?:final |intended )?recipient|address|user|person|people|destination)"
    r"|failed recipients|(?:fehlgeschlagene?|folgende[nr]?) (?:empfänger|adresse)|destinataires? suivant",
    re.IGNORECASE,
)
_BARE_NAME = re.compile(r"[ \t]+([A-Za-z0-9][\w.-]{1,63})[ \t]*")
_ALONE = re.compile(r"[\s>*+#.•-]*(?:\d+[.)]\s+)?(?:to: )?[<\[(\"']*(?:smtp:|mailto:)?([^\s<>()\[\]\"',;]+@"
                    r"[^\s<>()\[\]\"',;:]+)[>\])\"']*[:;,.]?\s*", re.IGNORECASE)  # fmt: skip
_LEADING = re.compile(r"\s*[<\"]?([^\s<>()\[\]\"',;:]+@[^\s<>()\[\]\"',;:]+)[>\"]?(?::|\s|\.\.\.|;|$)")
_REWRITTEN = ("generated from", "expanded from", "expanded from:")
_REASON = re.compile(
    r"unknown|not found|no such|does ?n[o']t|invalid|full|quota|rejected|refused|denied|disabled|"
    r"unavailable|unrouteable|failed|error|undeliver|not (?:recognized|valid|exist|listed|our)|"
    r"bad |exceed|timed? ?out|[245]\d\d[ -]|unable|expired|blocked|could not|cannot|can't",
    re.IGNORECASE,
)
_TEMPORARY = re.compile(
    r"not yet been delivered|has been delayed|been delayed|will be retried|still being retried|"
    r"delivery attempts will (?:be )?continue|will (?:keep|continue) (?:to )?try|attempts? will be made|"
    r"just a warning|warning (?:message )?only|warning only|no action is required|"
    r"do not need to (?:take any action|resend)|not need to resend|temporary (?:failure|problem|error)|"
    r"has been postponed|advisory-only|still trying|message is delayed|delayed \d+ (?:hours|days)|"
    r"you do not need|delivery (?:is )?delay|noch nicht zugestellt|verzögert",
    re.IGNORECASE,
)
_FINAL = re.compile(r"permanent (?:fatal )?(?:error|failure)|giving up|given up|fatal error|"
                    r"could not be delivered for \d+ (?:days|hours).{0,40}return", re.IGNORECASE)  # fmt: skip
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_CODE = re.compile(r"\b(5\d\d|4\d\d)[ -]")
_CONTACT = re.compile(r"contact|mailto:|assistance|help|questions|report|reply to|send (?:mail|e-?mail) to"
                      r"|complain|https?://|forward|administrator|notify|postmaster at", re.IGNORECASE)  # fmt: skip
_OFFICE = re.compile(r"(?:postmaster|mailer-daemon|abuse|mail-daemon|admin|administrator|support|help|"
                     r"helpdesk|webmaster|hostmaster|root)@", re.IGNORECASE)  # fmt: skip
_MESSAGE_ID = re.compile(r"^[ \t>]*message-id:[ \t]*(?:\n[ \t]+)?<([^<>\s]{3,400})>",
                         re.IGNORECASE | re.MULTILINE)  # fmt: skip
_FIELD = re.compile(r"^([A-Za-z][A-Za-z-]*)[ \t]*:[ \t]*(.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n[ \t]*\n")


@dataclass(slots=True)
class _Found:
    """Failed recipients by address, in order; a better source is asked first."""

    recipients: dict[Uri, FailedRecipient] = field(default_factory=dict)

    def add(self, text: str, permanent: bool, status: str, words: str) -> None:
        address = text.strip().strip("<>\"'").rstrip(".").removeprefix("mailto:")
        try:
            uri = mail(address)
        except ValueError:
            return
        if uri not in self.recipients and len(self.recipients) < MAX_RECIPIENTS:
            words = clean(" ".join(words.split()), _WORDS_MAX)
            self.recipients[uri] = FailedRecipient(uri, permanent, status, words)


def looks_like_bounce(root: Part, sender: str, sender_name: str, subject: str) -> bool:
    """Whether it is worth reading a mail as a bounce: cheap, and rather once too often."""
    head = root.head
    return (
        root.type == "multipart/report"
        or "x-failed-recipients" in head
        or head.get("return-path", "").strip() in ("<>", "<MAILER-DAEMON>")
        or bool(_SENDER.match(sender))
        or bool(_NAME.search(sender_name))
        or bool(_SUBJECT.search(subject))
    )


def read_bounce(root: Part, sender: Uri, own: Iterable[Uri], answers: Sequence[str]) -> Bounce | None:
    """The bounce that a mail is, or None.

    ``own``: the addresses the mail was sent to; ``answers``: its In-Reply-To and References.
    """
    found = _Found()
    parts = list(leaves(root))
    for part in parts:
        if part.type in _STATUS_TYPES:
            _read_status(_part_text(part), found)
    if not found.recipients:
        parts += _passed_on(parts, found)
    reported = any(part.type in _STATUS_TYPES and "action" in _part_text(part).lower()
                   for part in parts)  # fmt: skip
    notice, copy = _notice(parts)
    if not found.recipients and not reported:
        _read_notice(notice, root, found, sender, {sender, *own})
    if not found.recipients:
        return None
    returned = _returned_id(parts, copy) or (answers[0] if answers else "")
    return Bounce(tuple(found.recipients.values()), clean(returned))


def _passed_on(parts: Sequence[Part], found: _Found) -> list[Part]:
    """The parts of a report that somebody attached to a mail of their own."""
    for part in parts:
        if part.type in _RETURNED and b"multipart/report" in part.raw[part.start : part.end]:
            inner = list(leaves(split(part.content())))
            for one in inner:
                if one.type in _STATUS_TYPES:
                    _read_status(_part_text(one), found)
            return inner if found.recipients else []
    return []


def _part_text(part: Part) -> str:
    text = decode(part.body() if part.encoding == "8bit" else part.content(),
                  part.params.get("charset", ""))  # fmt: skip
    return text.replace("\r\n", "\n").replace("\r", "\n")[: _NOTICE_MAX * 8]


# ---------------------------------------------------------------- RFC 3464


def _read_status(text: str, found: _Found) -> None:
    for block in _BLANK_LINES.split(text):
        fields: dict[str, str] = {}
        for name, value in _FIELD.findall(block):
            fields.setdefault(name.lower(), " ".join(value.split()))
        action = fields.get("action", "").lower()
        status = match[1] if (match := _STATUS.search(fields.get("status", ""))) else ""
        if not action and not status:
            continue
        if action.startswith(("deliver", "relay", "expand")) or status.startswith("2."):
            continue
        permanent = not action.startswith("delay") and (bool(action) or status.startswith("5"))
        words = fields.get("diagnostic-code", "") or fields.get("x-notes", "")
        kind, semicolon, rest = words.partition(";")
        words = rest if semicolon and len(kind) < 40 else words
        for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
            if address := _recipient(fields.get(name, "")):
                before = len(found.recipients)
                found.add(address, permanent, status, words)
                if len(found.recipients) > before:
                    break


def _recipient(value: str) -> str:
    kind, semicolon, rest = value.partition(";")
    address = (rest if semicolon else kind).strip()
    if "@" not in address:
        return ""
    match = re.search(r"<([^<>]+)>", address)
    address = (match[1] if match else address).strip(" \"'<>")
    if kind.strip().lower() in ("utf-8", "rfc822") and "+" in address and "@" not in address:
        return ""
    return address.partition(" ")[0]


# ---------------------------------------------------------------- notices


def _notice(parts: Sequence[Part]) -> tuple[str, str]:
    """(what the reporter says, the text behind it that came back)."""
    texts: list[str] = []
    for part in parts:
        if part.type in _RETURNED and texts:
            break
        if part.type in ("text/plain", "text/html") or (part.undivided and not texts):
            text = _part_text(part)
            texts.append(html_text(text).text if part.type == "text/html" else text)
    lines = "\n".join(texts)[: _NOTICE_MAX * 4].split("\n")
    size = 0
    for at, line in enumerate(lines):
        size += len(line)
        if size > _NOTICE_MAX or (_begins_copy(line) and _has_address(lines[:at])):
            return "\n".join(lines[:at]), "\n".join(lines[at:])
    return "\n".join(lines), ""


def _begins_copy(line: str) -> bool:
    return bool(_COPY_BEGINS.match(line[:300])) and not _NOT_COPY.search(line)


def _has_address(lines: Sequence[str]) -> bool:
    return any("@" in line for line in lines)


def _read_notice(
    notice: str, root: Part, found: _Found, sender: Uri, ours: set[Uri]
) -> None:
    reporter = sender.rpartition("@")[2]
    permanent = not _TEMPORARY.search(notice) or bool(_FINAL.search(notice))
    status = match[1] if (match := _STATUS.search(notice)) else ""
    failed = root.head.get("x-failed-recipients", "")
    if failed:
        for address in header_text(failed).split(","):
            found.add(address, permanent, status, _words_near(notice, address.strip()))
        if found.recipients:
            return
    intro = _INTRO.search(notice)
    told = notice[intro.start() :] if intro else notice
    for reader, text in (
        (_by_angle, notice), (_by_place, told), (_below, told if intro else ""),
        (_by_place, notice), (_by_mention, told), (_by_mention, notice),
    ):  # fmt: skip
        for address, words in reader(text):
            if _is_ours(address, ours):
                continue
            own_status = match[1] if (match := _STATUS.search(words)) else status
            found.add(address, permanent, own_status, words)
        if found.recipients:
            return
    if intro and "." in reporter:
        for name in _bare_names(told):
            found.add(f"{name}@{reporter}", permanent, status, "")


def _bare_names(told: str) -> Iterable[str]:
    """Names of users without a domain, one on a line below the introduction."""
    lines = told.split("\n")[:20]
    start = next((at for at, line in enumerate(lines) if line.rstrip().endswith(":")), len(lines))
    for line in lines[start + 1 :]:
        if match := _BARE_NAME.fullmatch(line):
            yield match[1]
        elif line.strip():
            return


def _is_ours(address: str, ours: set[Uri]) -> bool:
    if _OFFICE.match(address):
        return True
    try:
        return mail(address.strip("<>.")) in ours
    except ValueError:
        return True


def _by_angle(notice: str) -> Iterable[tuple[str, str]]:
    """``<a@b>:`` at the beginning of a paragraph, with the reason behind and below it."""
    lines = notice.split("\n")
    for at, line in enumerate(lines):
        if "@" in line and (match := _ANGLE_COLON.match(line)):
            words = " ".join([line[match.end() :], *_paragraph(lines, at + 1)])
            yield match[1], words
            if match[2]:
                yield match[2], words


def _paragraph(lines: Sequence[str], at: int) -> list[str]:
    out: list[str] = []
    for line in lines[at : at + 12]:
        if not line.strip() or _ANGLE_COLON.match(line):
            break
        out.append(line)
    return out


def _by_place(notice: str) -> Iterable[tuple[str, str]]:
    """Addresses on a line of their own, in front of a reason, or behind what names a recipient."""
    lines = notice.split("\n")
    for at, line in enumerate(lines):
        if "@" not in line or len(line) > 1_000:
            continue
        alone = _ALONE.fullmatch(line)
        if alone:
            yield alone[1], " ".join(_paragraph(lines, at + 1))
            continue
        leading = _LEADING.match(line)
        if leading and (_REASON.search(line) or _STRONG.search(line)):
            yield leading[1], line[leading.end() :]
            continue
        if _STRONG.search(line) and not _CONTACT.search(line):
            for address in _named(line):
                yield address, line


def _below(told: str) -> Iterable[tuple[str, str]]:
    """What stands first below the introduction, up to a line that names nobody."""
    lines = told.split("\n")
    seen = False
    for at, line in enumerate(lines[1:], 1):
        if "@" in line:
            seen = True
            for address in _named(line[:1_000]):
                yield address, " ".join(_paragraph(lines, at + 1))
        elif line.strip() and (seen or at > 6):
            return


def _named(line: str) -> Iterable[str]:
    """The addresses of a line, without those that it says the mail is from."""
    for match in _ADDRESS.finditer(line):
        before = line[: match.start()].rstrip(" <\"'").lower()
        if not before.endswith(("from", "from:", "by")) or before.endswith(_REWRITTEN):
            yield match[0]


def _by_mention(notice: str) -> Iterable[tuple[str, str]]:
    """Any address that is not offered for questions."""
    for line in notice.split("\n"):
        if "@" in line and _REASON.search(line[:1_000]) and not _CONTACT.search(line[:1_000]):
            for address in _named(line[:1_000]):
                yield address, line


def _words_near(notice: str, address: str) -> str:
    at = notice.find(address) if address else -1
    return notice[at + len(address) : at + len(address) + _WORDS_MAX] if at >= 0 else ""


# ---------------------------------------------------------------- the mail that came back


def _returned_id(parts: Sequence[Part], copy: str) -> str:
    """The Message-ID of the returned mail: of the part that holds it, else of the copied text."""
    for part in parts:
        if part.type in _RETURNED:
            inner = split(part.content())
            if (found := inner.head.get("message-id", "")).strip():
                return found.strip().strip("<>").strip()
            if match := _MESSAGE_ID.search(_part_text(part)):
                return match[1]
    for text in (copy, *(_part_text(part) for part in parts if part.type.startswith("text/"))):
        if text and (match := _MESSAGE_ID.search(text)):
            return match[1]
    return ""
