"""Whether our own mail server says that the sender's domain vouches for the mail (RFC 8601, 7489)."""

from __future__ import annotations

import re
from collections.abc import Iterable

_DMARC = re.compile(r"(?:^|;)\s*dmarc\s*(?:/\s*1\s*)?=\s*([a-z]+)\b([^;]*)", re.IGNORECASE)
_FROM = re.compile(r"\bheader\.from\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)


def authenticated(
    results: Iterable[str], authserv_ids: frozenset[str], domains: frozenset[str]
) -> bool:
    """An aligned DMARC pass in the topmost Authentication-Results of one of our servers.

    ``results``: the headers from the top down; ``domains``: those of all From addresses. A header
    of a server that is not ours proves nothing; below our topmost one anybody may have forged.
    """
    if not authserv_ids or len(domains) != 1:
        return False
    for value in results:
        text = _without_comments(value)
        server, _, rest = text.partition(";")
        words = server.split()
        if not words or words[0].strip('"').lower() not in authserv_ids:
            continue
        found = _DMARC.findall(";" + rest)
        if len(found) != 1 or found[0][0].lower() != "pass":
            return False
        stated = _FROM.search(found[0][1])
        domain = stated[1].rpartition("@")[2].rstrip(".").lower() if stated else ""
        return _ascii(domain) in domains
    return False


def _ascii(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def _without_comments(value: str) -> str:
    """``value`` without comments, however they nest; a quoted string stays one word."""
    out: list[str] = []
    depth, quoted, escaped = 0, False, False
    for char in value[:10_000]:
        if escaped:
            escaped = False
        elif char == "\\" and (quoted or depth):
            escaped = True
            continue
        elif char == '"' and not depth:
            quoted = not quoted
            continue
        elif char == "(" and not quoted:
            depth += 1
        elif char == ")" and depth and not quoted:
            depth -= 1
            out.append(" ")
            continue
        if not depth:
            out.append("_" if quoted and char in ";=() \t" else char)
    return "".join(out)
