"""Configuration as code: what a plan says is what apply does, and an export changes nothing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import registry
from hub import declare, declared, files
from hub.declared import DeclarationInvalid
from hub.keys import Keys
from hub.rules import rows as rule_rows
from storage import channels
from storage.db import Database, Tx
from tests.fakes import twilio

SECRET = "0123456789abcdef-very-secret"
FILE = f"""
channels:
  - name: sms
    kind: sms_twilio
    title: Text us
    reopen_within: 2d
    settings: {{account_sid: {twilio.ACCOUNT}, auth_token: {SECRET}, number: "+12025550123"}}
  - name: chat
    kind: webchat
    simulated: true
    signature: report
    settings: {{site_secret: {{env: SITE_SECRET}}, prechat: [name, email]}}
queues:
  - {{name: general, title: General}}
  - name: sales
    title: {{en: Sales, fa: فروش}}
    visible_to: members
    modes: {{webchat: ask, "*": pull}}
    units: {{webchat: 40}}
    offer_for: 90s
agents:
  - {{email: One@Acme.Example, name: One, queues: [sales, general], capacity: 80}}
  - {{email: two@acme.example, role: supervisor}}
rules:
  - {{id: "no", when: {{field: sender, eq: "+1555"}}, then: {{queue: sales, priority: +5m}}}}
  - {{id: rest, when: {{}}, then: {{queue: general}}}}
