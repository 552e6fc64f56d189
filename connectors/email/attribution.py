"""The lines that mail programs put above what they quote, in the languages they speak.

``On … wrote:`` over one or several lines, the header block of Outlook and its kin, and the rules
like ``-----Original Message-----``. Lines are looked at by their first and last characters and by
dictionary; every regular expression here runs on one bounded line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from connectors.email.quote_words import (
    FORWARDED,
    KEYS,
    ORIGINAL,
    STARTERS,
    SUBJECT_FORWARD,
    VERB_INSIDE,
    VERBS,
    Key,
)

LONGEST = 500
"""Characters of an attribution, over all its lines."""
MOST_LINES = 5
"""Lines that an attribution may be wrapped over."""
_BLOCK_LINES = 12
_HEAD_MAX = 200  # characters of a line that are looked through for a time
_YEAR = re.compile(r"\d{4}")
_LETTER = {Key.FROM, Key.TO}
"""What an old and a new address stand behind, too."""

_DATE = re.compile(
    r"\d{1,2}[:.h]\d{2}|\d{4}|\d{1,2}[./\-]\d{1,2}[./\-]\d{2,4}|\d{1,2}[ .-]+[^\W\d]{3,}"
)
_DATE_FIRST = re.compile(
    r"(?:\d{1,2}[:.]\d{2}\s?(?:[AaPp]\.?[Mm]\.?)?,?\s+)?(?:[^\W\d]{2,12}[.,]?\s+)?"
    r"(?:\d{4}[-/.年 ]\s?\d{1,2}|\d{1,2}[-/. ]\s?(?:\d{1,2}|[^\W\d]{3,12})"
    r"[-/. ,]\s?\d{2,4}|[^\W\d]{3,12}\.? \d{1,2}, \d{4})"
)
_MAIL_IN_BRACKETS = re.compile(r"[<(\[「]\s?(?:mailto:)?[^\s<>()]+@[^\s<>()]+")
_ANGLED = re.compile(r"<\s?(?:mailto:)?[^\s<>()]+@")
_MAIL = re.compile(r"[^\s<>()\[\]:;,]+@[^\s<>()\[\]:;,]+\.[^\s<>()\[\]:;,]+")
DATE_OR_MAIL = re.compile(r"[\d@]")
"""What an attribution over several lines begins with."""
_ENDS = (":", "：", ":*", ":**", ": ", "：*")
_INLINE_ON = re.compile(
    r"[-\s]*[-\s](?=On\s(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\s|\d{1,4}[/.\- ]|"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?\s\d)[^\n]{5,300}\b(?:wrote|sent):)"
)

_CLOCK = re.compile(r"\d{4}\D.*\b\d{1,2}[:.]\d{2}\b")
_TIME = re.compile(
    r"\d{1,2}\s?[:h]\s?\d{2}|\d{4}\D.*\b\d{1,2}[.]\d{2}\b|\d\s?(?:[AaPp]\.?[Mm]|時|点|시)"
)
_SENT = re.compile(  # not ``Date``, which forms that people fill in have, too
    r"[\s*_]*(?:sent|gesendet|envoyé|enviado|inviato|verzonden|skickat|sendt|lähetetty|wysłano|"
    r"odeslán|odoslan|отправлено|надіслано|gönderil|elküldve|trimis|ارسال|فرستاده|تم الإرسال|发送|送信|보낸)",
    re.IGNORECASE,
)
_YAHOO = re.compile(  # its app puts the answered text behind the colon
    r"On [^\n<>]{8,90}<[^\s<>@]+@[^\s<>]+> wrote:\s{2,}\S"
)
GROUPWISE = re.compile(r">>> [^\n]{2,200}\b\d{1,2}[:.]\d{2}[^\n]{0,12} >>>")
"""``>>> Ada <a@b> 1/5/2024 10:11 AM >>>``: GroupWise quotes what stands below it without marks."""
RULE = "-_*=—–‐‑―"
"""Characters that rules are drawn with."""
_NAMED_RULE = re.compile(rf"[{RULE}]{{4,}} ?({ORIGINAL.pattern}) ?[{RULE}]{{4,}}", re.IGNORECASE)
_ANSWER_ABOVE = re.compile(
    r"[-#=_*~‐—– ]*(?:please )?(?:type |write |enter )?(?:your )?(?:reply|answer|response)s? "
    r"above this line[.!]?[-#=_*~‐—– ]*"
    r"|[-#=_*~‐—– ]*(?:لطفا )?(?:لطفاً )?پاسخ(?: خود)? را بالای این خط بنویسید[.!]?[-#=_*~‐—– ]*"
    r"|[-#=_*~‐—– ]*(?:bitte )?(?:ihre )?antwort(?:en sie)? (?:bitte )?oberhalb dieser linie[^\n]{0,20}"
    r"|[-#=_*~‐—– ]*répondre au-dessus de cette ligne[.!]?[-#=_*~‐—– ]*",
    re.IGNORECASE,
)

_KEY_MAX = 22


def header_key(line: str) -> Key:
    """Which header of a quoted block this line begins with; NONE if none."""
    start = line[: _KEY_MAX + 12].lstrip(" \t*_\u200e\u200f\u202a\u202b\u2068\u00a0")
    key, colon, _ = start.replace("：", ":").partition(":")
    if not colon or len(key) > _KEY_MAX:
        return Key.NONE
    return KEYS.get(key.strip(" \t*_\u200c\u00a0").lower(), Key.NONE)


def header_block(lines: Sequence[str], at: int) -> bool:
    """Whether a block like Outlook's ``From / Sent / To / Subject`` begins at this line.

    A form that a customer fills in (``From: Tehran``, ``To: Shiraz``) is none, nor the head of a
    letter (sender, addressee, subject): it takes an address or a time of day.
    """
    first = header_key(lines[at])
    if first not in (Key.FROM, Key.SENT, Key.SUBJECT):
        return False
    kinds: set[Key] = {first}
    strange, has_mail = 0, "@" in lines[at]
    timed = bool(_TIME.search(lines[at][:_HEAD_MAX])) or _dated_second(lines, at, first)
    for line in lines[at + 1 : at + _BLOCK_LINES]:
        if not line.strip():
            break
        kind = header_key(line)
        if kind < 0:
            strange += 1
            if strange > 2:
                break
        elif kind in kinds and kind is not Key.OTHER:
            break
        else:
            kinds.add(kind)
        has_mail = has_mail or "@" in line
        timed = timed or (kind is Key.SENT and bool(_TIME.search(line[:_HEAD_MAX])))
    kinds.discard(Key.OTHER)
    if not kinds & {Key.SENT, Key.TO}:
        return False  # what web forms write has neither
    if Key.FROM in kinds and Key.SUBJECT in kinds and len(kinds) >= 3 and (has_mail or timed):
        return True
    if _windows_mail(lines, at, first):
        return True
    return has_mail and len(kinds) >= 2 and first is not Key.SUBJECT and kinds != _LETTER


def _windows_mail(lines: Sequence[str], at: int, first: Key) -> bool:
    """``From``, ``Sent`` with a time, ``To``, in this order: a block of names without a subject."""
    if first is not Key.FROM or at + 2 >= len(lines):
        return False
    sent, to = lines[at + 1], lines[at + 2]
    if not (_SENT.match(sent) and _CLOCK.search(sent)):
        return False
    return header_key(sent) is Key.SENT and header_key(to) is Key.TO


def _dated_second(lines: Sequence[str], at: int, first: Key) -> bool:
    """Whether the sender stands first and a whole date right below, as no letter's head has it."""
    if first is not Key.FROM or at + 1 >= len(lines):
        return False
    above = lines[at - 1].strip() if at else ""
    if ":" in above[:30] and not above.endswith(":"):  # a form: ``Name: Ada``, ``From: Berlin``
        return False
    return header_key(lines[at + 1]) is Key.SENT and bool(_YEAR.search(lines[at + 1]))


