"""The demo's week: planned the same every time, and filed through intake."""

from __future__ import annotations

import ast
import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from hub import settings
from hub.demo import config, dialogues, fill, folder, people, plan
from hub.demo.messages import Messages

NOW = 1_760_000_000 * plan.SECOND
PORTS = config.Ports(18_081, 18_082)


# ---------------------------------------------------------------- the plan


def test_the_same_week_every_time() -> None:
    assert plan.steps(NOW, "Asia/Tehran") == plan.steps(NOW, "Asia/Tehran")


def test_the_week_is_in_order_and_in_the_past() -> None:
    steps = plan.steps(NOW)
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert steps[0].at > NOW - 8 * plan.DAY
    assert steps[-1].at < NOW
    assert not any("{" in step.text + step.subject for step in steps)


def test_the_week_has_everything() -> None:
    steps = plan.steps(NOW)
    begun = [step for step in steps if step.do == "said" and step.turn == 1]
    assert len(begun) > 400
    assert {step.channel for step in begun} == {"sms", "mail", "chat"}
    languages = Counter(step.customer.language for step in begun)
    assert min(languages.values()) > 120
    assert {step.do for step in steps} == set(fill._DO)


def test_nobody_is_in_two_matters_on_one_channel() -> None:
    last: dict[tuple[str, str], int] = {}
    for step in plan.steps(NOW):
        if step.do == "said":
            place = (step.customer.key, step.channel)
            assert step.talk >= last.get(place, 0)
            last[place] = step.talk


def test_customers_are_120_and_reachable() -> None:
    found = people.customers()
    assert len(found) == people.COUNT == len({one.key for one in found})
    assert all(one.phone or one.email or one.chats for one in found)
    assert sum(bool(one.phone and one.email) for one in found) > 20
    phones = [one.phone for one in found if one.phone]
    assert len(phones) == len(set(phones))
    assert all(one.email.endswith(".example") for one in found if one.email)


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("channel", dialogues.CHANNELS)
def test_every_channel_has_stories_in_both_languages(language: str, channel: str) -> None:
    fitting = [one for one in dialogues.dialogues() if one.language == language]
    assert sum(channel in one.channels for one in fitting) >= 8


# ---------------------------------------------------------------- carried out


@pytest.fixture
def filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[settings.Settings, sqlite3.Connection]]:
    """A store with a short week in it."""

    found = settings.load(None, {"HUB_DATA": str(tmp_path / "data")})
    marker = folder.prepare(found, fresh=False)
    for name, value in marker.environment().items():
        monkeypatch.setenv(name, value)
    asyncio.run(fill.fill(found, marker, PORTS, NOW, talks=90))
    with closing(sqlite3.connect(found.data / "hub.db")) as connection:
        yield found, connection


def one(connection: sqlite3.Connection, sql: str) -> int:
    return int(connection.execute(sql).fetchone()[0])


def test_the_week_is_filed(filled: tuple[settings.Settings, sqlite3.Connection]) -> None:
    found, db = filled
    assert folder.read(found) is not None
    assert one(db, "SELECT COUNT(*) FROM conversation") > 60
    ledger = dict(db.execute("SELECT state, SUM(n) FROM ledger_count GROUP BY 1"))
    assert set(ledger) == {"stored"}
    messages = one(db, "SELECT COUNT(*) FROM timeline_entry WHERE direction = 'in'")
    receipts = one(db, "SELECT COUNT(*) FROM raw_event WHERE kind = 'receipt'")
    assert ledger["stored"] == messages + receipts
    assert one(db, "SELECT COUNT(*) FROM work_item WHERE state = 'queued'") >= plan.WAITING - 3
    assert one(db, "SELECT COUNT(*) FROM work_item WHERE state = 'active'") >= 1
    assert one(db, "SELECT COUNT(*) FROM agent WHERE presence <> 'offline'") == 0
    assert one(db, "SELECT COUNT(*) FROM delivery WHERE state IN ('queued', 'sending')") == 0


def test_what_no_person_wrote_is_filed_without_routing(
    filled: tuple[settings.Settings, sqlite3.Connection],
) -> None:
    _, db = filled
    rules = dict(db.execute("SELECT rule, COUNT(*) FROM decision GROUP BY 1"))
    assert {"hub:automatic", "hub:bulk", "hub:bounce", "hub:opt-out"} <= rules.keys()
    assert one(db, "SELECT COUNT(*) FROM decision WHERE rule LIKE 'hub:%' AND work_item > 0") == 0
    assert one(db, "SELECT COUNT(*) FROM consent WHERE state = 'withdrawn'") > 0
    assert one(db, "SELECT COUNT(*) FROM delivery WHERE state = 'failed'") >= 1  # the bounce
    assert one(db, "SELECT COUNT(*) FROM conversation WHERE status = 'spam'") == 1


