"""Commands beside a running server: they go through ``HUB_DATA/hub.sock`` (0600), one a connection.

A message is its length (8 bytes) and JSON ``{command, args}``, then the length of a body and the
body (a mail, else nothing). The answer is a length and ``{result}`` or ``{error, kind}``.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from hub.folder import short_path

log = logging.getLogger("hub.control")

Run = Callable[[str, Mapping[str, Any], bytes], Awaitable[Any]]
"""``run(command, args, body) -> result``. Raises CommandRefused."""

_LENGTH = struct.Struct(">Q")
_MOST = 100_000_000
ANSWER_SECONDS = 120.0


class CommandRefused(Exception):
    """A command cannot be done; the message is for the person who typed it."""


class NoServer(Exception):
    """Nobody listens on the socket."""


class Control:
    """The server's end of the socket."""

    def __init__(self, path: Path, run: Run) -> None:
        self._path = path
        self._run = run
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; a socket left over by a killed server is replaced (we hold the lock)."""
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            with short_path(self._path) as name:
                listener.bind(name)
        except OSError:
            listener.close()
            raise
        finally:
            os.umask(before)
        self._server = await asyncio.start_unix_server(self._serve, sock=listener)

    async def close(self) -> None:
        """Stop listening; commands under way are answered first."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await self._answer(reader)
            writer.write(_framed(msgspec.json.encode(answer)))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            log.info("a command went away before its answer")
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> dict[str, Any]:
        header = msgspec.json.decode(await _read(reader))
        body = await _read(reader)
        command = str(header["command"])
        try:
            return {"result": await self._run(command, header["args"], body)}
        except CommandRefused as err:
            return {"error": str(err), "kind": "refused"}
        except Exception as err:
            log.exception("command %s failed", command)
            return {"error": f"{type(err).__name__}: {err}", "kind": "failed"}


async def _read(reader: asyncio.StreamReader) -> bytes:
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    if length > _MOST:
        raise OSError(f"a message of {length} bytes")
    return await reader.readexactly(length)


def _framed(data: bytes) -> bytes:
    return _LENGTH.pack(len(data)) + data


def call(path: Path, command: str, args: Mapping[str, Any], body: bytes = b"") -> Any:
    """Run a command in the server behind ``path``. Raises NoServer, CommandRefused, OSError."""
    try:
        request = msgspec.json.encode({"command": command, "args": dict(args)})
    except UnicodeEncodeError as err:
        raise CommandRefused("what was typed is not text in UTF-8") from err
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            with short_path(path) as name:
                connection.connect(name)
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as err:
            raise NoServer(str(path)) from err
        connection.sendall(_framed(request) + _framed(body))
        with connection.makefile("rb") as answers:
            answer = msgspec.json.decode(_exactly(answers, _LENGTH.unpack(_exactly(answers, 8))[0]))
    if "error" in answer:
        raise CommandRefused(answer["error"])
    return answer["result"]


def _exactly(file: Any, length: int) -> bytes:
    data: bytes = file.read(length)
    if len(data) < length:
        raise OSError("the server went away before it answered")
    return data