"""
ADDED = [
    "add queue general",
    "add queue sales",
    "add channel sms",
    "add channel chat",
    "add agent one@acme.example",
    "add agent two@acme.example",
    "add rule no",
    "add rule rest",
]


@pytest.fixture
def keys() -> Keys:
    return Keys(["k" * 40], b"r" * 32)


@pytest.fixture(autouse=True)
def site_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SITE_SECRET", raising=False)


class Desk:
    """A store to apply files to."""

    def __init__(self, db: Database, keys: Keys) -> None:
        self.db = db
        self.keys = keys

    def _order(self, text: str, *, prune: bool) -> declare.Order:
        return declare.Order(
            declared=declared.read(files.load(text)), keys=self.keys, prune=prune, now=1_000_000
        )

    async def plan(self, text: str, *, prune: bool = False) -> list[str]:
        found = await self.db.read(declare.plan, self._order(text, prune=prune))
        return [str(change) for change in found]

    async def apply(self, text: str, *, prune: bool = False) -> list[str]:
        planned = await self.plan(text, prune=prune)
        done = await self.db.write(declare.apply, self._order(text, prune=prune))
        assert done == planned
        assert await self.plan(text, prune=prune) == []
        return done

    async def export(self) -> str:
        return await self.db.read(declare.export)


@pytest.fixture
def desk(db: Database, keys: Keys) -> Desk:
    return Desk(db, keys)


async def test_a_file_is_applied_and_exported_and_applied(desk: Desk) -> None:
    assert await desk.apply(FILE) == ADDED
    exported = await desk.export()
    assert SECRET not in exported
    assert await desk.apply(exported) == []
    assert await desk.apply(exported, prune=True) == []
    document = files.load(exported).value
    assert document["channels"][1]["settings"]["auth_token"] == {"kept": True}
    assert document["channels"][0]["settings"]["site_secret"] == {"env": "SITE_SECRET"}
    assert document["agents"][0] == {
        "email": "one@acme.example",
        "name": "One",
        "queues": ["general", "sales"],
        "capacity": 80,
    }
    assert document["rules"] == files.load(FILE).value["rules"]


async def test_secrets_are_sealed_in_the_table(desk: Desk) -> None:
    await desk.apply(FILE)
    row = await desk.db.read(channels.by_name, "sms")
    assert row is not None
    assert SECRET not in row["settings"]
    sealed = msgspec.json.decode(row["settings"])["auth_token"]["sealed"]
    assert desk.keys.decrypt(sealed) == SECRET


async def test_the_same_secret_given_again_changes_nothing(desk: Desk) -> None:
    await desk.apply(FILE)
    assert await desk.apply(FILE) == []
    changed = await desk.apply(FILE.replace(SECRET, SECRET + "2"))
    assert changed == ["change channel sms (settings)"]


async def test_only_what_differs_is_changed(desk: Desk) -> None:
    await desk.apply(FILE)
    text = FILE.replace("title: General", "title: All").replace("capacity: 80", "capacity: 90")
    assert await desk.apply(text) == [
        "change queue general (title)",
        "change agent one@acme.example (capacity)",
    ]


async def test_what_is_not_in_the_file_stays_without_prune(desk: Desk) -> None:
    await desk.apply(FILE)
    small = "queues: [{name: general, title: General}]\n"
    assert await desk.apply(small) == []
    text = small + "rules: [{id: all, when: {}, then: {queue: general}}]\n"
    assert await desk.apply(text, prune=True) == [
        "remove queue sales",
        "remove channel chat",
        "remove channel sms",
        "remove agent one@acme.example",
        "remove agent two@acme.example",
        "add rule all",
        "remove rule no",
        "remove rule rest",
    ]
    document = files.load(await desk.export()).value
    assert document["channels"] == []
    assert document["agents"] == []
    assert await desk.apply(FILE) != []


async def test_a_removed_channel_leaves_no_secret_and_comes_back(desk: Desk) -> None:
    await desk.apply(FILE)
    await desk.apply("queues: [{name: general}, {name: sales}]", prune=True)
    row = await desk.db.read(channels.by_name, "sms")
    assert row is not None
    assert row["settings"] == "{}"
    assert "add channel sms" in await desk.apply(FILE)


async def test_a_queue_with_work_in_it_stays(desk: Desk) -> None:
    await desk.apply(FILE)
    await desk.db.write(_wait_in, "sales")
    with pytest.raises(DeclarationInvalid, match="sales cannot go"):
        await desk.plan("queues: [{name: general}]", prune=True)


def _wait_in(tx: Tx, queue: str) -> None:
    contact = tx.value(
        "INSERT INTO contact (name, folded, created_at) VALUES ('x', 'x', 1) RETURNING id"
    )
    identity = tx.value(
        "INSERT INTO identity (uri, contact, source, created_at) "
        "VALUES ('tel:+1', :c, 'test', 1) RETURNING id",
        c=contact,
    )
    channel = tx.value("SELECT id FROM channel WHERE name = 'sms'")
    conversation = tx.value(
        "INSERT INTO conversation (contact, identity, channel, status, code, last_at, created_at) "
        "VALUES (:c, :i, :ch, 'open', '00000000', 1, 1) RETURNING id",
        c=contact,
        i=identity,
        ch=channel,
    )
    tx.run(
        "INSERT INTO work_item (conversation, channel, queue, mode, state, order_key, units, "
        "rule_version, entered_at, queued_at) SELECT :c, :ch, id, 'pull', 'queued', 1, 15, 0, 1, 1 "
        "FROM queue WHERE name = :q",
        c=conversation,
        ch=channel,
        q=queue,
    )


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        (
            "agents: [{email: a@b.example, queues: [general, nope]}]",
            ["agents[0].queues[1]: there is no queue nope"],
        ),
        (
            "agents: [{email: a@b.example, limits: {emial: 3}}]",
            ["agents[0].limits.emial: there is no kind of channel emial"],
        ),
        (
            "rules: [{id: rest, when: {}, then: {queue: nope}}]",
            ["rules[0].then.queue: there is no queue nope"],
        ),
        (
            "channels: [{name: sms, kind: sms_twilio, settings: {account_sid: "
            + twilio.ACCOUNT
            + ", auth_token: {kept: true}, number: '+12025550123'}}]",
            ["channels[0].settings.auth_token: there is nothing to keep: give the secret"],
        ),
    ],
)
async def test_what_cannot_work_changes_nothing(desk: Desk, text: str, errors: list[str]) -> None:
    await desk.apply("queues: [{name: general}]")
    before = await desk.export()
    with pytest.raises(DeclarationInvalid) as refused:
        await desk.apply("queues: [{name: more}]\n" + text)
    assert [str(error) for error in refused.value.errors] == errors
    assert await desk.export() == before


async def test_queues_name_only_channels_that_are_there(desk: Desk) -> None:
    wrong = "{name: q, modes: {chta: ask, '*': pull}, units: {emial: 5}, interruptible: [sms]}"
    with pytest.raises(DeclarationInvalid) as refused:
        await desk.apply(f"queues: [{wrong}]")
    assert [str(error) for error in refused.value.errors] == [
        "queues[0].modes.chta: there is no channel or kind chta",
        "queues[0].units.emial: there is no channel or kind emial",
        "queues[0].interruptible[0]: there is no channel or kind sms",
    ]


async def test_a_wrong_rule_is_told_where_the_file_has_it(desk: Desk) -> None:
    first = "- {id: one, when: {field: text, eq: x}, then: {queue: general}}\n"
    last = "- {id: rest, when: {}, then: {queue: general}}\n"
    await desk.apply(f"queues: [{{name: general}}]\nrules:\n{first}{last}")
    with pytest.raises(DeclarationInvalid) as refused:
        await desk.apply("rules:\n- {id: two, when: {field: text, eq: y}, then: {queue: nope}}")
    (error,) = refused.value.errors
    assert (error.field, error.rule) == ("rules[0].then.queue", "two")
    with pytest.raises(DeclarationInvalid) as refused:
        await desk.apply("queues: [{name: other}]", prune=True)
    assert {(error.field, error.rule) for error in refused.value.errors} >= {
        ("rules", "one"),
        ("rules", "rest"),
    }


async def test_rules_cannot_all_go(desk: Desk) -> None:
    await desk.apply(FILE)
    with pytest.raises(DeclarationInvalid, match="the last rule must be a catch-all"):
        await desk.apply(FILE.split("rules:", maxsplit=1)[0] + "rules: []", prune=True)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("channels: [{name: A b, kind: sms_twilio}]", "channels[0].name"),
        ("channels: [{name: a, kind: pigeon}]", "channels[0].kind"),
        ("channels: [{name: a, kind: sms_twilio, settings: {zap: 1}}]", "channels[0].settings.zap"),
        ("channels: [{name: a, kind: webchat}, {name: a, kind: webchat}]", "channels[1].name"),
        ("queues: [{name: a, offer_for: 0s}]", "queues[0].offer_for"),
        ("agents: [{email: nobody}]", "agents[0].email"),
        ("agents: [{email: a@b.example}, {email: A@B.example}]", "agents[1].email"),
    ],
)
def test_a_wrong_file_is_refused_by_path(text: str, path: str) -> None:
    with pytest.raises((DeclarationInvalid, files.FileInvalid)) as refused:
        declared.read(files.load(text))
    assert str(refused.value).startswith(f"{path}: ")


async def test_nobody_is_locked_out_by_a_file(desk: Desk) -> None:
    await desk.apply("agents: [{email: boss@acme.example, role: admin}]\nqueues: [{name: q}]")
    assert await desk.apply("queues: [{name: q}]", prune=True) == []


def test_the_schema_knows_every_kind() -> None:
    schema = declared.schema()
    kinds = schema["$defs"]["ChannelSpec"]["properties"]["kind"]["enum"]
    assert kinds == sorted(registry.KINDS)
    assert msgspec.json.encode(schema)


# ---------------------------------------------------------------- rules laid over rules

CATCH_ALL = {"id": "rest", "when": {}, "then": {"queue": "q"}}


def row(name: str) -> dict[str, Any]:
    return {"id": name, "when": {"field": "text", "eq": name}, "then": {"queue": "q"}}


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in rows]


def test_a_kept_rule_stays_behind_the_one_it_followed() -> None:
    before = [row("vip"), row("kept"), CATCH_ALL]
    given = [row("vip"), row("new"), CATCH_ALL]
    assert names(rule_rows.merged(before, given)) == ["vip", "kept", "new", "rest"]


def test_the_files_catch_all_takes_over() -> None:
    other = {**CATCH_ALL, "id": "other"}
    assert names(rule_rows.merged([row("a"), CATCH_ALL], [row("b"), other])) == ["a", "b", "other"]


def test_a_file_without_a_catch_all_goes_before_the_one_in_force() -> None:
    assert names(rule_rows.merged([CATCH_ALL], [row("a")])) == ["a", "rest"]


_rows = st.lists(st.sampled_from("abcdefg"), unique=True).map(lambda ids: [row(i) for i in ids])


@settings(max_examples=200)
@given(_rows, _rows)
def test_laying_over_again_changes_nothing(
    before: list[dict[str, Any]], given_rows: list[dict[str, Any]]
) -> None:
    first = rule_rows.merged([*before, CATCH_ALL], [*given_rows, CATCH_ALL])
    assert rule_rows.merged(first, [*given_rows, CATCH_ALL]) == first
    assert set(names(first)) == {*names(before), *names(given_rows), "rest"}
    assert [name for name in names(first) if name in names(given_rows)] == names(given_rows)
    assert names(first)[-1] == "rest"