def test_people_are_known_on_several_channels(
    filled: tuple[settings.Settings, sqlite3.Connection],
) -> None:
    _, db = filled
    several = """
        SELECT COUNT(*) FROM (SELECT COALESCE(l.root, c.contact) AS person FROM conversation c
        LEFT JOIN contact_link l ON l.member = c.contact AND l.revoked_at IS NULL
        GROUP BY person HAVING COUNT(DISTINCT c.channel) > 1)
    """
    assert one(db, several) >= 3
    assert one(db, "SELECT COUNT(*) FROM contact_link") >= 1  # a signed visitor
    assert one(db, "SELECT COUNT(*) FROM attachment") >= 5


def test_times_are_those_of_the_story(
    filled: tuple[settings.Settings, sqlite3.Connection],
) -> None:
    _, db = filled
    spread = one(db, "SELECT MAX(recorded_at) - MIN(recorded_at) FROM timeline_entry")
    assert spread > 6 * plan.DAY
    backwards = """
        SELECT COUNT(*) FROM timeline_entry a JOIN timeline_entry b
        ON a.conversation = b.conversation AND a.id < b.id AND a.recorded_at > b.recorded_at
    """
    assert one(db, backwards) == 0


def test_the_customers_phones_remember_the_week(
    filled: tuple[settings.Settings, sqlite3.Connection],
) -> None:
    found, db = filled
    kept = Messages(folder.simulator(found))
    in_store = one(
        db,
        """SELECT COUNT(*) FROM timeline_entry t JOIN channel c ON c.id = t.channel
        WHERE c.name <> 'chat' AND t.kind = 'message' AND t.data NOT LIKE '%bounce%'""",
    )
    assert sum(len(kept.of(*key)) for key in kept.customers()) == in_store


def test_another_hub_is_never_touched(tmp_path: Path) -> None:
    found = settings.load(None, {"HUB_DATA": str(tmp_path)})
    (tmp_path / "hub.db").write_bytes(b"somebody's")
    for fresh in (False, True):
        with pytest.raises(folder.NotADemo, match="not a demo"):
            folder.prepare(found, fresh=fresh)
    assert (tmp_path / "hub.db").read_bytes() == b"somebody's"


def test_a_demo_is_made_once_and_again_when_fresh(tmp_path: Path) -> None:
    found = settings.load(None, {"HUB_DATA": str(tmp_path)})
    first = folder.prepare(found, fresh=False)
    assert folder.prepare(found, fresh=False) != first  # was not finished
    first = folder.prepare(found, fresh=False)
    first.filled = True
    folder.write(found, first)
    (tmp_path / "hub.db").touch()
    assert folder.prepare(found, fresh=False) == first
    assert (tmp_path / "hub.db").exists()
    assert folder.prepare(found, fresh=True).sms_token != first.sms_token
    assert not (tmp_path / "hub.db").exists()


@pytest.mark.slow
def test_a_whole_week_takes_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    found = settings.load(None, {"HUB_DATA": str(tmp_path / "data")})
    marker = folder.prepare(found, fresh=False)
    for name, value in marker.environment().items():
        monkeypatch.setenv(name, value)
    began = time.process_time()
    asyncio.run(fill.fill(found, marker, PORTS, NOW))
    assert time.process_time() - began < 10


def test_only_the_fill_reaches_into_the_hub() -> None:
    """What the simulator and the load send goes over HTTP and sockets."""
    source = Path(fill.__file__).parent
    reaching: set[str] = set()
    for path in source.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{a.name}" for a in node.names]
            inner = ("hub.intake", "hub.filing", "hub.compose", "hub.actions", "hub.channels")
            if any(name.startswith(inner) for name in names):
                reaching.add(path.name)
    assert reaching == {"fill.py", "acts.py"}


def test_the_week_on_postgresql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_postgres_url: str
) -> None:

    environment = {
        "HUB_DATA": str(tmp_path / "data"),
        "HUB_DATABASE": empty_postgres_url,
        "HUB_KEY": "k" * 40,
    }
    found = settings.load(None, environment)
    marker = folder.prepare(found, fresh=False)
    for name, value in marker.environment().items():
        monkeypatch.setenv(name, value)
    asyncio.run(fill.fill(found, marker, PORTS, NOW, talks=30))
    assert marker.filled
    with pytest.raises(folder.NotADemo, match="PostgreSQL"):
        folder.prepare(found, fresh=True)
    (found.data / folder.NAME).unlink()
    again = folder.prepare(replace(found, data=tmp_path / "other"), fresh=False)
    with pytest.raises(folder.NotADemo, match="an empty one"):
        asyncio.run(fill.fill(replace(found, data=tmp_path / "other"), again, PORTS, NOW, talks=30))
