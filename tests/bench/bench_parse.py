"""Speed of ``parse`` against a bare walk of the stdlib's compat32 parser over the same mails.

Prints a line a figure, ratio against its bound; exits 1 if one is missed. The mails: the corpus in
``HUB_CORPORA`` (a folder with ``mail_raw.jsonl``) if set, else the recorded payloads under the
headers that every mail gathers on its way (the recorded ones were left without).
"""

from __future__ import annotations

import base64
import email
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from connectors.email.parse import parse

LARGEST = 8_192  # bytes of a mail that counts
RATIO = 0.3
GOAL = 0.5
SECONDS_10_MB = 0.5
ROUNDS = 15
PAYLOADS = Path(__file__).parents[1] / "payloads" / "email"
HEAD = b"From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
MEGABYTES = 10_000_000
TRANSPORT = b"".join(
    [
        b"Delivered-To: support@acme.example\r\n",
        (
            b"Received: from mx1.acme.example ([192.0.2.25])\r\n\tby imap.acme.example with LMTP\r\n"
            b"\tid 2NqJR3m2cLnhEraiqXA4Q9hqnmihx7b7\r\n\tfor <support@acme.example>;"
            b" Sat, 03 May 2025 06:00:03 +0000\r\n"
        ),
        (
            b"Received: from out.mail.example (out.mail.example [198.51.100.7])\r\n"
            b"\tby mx1.acme.example (Postfix) with ESMTPS id 5703592626F\r\n"
            b"\tfor <support@acme.example>; Sat, 03 May 2025 06:00:02 +0000 (UTC)\r\n"
        ),
        (
            b"Authentication-Results: mx1.acme.example;\r\n\tdkim=pass header.d=mail.example;\r\n"
            b"\tspf=pass smtp.mailfrom=mail.example; dmarc=pass header.from=mail.example\r\n"
        ),
        (
            b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=mail.example; s=s1;\r\n"
            b"\th=from:to:subject:date:message-id; bh=o7cpmqx+tgCx5m+g8oZRWsGCIo8X32S8zBkahP2egx0=;\r\n"
            b"\tb=qp3ixYdgDwSmM9zTspitM3aUqmuQqGf52SlCuvGRrjksgHbHoSY6jRljQpWPDkwUlRLdN/dyIBBm\r\n"
            b"\t x2HqnVEjcwaajj52M+wJdQAdGj7gu2g+SP06VpmW+szmuMtqC13cJqlNhd==\r\n"
        ),
        b"X-Mailer: Example Mail 16.0\r\nUser-Agent: Example\r\nX-Spam-Status: No, score=-1.0\r\n",
    ]
)


def mails() -> list[bytes]:
    """The mails to measure on, those of at least one byte and under 8 kB."""
    corpora = os.environ.get("HUB_CORPORA")
    if corpora:
        lines = (Path(corpora) / "mail_raw.jsonl").read_text(encoding="utf-8").splitlines()
        found = [base64.b64decode(json.loads(line)["input"]) for line in lines]
    else:
        paths = sorted(PAYLOADS.glob("*.eml"))
        found = [TRANSPORT + path.read_bytes() for path in paths]
    return [raw for raw in found if 0 < len(raw) < LARGEST]


def bare(raw: bytes) -> None:
    """What ``parse`` is measured against."""
    for part in email.message_from_bytes(raw).walk():
        part.get_payload(decode=True)


def seconds(work: Callable[[bytes], object], raws: Sequence[bytes]) -> float:
    """The best time of a few rounds for one mail."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for raw in raws:
            work(raw)
        best = min(best, time.perf_counter() - started)
    return best / len(raws)


def large() -> dict[str, bytes]:
    """Mails of 10 MB of the kinds that come."""
    parts = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b\r\n"
    pdf = base64.encodebytes(os.urandom(MEGABYTES * 3 // 4)).replace(b"\n", b"\r\n")
    qp = "=D8=B3=D9=84=D8=A7=D9=85 سلام =\r\n".encode("ascii", "ignore")
    return {
        "attachment": HEAD + parts + b"Content-Type: application/pdf\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + pdf + b"\r\n--b--\r\n",
        "plain text": HEAD + b"\r\n" + b"some words of a text in a line\r\n" * (MEGABYTES // 32),
        "HTML": HEAD + b"Content-Type: text/html\r\n\r\n"
        + b"<div>hello <b>x</b></div>\r\n" * (MEGABYTES // 27),
        "quoted-printable": HEAD + b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + qp * (MEGABYTES // len(qp)),
    }  # fmt: skip


def main() -> int:
    """Run and print; the exit code says whether every bound held."""
    raws = mails()
    base, ours = seconds(bare, raws), seconds(parse, raws)
    ratio = base / ours
    held = ratio >= RATIO
    print(f"parse: {len(raws)} mails under 8 kB: bare walk {1 / base:,.0f}/s, parse {1 / ours:,.0f}/s, "
          f"ratio {ratio:.2f} (bound {RATIO}, goal {GOAL})")  # fmt: skip
    for kind, raw in large().items():
        started = time.perf_counter()
        parse(raw)
        took = time.perf_counter() - started
        held = held and took <= SECONDS_10_MB
        print(f"parse: 10 MB {kind}: {took:.3f} s (bound {SECONDS_10_MB} s)")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