def attribution(lines: Sequence[str], at: int) -> int:
    """How many lines of an attribution begin at this one; 0: none."""
    line = lines[at].strip()
    if not line or len(line) > LONGEST:
        return 0
    stripped = line.strip("-* ")
    starts = bool(STARTERS.match(stripped)) or bool(_DATE_FIRST.match(stripped))
    if not starts and not _ends(line):  # ``Ada <a@b> schrieb am So., 23.`` and the rest below
        if "@" not in line or not (_MAIL_IN_BRACKETS.search(line) and VERB_INSIDE.search(line)):
            return 0
        starts = True
    joined = ""
    for count, more in enumerate(map(str.strip, lines[at : at + MOST_LINES + 1]), 1):
        if not more and count == 2 and starts and _bracket_opens(lines, at + 2):
            continue
        if not more or (more[0] == ">" and count > 1 and not _ends(more)):
            return 0
        joined = f"{joined} {more}" if joined else more
        if len(joined) > LONGEST:
            return 0
        if _ends(more):
            return count if _is_attribution(joined.strip("-* \u200e\u200f"), starts) else 0
        if not starts:
            return 0
    return 0


def certain(lines: Sequence[str]) -> bool:
    """Whether an attribution is one though nothing below it is marked as quoted: people, too, write
    ``On 3 May my bank wrote:``. Programs name the time of day or an address in brackets."""
    text = " ".join(map(str.strip, lines))
    if _TIME.search(text) or _ANGLED.search(text):
        return True
    return bool(_MAIL_IN_BRACKETS.search(text) and _DATE.search(text))


