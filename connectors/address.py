"""Identities as URIs: the one place that decides when two spellings are the same address.

``mailto:local@domain`` (local part lower case and NFC, domain as ASCII by UTS 46), ``tel:+E164``,
``sms:…`` for senders that are no possible number (short codes, service lines, names),
``webchat:CHANNEL/VISITOR``, and any other scheme as it comes. What every function here returns is
canonical: to normalise it again changes nothing. Everything that cannot be one raises ValueError.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote, unquote

import idna
import phonenumbers

from connectors.contract import Uri
from connectors.fold import fold

MAIL_MAX = 254
"""Octets of a whole e-mail address (RFC 5321 4.5.3.1.3, less the angle brackets)."""
PHONE_MAX = 128
"""Characters of a number or sender name as typed."""
OTHER_MAX = 512
"""Characters of an identity of any other scheme."""

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN_MAIL = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*@{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_WIDE = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010FFFF-]+"
_DOT_ATOM = re.compile(rf"{_WIDE}(?:\.{_WIDE})*")
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_QUOTED = re.compile(r'"(?:[ !#-\[\]-~\u0080-\U0010FFFF]|\\[ -~])*"')
_RESERVED_LABEL = re.compile(r"(?:^|\.)(?!xn)..--")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{1,30}):(.*)", re.DOTALL)


def scheme(uri: str) -> str:
    """``tel`` of ``tel:+12025550123``."""
    return uri.partition(":")[0]


def value(uri: str) -> str:
    """The address without its scheme, as a provider takes it; names of ``sms:`` are decoded."""
    kind, _, rest = uri.partition(":")
    return unquote(rest) if kind == "sms" else rest


def parse(text: str, region: str = "") -> Uri:
    """The canonical URI for an identity as a person or program gives it, scheme or not.

    Without a scheme, what has an ``@`` is e-mail and the rest a number of ``region`` (two letters).
    Raises ValueError.
    """
    found = _SCHEME.fullmatch(text.strip(" \t\r\n"))
    if not found:
        return mail(text.strip(" \t\r\n")) if "@" in text else phone(text, region)
    kind, rest = found[1].lower(), found[2]
    if kind == "mailto":
        return mail(rest.strip(" "))
    if kind == "tel":  # a "+" that a form took for a space is put back
        return phone("+" + rest[1:] if re.match(r" \d", rest) else rest, region)
    if kind == "sms":
        return phone(unquote(rest), region)
    if not rest or len(rest) > OTHER_MAX or any(_is_unsafe(char) for char in rest):
        raise ValueError("not an identity")
    return Uri(f"{kind}:{rest}")


def is_token(uri: str) -> bool:
    """Whether it names a browser of somebody, by a token of ours, and nothing that people write."""
    return scheme(uri) == "webchat"


@lru_cache(8192)
def display(uri: str) -> str:
    """What people are shown: ``+1 202-555-0123``, ``jeff@臺網中心.tw``, a service line's name."""
    kind, rest = scheme(uri), value(uri)
    if kind == "tel":
        return _display_number(rest)
    if kind == "mailto":
        local, _, domain = rest.rpartition("@")
        return f"{local}@{_unicode_domain(domain)}" if "xn--" in domain else rest
    return rest.rpartition("/")[2] if kind == "webchat" else rest


# ---------------------------------------------------------------- e-mail


@lru_cache(65536)
def mail(text: str) -> Uri:
    """``mailto:`` of a bare address (RFC 5321 Mailbox, RFC 6531): no name, comment or folding.

    The local part is lowered (no provider in use tells cases apart) but not case-folded: what is
    sent to ``straße@`` must not go to ``strasse@``. Needless quotes go. Raises ValueError.
    """
    if len(text) > MAIL_MAX:
        raise ValueError("the address is too long")
    if _PLAIN_MAIL.fullmatch(text):
        lowered = text.lower()
        local, _, domain = lowered.rpartition("@")
        if "--" not in domain and len(local) <= 64:
            return Uri("mailto:" + lowered)
    raw_local, at, raw_domain = text.rpartition("@")
    if not at:
        raise ValueError("the address has no @")
    local, domain = _local(raw_local), _domain(raw_domain)
    if len(local.encode()) + 1 + len(domain) > MAIL_MAX:
        raise ValueError("the address is too long")
    return Uri(f"mailto:{local}@{domain}")


def _local(raw: str) -> str:
    if len(raw.encode("utf-8", "surrogatepass")) > 64:
        raise ValueError("the part before the @ is too long")
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", raw).lower())
    _refuse_unsafe(text, spaces=text.startswith('"'))
    if text.startswith('"') and _QUOTED.fullmatch(text):
        plain = re.sub(r"\\(.)", r"\1", text[1:-1])
        if not _DOT_ATOM.fullmatch(plain):
            return '"' + re.sub(r'(["\\])', r"\\\1", plain) + '"'
        text = plain
    if not _DOT_ATOM.fullmatch(text):
        raise ValueError("the part before the @ is not valid")
    return text


def _domain(raw: str) -> str:
    if raw.startswith("[") and raw.endswith("]"):
        return _literal(raw[1:-1])
    if not raw.isascii():
        _refuse_unsafe(raw, spaces=False)
        raw = _remap(raw)
    domain = raw.lower()
    if not domain or _RESERVED_LABEL.search(domain):
        raise ValueError("the part after the @ is not valid")
    if not domain.isascii() or "xn--" in domain:
        domain = _ascii_domain(domain)
    if len(domain) > 253 or not _HOST.fullmatch(domain):
        raise ValueError("the part after the @ is not valid")
    return domain


