"""The same mail as other servers would have handed it on: what may change on the way."""

from __future__ import annotations

import base64
import quopri
import re
from collections.abc import Callable
from random import Random

from connectors.email.mime import Part, leaves, split

Mutation = Callable[[bytes, Random], bytes]

_BOUNDARY = re.compile(rb"boundary\s*=\s*(?:\"([^\"\r\n]+)\"|([^\s;\"]+))", re.IGNORECASE)
_ENCODING = re.compile(rb"^content-transfer-encoding:.*\r?\n", re.IGNORECASE | re.MULTILINE)


def line_feeds(raw: bytes, _: Random) -> bytes:
    return raw.replace(b"\r\n", b"\n")


def carriage_returns(raw: bytes, _: Random) -> bytes:
    return re.sub(rb"\r?\n", b"\r\n", raw)


def more_headers(raw: bytes, random: Random) -> bytes:
    """What relays add on top."""
    end = b"\r\n" if b"\r\n" in raw else b"\n"
    lines = [
        b"Received: from relay.example ([192.0.2.%d])" % random.randrange(255),
        b"\tby mx.example; Sat, 3 May 2025 09:31:00 +0000",
        b"X-Spam-Status: No",
        b"DKIM-Signature: v=1; b=%d" % random.randrange(1 << 60),
    ]
    return end.join(lines) + end + raw


def other_boundaries(raw: bytes, random: Random) -> bytes:
    """Every boundary by another name, the longest first."""
    names = {found[0] or found[1] for found in _BOUNDARY.findall(raw)}
    for name in sorted(names, key=len, reverse=True):
        new = b"=_new_%d_" % random.randrange(1 << 40)
        raw = raw.replace(b"--" + name, b"--" + new)
        raw = re.sub(rb"(boundary\s*=\s*)\"?" + re.escape(name) + rb"\"?(?=[\s;]|$)",
                     lambda match, to=new: match[1] + b'"' + to + b'"', raw, flags=re.IGNORECASE)  # fmt: skip
    return raw


def refolded(raw: bytes, random: Random) -> bytes:
    """Header lines folded at other blanks."""
    match = re.search(rb"\r?\n\r?\n", raw)
    head, rest = (raw[: match.start()], raw[match.start() :]) if match else (raw, b"")
    end = b"\r\n" if b"\r\n" in head else b"\n"
    lines = re.sub(rb"\r?\n([ \t])", rb"\1", head).split(end)
    out = []
    for line in lines:
        name, colon, value = line.partition(b":")
        words = value.strip().split(b" ") if colon else [line]
        if not colon or b'"' in value:
            out.append(line)
            continue
        folded = words[0]
        for word in words[1:]:
            folded += (end + b" " if word and random.random() < 0.4 else b" ") + word
        out.append(name + b": " + folded)
    return end.join(out) + rest


def header_case(raw: bytes, random: Random) -> bytes:
    match = re.search(rb"\r?\n\r?\n", raw)
    head, rest = (raw[: match.start()], raw[match.start() :]) if match else (raw, b"")
    change = random.choice([bytes.upper, bytes.lower])
    return (
        re.sub(rb"^[A-Za-z-]+(?=:)", lambda found: change(found[0]), head, flags=re.MULTILINE)
        + rest
    )


def other_encodings(raw: bytes, random: Random) -> bytes:
    """Each part that is decoded without loss in another transfer encoding."""
    root = split(raw)
    if root.raw != raw:  # an mbox line or odd line ends: the spans are not those of ``raw``
        return raw
    end = b"\r\n" if b"\r\n" in raw else b"\n"
    for part in reversed(list(leaves(root))):
        if part.type.startswith(("multipart/", "message/")) or not _is_regular(part):
            continue
        content = part.content()
        if part.type.startswith("text/") and random.random() < 0.5:
            encoding, body = (
                b"quoted-printable",
                quopri.encodestring(content.replace(b"\r\n", b"\n")),
            )
            body = body.replace(b"\n", end)
        else:
            encoding, body = b"base64", base64.encodebytes(content).replace(b"\n", end)
        raw = _with_body(raw, part, b"Content-Transfer-Encoding: " + encoding + end, body, end)
    return raw


def _is_regular(part: Part) -> bool:
    """A part whose headers end where a blank line stands, and that this can decode itself."""
    return part.start > 0 and part.raw[part.start - 1] == 10 and part.encoding in (
        "8bit", "base64", "quoted-printable")  # fmt: skip


def _with_body(raw: bytes, part: Part, header: bytes, body: bytes, end: bytes) -> bytes:
    blank = part.start - len(end)
    if raw[blank : part.start] != end:
        return raw
    start = _head_start(raw, part, blank, end)
    head = _ENCODING.sub(b"", raw[start:blank])
    return raw[:start] + header + head + end + body + raw[part.end :]


def _head_start(raw: bytes, part: Part, blank: int, end: bytes) -> int:
    """Where the part's headers begin: after the delimiter above them, or at the top."""
    count = len(part.pairs)
    if not count:
        return blank
    name = part.pairs[0][0].encode()
    if part.path == "1" and raw[: len(name)] == name:
        return 0
    return raw.rfind(end + name + b":", 0, blank) + len(end)


ALL: dict[str, Mutation] = {
    "line feeds": line_feeds,
    "carriage returns": carriage_returns,
    "more headers": more_headers,
    "other boundaries": other_boundaries,
    "refolded": refolded,
    "header case": header_case,
    "other encodings": other_encodings,
}
