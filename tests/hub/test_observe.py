"""What the hub counts of itself, where it counts by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from hub.observe import Seconds

BOUNDS = (0.001, 0.5, 1, 5)


@given(st.lists(st.floats(0, 10) | st.sampled_from([0.001, 0.5, 1.0, 5.0, 5.1])))
def test_seconds_are_told_as_the_library_tells_them(seen: list[float]) -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    one = Seconds("took_seconds", "How long.", registry=ours, bounds=BOUNDS)
    other = Histogram("took_seconds", "How long.", registry=theirs, buckets=BOUNDS)
    for seconds in seen:
        one.observe(seconds)
        other.observe(seconds)
    assert _lines(ours) == _lines(theirs)


def _lines(registry: CollectorRegistry) -> list[str]:
    lines = generate_latest(registry).decode().splitlines()
    return [line for line in lines if "_created" not in line]
