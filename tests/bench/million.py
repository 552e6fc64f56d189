"""A store with many entries, as after months of work: made by SQL, so that it takes seconds.

Ten messages a conversation, four conversations a contact, one in 200 still waiting; each message
with its raw request and its event of the ledger, each conversation with a decision.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.bench import servers
from tests.bench.bench_intake import sms

ENTRIES = int(os.environ.get("HUB_BENCH_ENTRIES", "1000000"))
START = 1_780_000_000_000_000  # microseconds: the first message
STEP = 15_000_000  # microseconds between two
TEXT = "'Hello, my parcel number ' || i || ' has not come yet. Where is it?'"
_ROWS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n}) "
_STATEMENTS = (
    (40, """INSERT INTO contact (id, name, folded, created_at)
      SELECT 1000 + i, 'Customer ' || i, 'customer ' || i, {start} FROM n"""),
    (40, """INSERT INTO identity (id, uri, contact, source, created_at)
      SELECT 1000 + i, 'tel:+1303' || printf('%07d', i), 1000 + i, 'channel:sms', {start} FROM n"""),
    (10, """INSERT INTO conversation (id, contact, identity, channel, status, queue, code, last_at,
        created_at, waiting_since)
      SELECT 1000 + i, 1000 + 1 + (i - 1) / 4, 1000 + 1 + (i - 1) / 4, {channel},
        CASE WHEN i % 200 = 0 THEN 'open' ELSE 'resolved' END, {queue}, printf('%08d', i),
        {start} + i * 10 * {step}, {start} + i * 10 * {step},
        CASE WHEN i % 200 = 0 THEN {start} + i * 10 * {step} END FROM n"""),
    (10, """INSERT INTO participant (conversation, identity, role, at)
      SELECT 1000 + i, 1000 + 1 + (i - 1) / 4, 'customer', {start} FROM n"""),
    (10, """INSERT INTO work_item (id, conversation, channel, queue, mode, state, order_key, units,
        rule_version, entered_at, queued_at, ended_at)
      SELECT 1000 + i, 1000 + i, {channel}, {queue}, 'pull',
        CASE WHEN i % 200 = 0 THEN 'queued' ELSE 'completed' END, {start} + i * 10 * {step}, 15, 1,
        {start} + i * 10 * {step}, {start} + i * 10 * {step},
        CASE WHEN i % 200 = 0 THEN NULL ELSE {start} + i * 10 * {step} END FROM n"""),
    (10, """INSERT INTO decision (conversation, work_item, rule_version, rule, data, at)
      SELECT 1000 + i, 1000 + i, 1, 'rest', '{{"hit":["rest"]}}', {start} + i * 10 * {step} FROM n"""),
    (1, """INSERT INTO raw_request (id, channel, kind, key, headers, url, body, received_at)
      SELECT 1000 + i, {channel}, 'webhook', '', '[["User-Agent","TwilioProxy/1.1"]]',
        'https://hub.example/in/sms', CAST({body} || i AS BLOB), {start} + i * {step} FROM n"""),
    (1, """INSERT INTO timeline_entry (id, contact, identity, conversation, kind, channel, direction,
        actor, text, provider_id, raw_event, recorded_at)
      SELECT 1000 + i, 1000 + 1 + (i - 1) / 40, 1000 + 1 + (i - 1) / 40, 1000 + 1 + (i - 1) / 10,
        'message', {channel}, 'in', 'customer', {text}, 'SM' || printf('%032d', -i), 1000 + i,
        {start} + i * {step} FROM n"""),
    (1, """INSERT INTO raw_event (id, request, channel, kind, provider_id, state, entry, at)
      SELECT 1000 + i, 1000 + i, {channel}, 'message', 'old' || i, 'stored', 1000 + i,
        {start} + i * {step} FROM n"""),
    (2, """INSERT INTO event (kind, subject, conversation, contact, queue, data, at)
      SELECT 'entry.added', 1000 + i, 1000 + 1 + (i - 1) / 10, 1000 + 1 + (i - 1) / 40, {queue},
        '{{}}', {start} + i * {step} FROM n"""),
)  # fmt: skip


def made(folder: Path, entries: int = ENTRIES) -> Path:
    """An SQLite store in ``folder/data``, closed; the data folder."""
    data = folder / "data"
    with servers.started("hub", str(data), env={"HUB_DATABASE": ""}):
        pass  # channels, queues, agents
    with closing(sqlite3.connect(data / "hub.db", isolation_level=None)) as raw:
        raw.execute("PRAGMA synchronous=OFF")
        raw.execute("PRAGMA cache_size=-262144")
        fill(raw, entries)
    return data


def fill(raw: sqlite3.Connection, entries: int) -> None:
    """Put so many messages in."""
    body = sms(7).partition(b"\r\n\r\n")[2].decode()
    known = {
        "channel": raw.execute("SELECT id FROM channel WHERE name = 'sms'").fetchone()[0],
        "queue": raw.execute("SELECT id FROM queue WHERE name = 'general'").fetchone()[0],
        "start": START,
        "step": STEP,
        "text": TEXT,
        "body": f"'{body}'",
    }
    raw.execute("BEGIN")
    for share, statement in _STATEMENTS:
        n = max(entries // share, 1)
        raw.execute(_ROWS.format(n=n) + statement.format(**known))
    raw.execute(
        "INSERT INTO ledger_count (channel, state, n) VALUES (?, 'stored', ?)",
        (known["channel"], entries),
    )
    raw.execute("COMMIT")
