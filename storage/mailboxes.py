"""What was read of each folder of a mailbox: which numbers the ledger has answered for.

A folder's numbers (UIDs) hold within one *epoch*: a changed UIDVALIDITY or a moved mailbox begins
another. The newest epoch of a folder is the one that is compared with the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from connectors.fold import clean

if TYPE_CHECKING:
    from storage.db import Row, Tx

FOLDER_CAP = 500  # characters
FORGET_AT_ONCE = 2_000  # rows of an old epoch that one transaction removes
What = Literal["stored", "history", "own", "known", "failed", "ignored"]


def of_folder(tx: Tx, channel: int, folder: str, epoch: int, validity: int, *, now: int) -> int:
    """The row of one folder's epoch; made if it is not there."""
    folder = clean(folder, FOLDER_CAP)
    found = tx.value(
        "SELECT id FROM mailbox WHERE channel = :c AND folder = :f AND epoch = :e",
        c=channel,
        f=folder,
        e=epoch,
    )
    if found is not None:
        return int(found)
    return tx.insert(
        """
        INSERT INTO mailbox (channel, folder, epoch, validity, created_at)
        VALUES (:channel, :folder, :epoch, :validity, :now)
        """,
        channel=channel,
        folder=folder,
        epoch=epoch,
        validity=validity,
        now=now,
    )


def settled(tx: Tx, mailbox: int, uids: Iterable[int], counts: Mapping[What, int]) -> None:
    """These mails were filed, each in whichever state; ``counts`` is how many in which."""
    for uid in uids:
        tx.run(
            """
            INSERT INTO mailbox_mail (mailbox, uid) VALUES (:mailbox, :uid)
            ON CONFLICT DO NOTHING
            """,
            mailbox=mailbox,
            uid=uid,
        )
    tx.run(
        """
        UPDATE mailbox SET stored = stored + :stored, history = history + :history,
          own = own + :own, known = known + :known, failed = failed + :failed,
          ignored = ignored + :ignored WHERE id = :id
        """,
        id=mailbox,
        stored=counts.get("stored", 0),
        history=counts.get("history", 0),
        own=counts.get("own", 0),
        known=counts.get("known", 0),
        failed=counts.get("failed", 0),
        ignored=counts.get("ignored", 0),
    )


def uids(tx: Tx, mailbox: int, first: int, last: int) -> list[int]:
    """The numbers between two, both included, that the ledger has answered for."""
    rows = tx.all(
        """
        SELECT uid FROM mailbox_mail WHERE mailbox = :m AND uid >= :first AND uid <= :last
        ORDER BY uid
        """,
        m=mailbox,
        first=first,
        last=last,
    )
    return [int(row["uid"]) for row in rows]


def forget(tx: Tx, mailbox: int, gone: Sequence[int]) -> None:
    """The server has these no more: they are not looked for again."""
    for uid in gone:
        tx.run("DELETE FROM mailbox_mail WHERE mailbox = :m AND uid = :uid", m=mailbox, uid=uid)


def forget_old(tx: Tx, mailbox: int) -> bool:
    """Remove some numbers of a folder's earlier epochs; False once there are none."""
    return bool(
        tx.run(
            """
            DELETE FROM mailbox_mail WHERE mailbox IN (
              SELECT o.id FROM mailbox o JOIN mailbox m ON m.channel = o.channel
                AND m.folder = o.folder AND o.epoch < m.epoch WHERE m.id = :m)
            AND uid IN (SELECT x.uid FROM mailbox_mail x JOIN mailbox o ON o.id = x.mailbox
              JOIN mailbox m ON m.channel = o.channel AND m.folder = o.folder
                AND o.epoch < m.epoch WHERE m.id = :m LIMIT :most)
            """,
            m=mailbox,
            most=FORGET_AT_ONCE,
        )
    )


def reconciled(
    tx: Tx,
    mailbox: int,
    *,
    on_server: int,
    missing: int,
    fetched: int,
    gone: int,
    left_out: int,
    now: int,
) -> None:
    """What comparing the server's numbers with ours came to."""
    tx.run(
        """
        UPDATE mailbox SET reconciled_at = :now, on_server = :on_server, missing = :missing,
          fetched = :fetched, gone = :gone, left_out = :left_out WHERE id = :id
        """,
        id=mailbox,
        now=now,
        on_server=on_server,
        missing=missing,
        fetched=fetched,
        gone=gone,
        left_out=left_out,
    )


def folders(tx: Tx, channel: int) -> list[Row]:
    """The newest epoch of each folder, by name, with how often its numbering has changed."""
    return tx.all(
        """
        SELECT m.*, m.epoch - 1 AS changes FROM mailbox m
        WHERE m.channel = :channel AND m.epoch = (SELECT MAX(o.epoch) FROM mailbox o
          WHERE o.channel = m.channel AND o.folder = m.folder)
        ORDER BY m.folder
        """,
        channel=channel,
    )


def last_reconciled(tx: Tx, channel: int) -> int | None:
    """When the channel's folders were last compared with the server (µs): the oldest of them."""
    rows = folders(tx, channel)
    if not rows or any(row["reconciled_at"] is None for row in rows):
        return None
    return min(int(row["reconciled_at"]) for row in rows)
