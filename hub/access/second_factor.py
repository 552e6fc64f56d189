"""TOTP (RFC 6238) and recovery codes: shown once, sealed at rest, each code good once.

Codes of one time step before and after now are taken, so that clocks may differ by 30 seconds; a
step that was taken, or an older one, is refused.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.problems import Problem, conflict, invalid
from storage import access, audit, second_factor, users

if TYPE_CHECKING:
    from hub.keys import Keys
    from storage.db import Row, Tx

STEP = 30  # seconds, RFC 6238's default and what every app takes
NEAR = (0, -1, 1)  # steps looked at
CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another
_SECOND = 1_000_000
PURPOSE = "recovery"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs, shown once."""

    secret: str
    """Base32, to type in."""
    uri: str
    """``otpauth://totp/…``: https://github.com/google/google-authenticator/wiki/Key-Uri-Format"""
    picture: str
    """The same as a QR code: an SVG as ``data:`` URL."""


def enrolment(email: str, issuer: str) -> Enrolment:
    """A new secret (160 bits) for this person."""
    import pyotp  # noqa: PLC0415  few ask for one
    import segno  # noqa: PLC0415

    secret = pyotp.random_base32()
    uri = pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=email, issuer_name=issuer)
    picture = segno.make(uri, error="m", micro=False).svg_data_uri(scale=5, border=2, dark="#000")
    return Enrolment(secret, uri, picture)


def step_of(secret: str, code: str, now: int) -> int | None:
    """The time step that a code is of, if it is near ``now`` (µs); constant time for each step."""
    import pyotp  # noqa: PLC0415  not every hub has second factors

    given = "".join(code.split())
    if not (given.isascii() and given.isdigit() and len(given) == 6):
        return None
    clock, totp = now // _SECOND, pyotp.TOTP(secret, interval=STEP)
    found = None
    for near in NEAR:
        if hmac.compare_digest(totp.at(clock + near * STEP), given):
            found = clock // STEP + near
    return found


def new_codes() -> list[str]:
    """Recovery codes: 50 bits each, as ``abcde-fghjk``."""
    return [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(2))
        for _ in range(CODES)
    ]


def code_hash(keys: Keys, user: int, code: str) -> str:
    """What the store keeps of a recovery code: worthless without the hub's key."""
    plain = "".join(sign for sign in code.casefold() if sign.isalnum())
    return keys.sign(PURPOSE, f"{user}/{plain}".encode()).hex()


# ---------------------------------------------------------------- transactions


def check(tx: Tx, keys: Keys, row: Row, code: str, now: int) -> str | None:
    """Use up a code of somebody with a second factor: ``totp`` or ``recovery``; None: it is wrong,
    or was used before."""
    step = step_of(keys.decrypt(row["totp_secret"]), code, now)
    if step is not None:
        return "totp" if second_factor.take_step(tx, row["id"], step) else None
    if not second_factor.take_code(tx, row["id"], code_hash(keys, row["id"], code), now):
        return None
    left = second_factor.codes_left(tx, row["id"])
    audit.record(
        tx, f"user:{row['id']}", "use-recovery-code", f"user:{row['id']}", now=now, left=left
    )
    return "recovery"


def begin(tx: Tx, user: int, sealed: str) -> None:
    """Keep a secret until a code confirms it. Raises Problem (409): there is one in force."""
    row = users.get(tx, user)
    if row is None or row["totp_secret"] is not None:
        raise conflict("there is a second factor already: remove it first")
    second_factor.begin(tx, user, sealed)


def confirm(
    tx: Tx, keys: Keys, user: int, session: int | None, code: str, hashes: list[str], now: int
) -> None:
    """The app shows the right codes: from now on they are asked for; other sessions end.

    Raises Problem (400: wrong code, 409: nothing to confirm).
    """
    row = users.get(tx, user)
    if row is None or row["totp_pending"] is None:
        raise conflict("there is nothing to confirm: begin again")
    step = step_of(keys.decrypt(row["totp_pending"]), code, now)
    if step is None:
        raise invalid("code", "is not what the app should show now: look at its clock")
    second_factor.confirm(tx, user, row["totp_pending"], step)
    second_factor.set_codes(tx, user, hashes)
    access.end_sessions(tx, user, but=session, now=now)
    audit.record(tx, f"user:{user}", "add-second-factor", f"user:{user}", now=now)


def renew_codes(tx: Tx, user: int, hashes: list[str], now: int) -> None:
    """New recovery codes; the old ones are void. Raises Problem (409): no second factor."""
    row = users.get(tx, user)
    if row is None or row["totp_secret"] is None:
        raise conflict("there is no second factor")
    second_factor.set_codes(tx, user, hashes)
    audit.record(tx, f"user:{user}", "new-recovery-codes", f"user:{user}", now=now)


def remove(tx: Tx, user: int, by: str, now: int) -> None:
    """No second factor any more. Raises Problem (404): there is none."""
    if not second_factor.remove(tx, user):
        raise Problem(404, "there is no second factor")
    audit.record(tx, by, "remove-second-factor", f"user:{user}", now=now)


def reseal(tx: Tx, keys: Keys) -> None:
    """Every secret under the current key."""
    for row in second_factor.sealed(tx):
        secret, pending = (
            None if row[name] is None else keys.encrypt(keys.decrypt(row[name]))
            for name in ("totp_secret", "totp_pending")
        )
        second_factor.reseal(tx, row["id"], secret, pending)
