"""TOTP: shown once, sealed at rest, asked for at every door; each code and recovery code good once."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote

import pyotp
import pytest

from hub import auth
from hub.access import second_factor
from hub.access.principal import CSRF_HEADER
from hub.limits import Buckets
from tests.hub.access.door import PASSWORD, audited, sign_in_by_link
from tests.hub.office import Caller, Office, opened

EMAIL = "one@acme.example"
STEP = second_factor.STEP * 1_000_000


class Clock:
    """The hub's clock for sign-ins, moved by hand: never on the edge of a step."""

    def __init__(self) -> None:
        self.now = time.time_ns() // 1_000 // STEP * STEP + STEP // 2

    def __call__(self) -> int:
        return self.now


@pytest.fixture
async def office(tmp_path: Path, sqlite_url: str) -> AsyncIterator[Office]:
    async with opened(tmp_path, sqlite_url) as found:
        _move_by_hand(found)
        yield found


def _move_by_hand(found: Office) -> None:
    found.hub.auth._clock = found.hub.clock = Clock()
    found.hub.auth._by_address = Buckets(1000, 1000)
    found.hub.auth._by_email = Buckets(1000, 1000)


async def test_on_the_other_engine_too(tmp_path: Path, postgres_url: str) -> None:
    """What every other test here asks on SQLite, in one hub."""
    async with opened(tmp_path, postgres_url) as found:
        _move_by_hand(found)
        async with found.caller() as caller:
            csrf = await sign_in_by_link(found, caller, EMAIL)
            secret, codes = await _enrol(found, caller, csrf)
            _later(found)
            code = _code(found, secret)
            assert [await _sign_in(caller, code) for _ in range(2)] == [200, 401]
            assert [await _sign_in(caller, codes[0]) for _ in range(2)] == [200, 401]
            await found.run("key-rotate")
            _later(found)
            assert await _sign_in(caller, _code(found, secret)) == 200


def _later(office: Office, steps: int = 1) -> int:
    """Let time pass; seconds since 1970."""
    clock = office.hub.auth._clock
    assert isinstance(clock, Clock)
    clock.now += steps * STEP
    return clock.now // 1_000_000


