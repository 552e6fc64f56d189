"""The REST API: one file a noun, each with ``routes()``; here they are put together.

What goes wrong below the API becomes a problem here, once for all routes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hub.accounts import AccountRefused
from hub.actions import NotPossible
from hub.api import (
    audit,
    automatic,
    board,
    calendars,
    channels,
    consents,
    contacts,
    conversations,
    entries,
    explanations,
    find,
    health,
    ledger,
    live,
    mailboxes,
    me,
    moves,
    nights,
    offers,
    oidc,
    outreach,
    people,
    persons,
    rules,
    rules_lab,
    security,
    sign_in,
    templates,
    tokens,
    traces,
    turns,
    unsubscribe,
    users,
    wellbeing,
    writing,
)
from hub.compose import Refused
from hub.fields import FieldError
from hub.http import Route
from hub.problems import Problem, busy, conflict, invalid
from storage.errors import ClaimLost, StoreUnavailable
from storage.timeline import KeyUsed

PREFIX = "/api/v1"
_NOUNS = (
    sign_in,
    oidc,
    me,
    security,
    people,
    conversations,
    writing,
    contacts,
    persons,
    find,
    consents,
    outreach,
    entries,
    moves,
    offers,
    ledger,
    channels,
    mailboxes,
    rules,
    rules_lab,
    calendars,
    automatic,
    templates,
    users,
    tokens,
    audit,
    board,
    explanations,
    traces,
    wellbeing,
    nights,
    turns,
    live,
)


def routes() -> list[Route[Any, Any]]:
    """Every route of the API, ready for ``hub.http.attach``."""
    versioned = [
        replace(item, path=PREFIX + item.path) for noun in _NOUNS for item in noun.routes()
    ]
    return [*versioned, *entries.root_routes(), *unsubscribe.root_routes(), *health.root_routes()]


def _unavailable(err: Any) -> Problem:
    return busy("the store cannot take it now; nothing was done", math.ceil(_seconds(err)))


def _seconds(err: StoreUnavailable) -> float:
    return err.retry_after.total_seconds()


def _refused(err: Any) -> Problem:
    return invalid(err.field, err.reason)


def _account(err: Any) -> Problem:
    return Problem(400, str(err), errors=[err.error])


def _key_used(err: Any) -> Problem:
    return conflict(str(err), entry=err.entry)


def _lookup(err: Exception) -> Problem:
    words = str(err.args[0]) if err.args else "there is no such thing"
    field, colon, reason = words.partition(": ")
    errors = [FieldError(field, reason)] if colon else []
    return Problem(400 if colon else 404, words, errors=errors)


FAILURES: Mapping[type[Exception], Callable[[Exception], Problem]] = {
    StoreUnavailable: _unavailable,
    ClaimLost: lambda err: conflict(str(err) or "somebody was faster"),
    NotPossible: lambda err: conflict(str(err)),
    KeyUsed: _key_used,
    Refused: _refused,
    AccountRefused: _account,
    LookupError: _lookup,
}
"""What the exceptions of the layers below mean to a caller."""
