"""What the command line says of a mailbox, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def check(one: Mapping[str, Any]) -> list[str]:
    """Lines about one channel: whether it works, and what would be fetched of each folder."""
    lines = [f"{one['channel']}: {'ok' if one['ok'] else one['words']}"]
    for folder in one.get("backlog", ()):
        said = [f"{folder['new']} new", f"{folder['history']} of history"]
        if folder["left_out"]:
            said.append(f"{folder['left_out']} older ones left out")
        lines.append(f"  {folder['folder']}: would fetch {', '.join(said)}")
    return lines


def compared(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line a folder: how the server and the store differ."""
    lines = []
    for one in found:
        said = f"{one['folder']}: {one['on_server']} on the server"
        if one["left_out"]:
            said += f", {one['left_out']} of them older than wanted"
        if one["gone"]:
            said += f", {one['gone']} gone from there"
        said += f", {one['missing']} missing here"
        if one["fetched"]:
            said += f", {one['fetched']} of them fetched now"
        lines.append(said)
    return lines or ["nothing was read yet"]
