"""How a contact is filed: the transaction behind intake, as plain functions.

Dedup claim, person, conversation, timeline entry, rule decision, work item and event rows commit
together or not at all. Nothing here waits, looks at a clock or touches an agent's row, so routing
can never block intake.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, assert_never

from connectors.contract import Event, Ignored, Inbound, Raw, Receipt, SignalIn
from connectors.fold import clean
from hub import messages
from hub.case import Case, Filed, ignored
from hub.mailboxes import history, own
from hub.replies import copies
from storage import raw_events, raw_requests, receipts

if TYPE_CHECKING:
    from storage.db import Tx

ID_CAP = 300  # characters of a provider's id
WORDS_CAP = 1_000  # characters of what a provider says

__all__ = ["Case", "Filed", "file_event", "file_raw", "keep_failed", "ledger_key"]


def file_raw(tx: Tx, case: Case, events: Sequence[Event]) -> list[Filed]:
    """File all events of one raw; raises what the first one that cannot be filed raises."""
    request = raw_requests.keep(tx, case.channel.id, case.raw, now=case.now, blob=case.blob)
    filed = [file_event(tx, case, request, n, event) for n, event in enumerate(events)]
    if all(one.state == "duplicate" for one in filed):
        raw_requests.drop_body(tx, request)
    return filed


def file_event(tx: Tx, case: Case, request: int, position: int, event: Event) -> Filed:
    """File one event of a kept request: claim first (a replay stops here), then file."""
    kind, provider_id = ledger_key(case.raw, position, event)
    claim = raw_events.claim(
        tx,
        request,
        case.channel.id,
        kind,
        provider_id,
        position,
        mail=_is_mail(case, event),
        now=case.now,
    )
    if claim.copy and claim.entry is not None:
        return copies.arrived(tx, case, claim.id, claim.entry)
    if not claim.fresh:
        return Filed("duplicate", claim.id, claim.entry)
    match event:
        case Inbound(own=True):
            return own.file(tx, case, request, claim.id, event)
        case Inbound(history=True):
            return history.file(tx, case, request, claim.id, event)
        case Inbound():
            return messages.file_message(tx, case, request, claim.id, event)
        case Receipt():
            return _receipt(tx, case, claim.id, event)
        case Ignored():
            return ignored(tx, case, claim.id, event.reason)
        case SignalIn():
            return ignored(tx, case, claim.id, "signal")
        case _:
            assert_never(event)


def _is_mail(case: Case, event: Event) -> bool:
    """Whether its id is made of its content: the same one in two mailboxes is one mail."""
    if not isinstance(event, Inbound) or not event.provider_id or event.stub or event.own:
        return False
    return case.channel.capabilities.threads


def keep_failed(
    tx: Tx, case: Case, position: int, kind: str, provider_id: str, reason: str
) -> Filed:
    """We have it and could not file it: kept, visible and replayable after a fix."""
    request = raw_requests.keep(tx, case.channel.id, case.raw, now=case.now, blob=case.blob)
    event = raw_events.fail(
        tx, request, case.channel.id, kind, provider_id, position, reason, now=case.now
    )
    return Filed("failed", event)


def ledger_key(raw: Raw, position: int, event: Event) -> tuple[str, str]:
    """(kind, provider_id) of an event: what makes it the same event when it comes again."""
    match event:
        case Receipt():
            return "receipt", _storable(f"{event.provider_id}:{event.state}")
        case Inbound(provider_id=given) if given:
            # what we sent and what came in are two things, though it be one mail
            return "own" if event.own else "message", _storable(given)
        case Ignored(provider_id=given) if given:
            return "ignored", _storable(given)
        case _:
            digest = hashlib.sha256(raw.body)
            digest.update(f"|{position}".encode())
            return type(event).__name__.lower(), digest.hexdigest()


def _storable(id: str) -> str:
    """A provider's id as a key: its digest where no table could hold it as it is."""
    if id == clean(id, ID_CAP):
        return id
    return hashlib.sha256(id.encode(errors="surrogatepass")).hexdigest()


def _receipt(tx: Tx, case: Case, event: int, receipt: Receipt) -> Filed:
    delivery = receipts.take(
        tx,
        case.channel.id,
        receipt.provider_id,
        receipt.state.value,
        code=receipt.code,
        words=receipt.words,
        opted_out=receipt.opted_out,
        now=case.now,
    )
    if delivery is None:
        return Filed("stored", event)
    raw_events.filed(tx, event, delivery["entry"])
    return Filed("stored", event, delivery["entry"], delivery["conversation"])
