"""The lock and the socket of a folder."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hub.control import CommandRefused, Control, NoServer, call
from hub.folder import FolderHeld, FolderLock, wait_for


async def _run(command: str, args: Mapping[str, Any], body: bytes) -> Any:
    if command == "echo":
        return {"args": dict(args), "size": len(body)}
    if command == "no":
        raise CommandRefused("not today")
    raise ZeroDivisionError("boom")


async def test_a_command_and_its_answer(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)  # longer than a socket's path may be
    deep.mkdir(parents=True)
    control = Control(deep / "hub.sock", _run)
    await control.start()
    try:
        assert stat.S_IMODE((deep / "hub.sock").stat().st_mode) == 0o600
        body = os.urandom(1_000_000)
        said = await asyncio.to_thread(call, deep / "hub.sock", "echo", {"a": "ä"}, body)
        assert said == {"args": {"a": "ä"}, "size": 1_000_000}
        with pytest.raises(CommandRefused, match="not today"):
            await asyncio.to_thread(call, deep / "hub.sock", "no", {})
        with pytest.raises(CommandRefused, match="ZeroDivisionError"):
            await asyncio.to_thread(call, deep / "hub.sock", "boom", {})
        with pytest.raises(CommandRefused, match="not text in UTF-8"):  # as a shell gives bytes
            await asyncio.to_thread(call, deep / "hub.sock", "echo", {"a": "\udcff"})
    finally:
        await control.close()
    assert not (deep / "hub.sock").exists()


@pytest.mark.parametrize(
    "sent", [b"", b"\0", struct.pack(">Q", 2**60), struct.pack(">Q", 3) + b"{]"]
)
async def test_nonsense_on_the_socket_harms_nobody(tmp_path: Path, sent: bytes) -> None:
    control = Control(tmp_path / "hub.sock", _run)
    await control.start()
    try:
        reader, writer = await asyncio.open_unix_connection(tmp_path / "hub.sock")
        writer.write(sent)
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        assert await asyncio.to_thread(call, tmp_path / "hub.sock", "echo", {})
    finally:
        await control.close()


def test_no_server_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoServer):
        call(tmp_path / "hub.sock", "echo", {})
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(tmp_path / "hub.sock"))
    with pytest.raises(NoServer):
        call(tmp_path / "hub.sock", "echo", {})


def test_one_process_holds_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "data" / "hub.lock"
    with FolderLock(path, by="a starting hub") as lock:
        lock.say("http://127.0.0.1:8080")
        with pytest.raises(FolderHeld, match=r"http://127\.0\.0\.1:8080"):
            wait_for(path, by="another", seconds=0)
    with wait_for(path, by="another", seconds=0):
        pass
