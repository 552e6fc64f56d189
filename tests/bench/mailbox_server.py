"""An IMAP server that holds as many mails as it is told, made up when they are asked for.

python -m tests.bench.mailbox_server MAILS    prints its port
"""

from __future__ import annotations

import asyncio
import re
import sys
from contextlib import suppress

VALIDITY = 7
_RANGE = re.compile(r"(\d+)(?::(\d+|\*))?")


def mail(uid: int) -> bytes:
    """One of 3,000 customers; every fourth answers the mail before of the same one."""
    customer = uid % 3000
    before = uid - 3000
    refers = f"In-Reply-To: <{before}@example.org>\r\n" if before > 0 and uid % 4 == 0 else ""
    words = f"Where is order {uid}? I have waited for it since Monday.\r\n" * 12
    return (
        "Return-Path: <customer@example.org>\r\n"
        "Received: from mx.example.org (mx.example.org [192.0.2.7]) by mx.acme.example\r\n"
        f"\twith ESMTPS id {uid:x}; Sun, 05 Jan 2020 10:00:00 +0000\r\n"
        f"From: Customer {customer} <customer{customer}@example.org>\r\n"
        f"To: Support <support@acme.example>\r\nSubject: Order {uid}\r\n"
        f"Message-ID: <{uid}@example.org>\r\nDate: Sun, 05 Jan 2020 10:00:00 +0000\r\n{refers}"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"Hello,\r\n\r\n{words}\r\nThank you\r\n-- \r\nCustomer {customer}\r\n"
    ).encode()


def size(uid: int) -> int:
    return len(mail(uid))


async def connected(count: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection; whoever is killed goes without a word."""
    with suppress(ConnectionError):
        await serve(count, reader, writer)


async def serve(count: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The commands that a source needs."""
    writer.write(b"* OK ready\r\n")
    while line := (await reader.readline()).decode().strip():
        tag, _, command = line.partition(" ")
        name = command.split(" ")[0]
        if name == "CAPABILITY":
            writer.write(b"* CAPABILITY IMAP4rev1 IDLE\r\n")
        elif name == "SELECT":
            writer.write(
                f"* {count} EXISTS\r\n* OK [UIDVALIDITY {VALIDITY}] ok\r\n"
                f"* OK [UIDNEXT {count + 1}] ok\r\n".encode()
            )
        elif name == "IDLE":
            writer.write(b"+ idling\r\n")
            await reader.readline()
        elif command.startswith("UID SEARCH"):
            uids = " ".join(map(str, _wanted(command, count)))
            writer.write(f"* SEARCH {uids}\r\n".encode())
        elif command.startswith("UID FETCH"):
            for uid in _wanted(command.split(" ")[2], count):
                writer.write(_fetched(uid, whole="BODY" in command))
        writer.write(f"{tag} OK done\r\n".encode())
        await writer.drain()


def _wanted(text: str, count: int) -> range:
    found = _RANGE.search(text)
    first, last = found[1], found[2] or found[1]
    return range(int(first), (count if last == "*" else min(int(last), count)) + 1)


def _fetched(uid: int, *, whole: bool) -> bytes:
    if whole:
        body = mail(uid)
        return f"* {uid} FETCH (UID {uid} BODY[] {{{len(body)}}}\r\n".encode() + body + b")\r\n"
    date = '"05-Jan-2020 10:00:00 +0000"'
    facts = f"UID {uid} RFC822.SIZE {size(uid)} INTERNALDATE {date} FLAGS (\\Seen)"
    return f"* {uid} FETCH ({facts})\r\n".encode()


async def main(count: int) -> None:
    """Listen until the end."""
    server = await asyncio.start_server(lambda r, w: connected(count, r, w), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