def _remap(domain: str) -> str:
    try:
        return idna.uts46_remap(domain, std3_rules=False, transitional=False)
    except idna.IDNAError as err:
        raise ValueError(f"the part after the @ is not valid: {err}") from err


def _ascii_domain(domain: str) -> str:
    try:
        labels = [idna.ulabel(label) for label in domain.split(".")]
        return ".".join(idna.alabel(label).decode("ascii") for label in labels)
    except idna.IDNAError as err:
        raise ValueError(f"the part after the @ is not valid: {err}") from err


def _unicode_domain(domain: str) -> str:
    try:
        return ".".join(idna.ulabel(label) for label in domain.split("."))
    except idna.IDNAError:
        return domain


def _literal(text: str) -> str:
    """An address literal (RFC 5321 4.1.3), its ``::`` standing for at least two groups."""
    tag, colon, rest = text.partition(":")
    if not colon:
        return f"[{ipaddress.IPv4Address(text)}]"
    if tag.lower() != "ipv6" or "%" in rest:
        raise ValueError("the address literal is not valid")
    groups = [group for group in rest.split(":") if group]
    if "::" in rest and len(groups) + ("." in rest) > 6:
        raise ValueError("the address literal is not valid")
    return f"[IPv6:{ipaddress.IPv6Address(rest).compressed}]"


def _refuse_unsafe(text: str, *, spaces: bool) -> None:
    if text.isascii():
        return  # the patterns name every ASCII character that may stand
    if unicodedata.category(text[0])[0] == "M":
        raise ValueError("the address starts with a combining mark")
    if any(_is_unsafe(char) and not (spaces and char == " ") for char in text):
        raise ValueError("the address has characters that are not allowed")


def _is_unsafe(char: str) -> bool:
    """Controls, format characters, surrogates, private, unassigned and every kind of space."""
    return unicodedata.category(char)[0] in "CZ"


# ---------------------------------------------------------------- numbers

_NUMBER_CHARS = re.compile(r"[+0-9\s().,/~\u2010-\u2015\u2212-]+", re.ASCII)
_EXTENSION = re.compile(r"(?:;ext=|\s*(?:ext\.?|x)\s*)[0-9]{1,7}$", re.ASCII)

_WITHHELD = frozenset(
    {
        *("anonymous", "restricted", "blocked", "unavailable", "unknown", "private", "withheld"),
        *("+266696687", "+7378742833", "+2562533", "+86282452253", "+8656696"),
    }
)


def withheld(text: str) -> bool:
    """Whether a caller hides the number: a word, or one of those that spell it on a keypad.

    The numbers are Twilio's for ANONYMOUS, RESTRICTED, BLOCKED, UNAVAILABLE and UNKNOWN
    (https://help.twilio.com/articles/223179988). Such a caller is one contact a call.
    """
    return _plain(text) in _WITHHELD or not text.strip()


@lru_cache(65536)
def phone(text: str, region: str = "") -> Uri:
    """``tel:`` in E.164 where ``phonenumbers`` calls the number possible, else opaque ``sms:…``.

    ``region`` (two letters) is for numbers without a country code. Without one, fewer than seven
    digits are a short code. Digits of any script count. Raises ValueError if nothing is left.
    """
    if len(text) > PHONE_MAX:
        raise ValueError("the number is too long")
    plain = _plain(text)
    if not plain:
        raise ValueError("the number is empty")
    number = _e164(plain, region.upper())
    return Uri("tel:" + number) if number else Uri("sms:" + quote(plain, safe="+*"))


def _plain(text: str) -> str:
    """Digits with at most a leading plus if it looks like a number, else the folded name."""
    if text.isascii() and text[1:].isdigit() and (text[0] == "+" or text[0].isdigit()):
        return text
    folded = fold("".join(c for c in text if c.isspace() or unicodedata.category(c)[0] != "C"))
    number = _EXTENSION.sub("", folded)
    if not _NUMBER_CHARS.fullmatch(number) or not any(char.isdigit() for char in number):
        return folded
    plus = "+" if "+" in number.partition(next(filter(str.isdigit, number)))[0] else ""
    return plus + "".join(filter(str.isdigit, number))


def _e164(plain: str, region: str) -> str:
    """E.164, read again until it stays: the library takes a national prefix off at each reading."""
    if not plain.lstrip("+").isdigit() or (plain[0] != "+" and len(plain) < 7):
        return ""
    for _ in range(8):
        number = _possible(plain, region)
        if not number or number == plain:
            return number
        plain = number
    return ""


@lru_cache(2048)
def _parsed(number: str, region: str) -> phonenumbers.PhoneNumber | None:
    """As the library reads it, not to be changed; None if it is no number. Who is new is asked for
    several times in a row."""
    try:
        return phonenumbers.parse(number, region or None)
    except phonenumbers.NumberParseException:
        return None


def _possible(number: str, region: str) -> str:
    parsed = _parsed(number, "" if number[0] == "+" else region) or _parsed(number, region)
    if parsed is None:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _display_number(number: str) -> str:
    parsed = _parsed(number, "")
    if parsed is None:
        return number
    style = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return str(phonenumbers.format_number(parsed, style))


def national(uri: str) -> str:
    """The digits of a ``tel:`` without its country code: what people of that country write after
    the trunk zero."""
    number = value(uri)
    parsed = _parsed(number, "")
    return number.lstrip("+") if parsed is None else str(parsed.national_number)