def _bracket_opens(lines: Sequence[str], at: int) -> bool:
    """An address that some program puts below a blank line: ``<``, alone."""
    return at < len(lines) and lines[at].strip() == "<"


def _ends(line: str) -> bool:
    bare = line.rstrip("-* \u200e\u200f\u202c\u00a0")
    return bare.endswith(_ENDS) or bare.endswith(VERBS)


def _is_attribution(text: str, starts: bool) -> bool:
    bare = text.rstrip(" :：*\u00a0").lower()
    verb = bare.endswith(VERBS)
    dated = bool(_DATE.search(text))
    mail = bool(_MAIL.search(text))
    if verb:
        return (starts and dated) or mail
    if not text.endswith((":", "：")):
        return False
    if VERB_INSIDE.search(text):
        return (starts or mail) and dated
    return starts and dated and bool(_MAIL_IN_BRACKETS.search(text))


def bare_attribution(line: str) -> bool:
    """A date and an address without a colon: only counts where quoted lines follow."""
    line = line.strip()
    if len(line) > LONGEST or not line:
        return False
    if "@" in line and _DATE_FIRST.match(line) and _MAIL_IN_BRACKETS.search(line):
        return True
    if not line.endswith((":", "：")):
        return False
    if _DATE.search(line) or _MAIL.search(line):
        return True
    return len(line) < 80 and line.rstrip(" :：").lower().endswith(VERBS)  # ``Ada wrote:``


def inline_attribution(line: str) -> int:
    """Where an English attribution begins that stands behind words of its own; -1: nowhere."""
    if len(line) > LONGEST or "On " not in line or not line.rstrip().endswith((":", ": ")):
        return -1
    match = _INLINE_ON.search(line)
    return match.start() if match else -1


def separator(line: str) -> bool:
    """``-----Original Message-----``, ``---- Name wrote ----``, ``answer above this line``."""
    line = line.strip()
    if len(line) <= 6:
        return False
    if _NAMED_RULE.match(line[:120]) or _YAHOO.match(line[:300]):
        return True
    if len(line) >= 120:
        return False
    if _ANSWER_ABOVE.fullmatch(line):
        return True
    bare = line.strip(RULE + " ")
    if len(line) - len(bare) < 2:
        return False
    if ORIGINAL.fullmatch(bare):
        return True
    if bare.lower() == "original" and line.startswith("---") and line.endswith("---"):
        return True
    if not (line.startswith("---") and bare.lower().endswith(VERBS)):
        return False
    return line.startswith("----") or bool(DATE_OR_MAIL.search(bare))  # ``--- What I sent ---``


def forward_mark(line: str) -> bool:
    """A line that says that what follows is forwarded."""
    line = line.strip()
    if not 5 < len(line) < 120:
        return False
    bare = line.strip(RULE + ": ")
    return (len(bare) < len(line)) and bool(FORWARDED.match(bare))


def is_forward(subject: str) -> bool:
    """Whether a subject begins with a forward's mark."""
    start = subject[:80]
    return (":" in start or "：" in start) and bool(SUBJECT_FORWARD.match(start))
