"""A source that is a mailbox: where it stands, what it holds, what would be fetched."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from connectors.contract.incoming import Cursor, Raw


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """How far a mailbox's folder was read. Numbers are UIDs and hold within one ``epoch``."""

    folder: str
    epoch: int
    """Begins anew when the numbers begin to mean other mails (RFC 3501 section 2.3.1.1)."""
    validity: int
    """The server's UIDVALIDITY."""
    upto: int
    """What came to us new was read up to this one."""
    history_left: int
    """Numbers of history that are still to be looked at; 0: all is read."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a source would fetch of one folder if it began now."""

    folder: str
    new: int
    history: int
    left_out: int
    """Mails that are older than the history that is wanted."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A mail that stands on the server."""

    uid: int
    arrived_at: datetime | None
    wanted: bool
    """Whether it should be in the store by now."""
    is_history: bool
    """Whether it lay there before us."""


@runtime_checkable
class Mailbox(Protocol):
    """A source whose mails stand in numbered folders: it can be compared with what was filed.

    All but the first three connect by themselves and raise as ``Source.events`` does.
    """

    def places(self, cursor: Cursor | None) -> Sequence[FolderPlace]:
        """How far each folder was read. Pure."""

    def located(self, raw: Raw) -> tuple[str, int] | None:
        """Folder and number of a raw of this source; None if it came by another door. Pure."""

    def filing(self, raw: Raw) -> Literal["", "history", "own"]:
        """How a raw of this source is filed: empty for what is new. Pure."""

    async def backlog(self, cursor: Cursor | None) -> Sequence[Backlog]:
        """What would be fetched if the source began at this cursor, by folder."""

    def listing(self, cursor: Cursor) -> AsyncGenerator[tuple[FolderPlace, Sequence[Listed]], None]:
        """What stands on the server now, in bounded pages of ascending numbers, folder by folder.

        Folders whose epoch has changed are left out: the source itself reads them anew.
        """

    def fetch(
        self, place: FolderPlace, mails: Sequence[Listed]
    ) -> AsyncGenerator[Sequence[Raw], None]:
        """These mails in bounded batches, marked as history where ``is_history`` says so."""
