"""The state machines and the standing rules."""

from __future__ import annotations

from datetime import timedelta

import pytest

from routing import model, spans
from routing.model import (
    ItemEvent,
    ItemState,
    Mode,
    OfferEvent,
    OfferState,
    Status,
    StatusEvent,
    TransitionRefused,
    next_state,
)
from routing.rules.fields import FIELDS, find, script

HOUR = 3_600 * model.SECOND


def test_an_item_by_way_of_an_offer() -> None:
    state = ItemState.NEW
    for event, expected in (
        (ItemEvent.ENQUEUE, ItemState.QUEUED),
        (ItemEvent.OFFER, ItemState.OFFERED),
        (ItemEvent.RETURN, ItemState.QUEUED),
        (ItemEvent.OFFER, ItemState.OFFERED),
        (ItemEvent.ACCEPT, ItemState.ACTIVE),
        (ItemEvent.ANSWER, ItemState.COMPLETED),
    ):
        state = next_state(state, event)
        assert state is expected


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (ItemState.COMPLETED, ItemEvent.OFFER),
        (ItemState.ACTIVE, ItemEvent.OFFER),
        (ItemState.ACTIVE, ItemEvent.DEFER),
        (ItemState.OFFERED, ItemEvent.OFFER),
        (OfferState.EXPIRED, OfferEvent.ACCEPT),
        (OfferState.PENDING, StatusEvent.REPLY),
        (Status.SPAM, StatusEvent.REPLY),
        (Status.RESOLVED, StatusEvent.SNOOZE),
    ],
)
def test_there_is_no_way(state: ItemState, event: ItemEvent) -> None:
    with pytest.raises(TransitionRefused):
        next_state(state, event)


def test_every_live_item_can_end_and_no_ended_one_moves() -> None:
    for state in ItemState:
        for event in ItemEvent:
            try:
                after = next_state(state, event)
            except TransitionRefused:
                assert state not in model.LIVE or event not in (
                    ItemEvent.CANCEL,
                    ItemEvent.ABANDON,
                    ItemEvent.GIVE_UP,
                )
            else:
                assert state in model.LIVE or state is ItemState.NEW
                assert type(after) is ItemState


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        (Status.OPEN, StatusEvent.REPLY, Status.PENDING),
        (Status.PENDING, StatusEvent.CUSTOMER, Status.OPEN),
        (Status.SNOOZED, StatusEvent.CUSTOMER, Status.OPEN),
        (Status.RESOLVED, StatusEvent.CUSTOMER, Status.OPEN),
        (Status.SPAM, StatusEvent.CUSTOMER, Status.SPAM),
        (Status.SPAM, StatusEvent.NOT_SPAM, Status.OPEN),
        (Status.SNOOZED, StatusEvent.WAKE, Status.OPEN),
    ],
)
def test_conversations(state: Status, event: StatusEvent, after: Status) -> None:
    assert next_state(state, event) is after


def test_reopening() -> None:
    window = timedelta(hours=2)
    assert model.reopens(Status.PENDING, None, 0, window)
    assert model.reopens(Status.RESOLVED, HOUR, 3 * HOUR, window)
    assert not model.reopens(Status.RESOLVED, HOUR, 3 * HOUR + 1, window)


def test_defaults() -> None:
    assert model.default_mode(live=True) is Mode.ASK
    assert model.default_mode(live=False) is Mode.PUSH
    assert model.order_key(10 * model.SECOND, 4) == 6 * model.SECOND
    assert not model.goes_away(1)
    assert model.goes_away(2)
    assert model.goes_away(1, voice=True)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("+300s", 300),
        ("-5m", -300),
        ("4h", 14_400),
        ("14d", 1_209_600),
        ("1h30m", 5400),
    ],
)
def test_durations(text: str, seconds: int) -> None:
    span = spans.duration(text)
    assert span == timedelta(seconds=seconds)
    assert spans.duration(spans.write_duration(span)) == span


@pytest.mark.parametrize("text", ["", "30", "s", "1.5h", "5 m", "+", "5m1h", "1w", "30s\n", "٣s"])
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match="with a unit"):
        spans.duration(text)


def test_times_of_day() -> None:
    assert spans.time_of_day("23:59").isoformat() == "23:59:00"
    for text in ("24:00", "9:00", "09:60", "09:00\n", "0900"):
        with pytest.raises(ValueError, match="HH:MM"):
            spans.time_of_day(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello", "latin"),
        ("سلام", "arabic"),
        ("Привет", "cyrillic"),
        ("日本", "han"),
        ("12!", None),
    ],
)
def test_scripts(text: str, expected: str | None) -> None:
    assert script(text) == expected


def test_fields_are_found_by_prefix() -> None:
    assert find("headers.x-spam") is FIELDS["headers.*"]
    assert find("contact.attributes.tier.level") is FIELDS["contact.attributes.*"]
    assert find("contact.name") is FIELDS["contact.name"]
    assert find("contact.nothing") is None
    assert find("nothing") is None