def _code(office: Office, secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(_later(office, 0) + steps * second_factor.STEP)


async def _enrol(office: Office, caller: Caller, csrf: dict[str, str]) -> tuple[str, list[str]]:
    """Turn it on; the secret and the recovery codes."""
    begun = await caller.post("me/second-factor", {"current": PASSWORD}, headers=csrf)
    assert begun.status == 201, begun.text
    secret = begun.json["secret"]
    assert unquote(begun.json["picture"]).startswith("data:image/svg+xml")
    parsed = pyotp.parse_uri(begun.json["uri"])
    assert (parsed.secret, parsed.name) == (secret, EMAIL)
    assert (await caller.get("me/security")).json["second_factor"] is False
    wrong = await caller.post("me/second-factor/confirm", {"code": "000000"}, headers=csrf)
    assert wrong.status == 400
    code = {"code": _code(office, secret)}
    done = await caller.post("me/second-factor/confirm", code, headers=csrf)
    assert done.status == 200, done.text
    return secret, done.json["codes"]


async def _sign_in(caller: Caller, code: str | None = None) -> int:
    body = {"email": EMAIL, "password": PASSWORD, **({} if code is None else {"code": code})}
    return (await caller.post("sign-in", body)).status


async def test_a_code_is_asked_for_and_taken_once(office: Office) -> None:
    async with office.caller() as caller, office.caller() as other:
        csrf = await sign_in_by_link(office, caller, EMAIL)
        assert await _sign_in(other) == 200
        refused = await caller.post("me/second-factor", {"current": "not it"}, headers=csrf)
        assert refused.status == 403
        secret, _ = await _enrol(office, caller, csrf)
        assert (await other.get("me")).status == 401, "sessions from before it go on"
        assert (await caller.get("me")).status == 200
        again = await caller.post("me/second-factor", {"current": PASSWORD}, headers=csrf)
        assert again.status == 409
    async with office.caller() as caller:
        body = {"email": EMAIL, "password": PASSWORD}
        asked = await caller.post("sign-in", body)
        assert (asked.status, asked.json["needs"]) == (401, "code")
        wrong = await caller.post("sign-in", body | {"password": "not it at all"})
        assert "needs" not in wrong.json, "says that there is a second factor without the first"
        assert await _sign_in(caller, _code(office, secret)) == 401, "the code of enrolling, again"
        _later(office)
        code = _code(office, secret)
        assert await _sign_in(caller, f"{code[:3]} {code[3:]}") == 200
        assert await _sign_in(caller, code) == 401, "replayed"
        assert await _sign_in(caller, _code(office, secret, -1)) == 401, "older than the last"
        assert await _sign_in(caller, _code(office, secret, 1)) == 200, "a clock that is ahead"
        _later(office, 3)
        assert await _sign_in(caller, _code(office, secret, -2)) == 401, "too old"
        assert await _sign_in(caller, _code(office, secret, 2)) == 401, "too new"
        for odd in ("", "12345", "1234567", "abcdef", "１２３４５６", "\0"):
            assert await _sign_in(caller, odd) in (400, 401), odd


async def test_recovery_codes_are_good_once_and_can_be_made_anew(office: Office) -> None:
    async with office.caller() as caller:
        csrf = await sign_in_by_link(office, caller, EMAIL)
        _, codes = await _enrol(office, caller, csrf)
        assert len(set(codes)) == second_factor.CODES
        assert await _sign_in(caller, codes[0].upper().replace("-", " ")) == 200
        assert await _sign_in(caller, codes[0]) == 401
        csrf = {CSRF_HEADER: (await caller.get("me")).json["csrf"]}
        assert (await caller.get("me/security")).json["recovery_codes"] == len(codes) - 1
        made = await caller.post("me/second-factor/codes", {"current": PASSWORD}, headers=csrf)
        assert await _sign_in(caller, codes[1]) == 401, "void"
        assert await _sign_in(caller, made.json["codes"][0]) == 200
        (first, second) = await audited(office, "use-recovery-code")
        assert (first["data"]["left"], second["data"]["left"]) == (9, 9)


async def test_a_link_asks_for_it_too_and_survives_a_wrong_code(office: Office) -> None:
    async with office.caller() as caller:
        secret, _ = await _enrol(office, caller, await sign_in_by_link(office, caller, EMAIL))
    _later(office)
    link = (await office.run("user-link", email=EMAIL)).rpartition("/")[2]
    async with office.caller() as caller:
        assert (await caller.get(f"links/{link}")).json["needs_code"]
        for code in (None, "000000"):
            asked = await caller.post(f"links/{link}", {"code": code})
            assert (asked.status, asked.json["needs"]) == (401, "code")
        good = {"code": _code(office, secret), "password": "a new long password"}
        assert (await caller.post(f"links/{link}", good)).status == 200


async def test_wrong_codes_lock_the_account_as_wrong_passwords_do(office: Office) -> None:
    async with office.caller() as caller, office.admin() as admin:
        secret, _ = await _enrol(office, caller, await sign_in_by_link(office, caller, EMAIL))
        for _ in range(auth.LOCK_AFTER):
            assert await _sign_in(caller, "000000") == 401
        _later(office)
        assert await _sign_in(caller, _code(office, secret)) == 401
        (locked,) = await audited(office, "lock-out")
        assert locked["subject_name"] == "One"
        user = int(locked["subject"].partition(":")[2])
        link = (await office.run("user-link", email=EMAIL)).rpartition("/")[2]
        by_link = {"code": _code(office, secret)}
        assert (await caller.post(f"links/{link}", by_link)).status == 401, "a way to guess codes"
        assert (await admin.post(f"users/{user}/unlock")).json["locked_until"] is None
        assert await _sign_in(caller, _code(office, secret)) == 200


async def test_who_has_lost_it_is_let_in_by_an_admin_or_the_command_line(office: Office) -> None:
    async with office.caller() as caller, office.admin() as admin:
        csrf = await sign_in_by_link(office, caller, EMAIL)
        await _enrol(office, caller, csrf)
        me = (await caller.get("me")).json["id"]
        assert (await admin.get(f"users/{me}")).json["second_factor"]
        gone = await admin.call("DELETE", f"users/{me}/second-factor")
        assert gone.json["second_factor"] is False
        assert (await admin.call("DELETE", f"users/{me}/second-factor")).status == 404
        assert await _sign_in(caller) == 200
        csrf = {CSRF_HEADER: (await caller.get("me")).json["csrf"]}
        await _enrol(office, caller, csrf)
        await office.run("user-reset", email=EMAIL)
        assert (await caller.get("me")).status == 401
        assert await _sign_in(caller) == 200


async def test_the_secret_is_sealed_and_follows_the_key(office: Office, tmp_path: Path) -> None:
    async with office.caller() as caller:
        secret, codes = await _enrol(office, caller, await sign_in_by_link(office, caller, EMAIL))
        plain = {secret, *codes, *(code.replace("-", "") for code in codes)}
        assert not plain & set(await _words(office)), "in clear in the database"
        await office.run("key-rotate")
        _later(office)
        assert await _sign_in(caller, _code(office, secret)) == 200


async def _words(office: Office) -> list[str]:
    """Every text of the tables about people."""
    found: list[str] = []
    for table in ("user_account", "recovery_code", "audit", "session", "setting"):
        rows = await office.hub.db.read(lambda tx, name=table: tx.all(f"SELECT * FROM {name}"))
        for row in rows:
            found += [str(value) for value in row]
    return found


async def test_a_program_has_no_second_factor(office: Office) -> None:
    async with office.person(EMAIL) as caller:
        for path in ("me/second-factor", "me/second-factor/codes", "me/second-factor/remove"):
            assert (await caller.post(path, {"current": None})).status == 403, path
