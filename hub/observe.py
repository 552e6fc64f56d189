"""What the hub counts of itself, for ``/metrics`` (Prometheus) and for the health page."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

REGISTRY = CollectorRegistry()


class Seconds(Collector):
    """A histogram of one thread, added up only when somebody looks at it.

    The library's takes three locks and walks through its buckets at each message: 2 microseconds.
    """

    def __init__(
        self, name: str, words: str, *, registry: CollectorRegistry, bounds: Sequence[float]
    ) -> None:
        self._name, self._words, self._bounds = name, words, bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        registry.register(self)

    def observe(self, seconds: float) -> None:
        """Count one."""
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self._sum += seconds

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """As the registry asks for it: each bucket with all below it."""
        names = [*map(str, map(float, self._bounds)), "+Inf"]
        buckets = list(zip(names, accumulate(self._counts), strict=True))
        yield HistogramMetricFamily(self._name, self._words, buckets, self._sum)


RECEIVED = Counter(
    "hub_received_total", "Events by the state they ended in.", ["channel", "state"],
    registry=REGISTRY,
)  # fmt: skip
UNSIGNED = Counter(
    "hub_signature_failures_total", "Requests whose signature did not hold.", ["channel", "mode"],
    registry=REGISTRY,
)  # fmt: skip
SENT = Counter(
    "hub_deliveries_total", "Parts by the state they settled in.", ["channel", "state"],
    registry=REGISTRY,
)  # fmt: skip
CLAIMS = Counter(
    "hub_claims_total", "Router claims: confirmed, or lost to somebody faster.", ["outcome"],
    registry=REGISTRY,
)  # fmt: skip
RULE_TROUBLE = Counter(
    "hub_rule_trouble_total", "Patterns that timed out, and messages that the catch-all had to "
    "decide because a rule failed or all took too long.", ["kind"],
    registry=REGISTRY,
)  # fmt: skip
SWEPT = Counter(
    "hub_sweep_found_total", "Work that no event announced: each one is a bug.", ["loop"],
    registry=REGISTRY,
)  # fmt: skip
AUTOMATIC = Counter(
    "hub_automatic_total", "Answers that no person wrote: sent, or why not.", ["outcome"],
    registry=REGISTRY,
)  # fmt: skip
WAIT_ERROR = Histogram(
    "hub_wait_error_ratio", "Actual wait over what was expected when it was told.", ["queue"],
    registry=REGISTRY, buckets=(0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 5, 10),
)  # fmt: skip
BROKEN = Counter(
    "hub_invariant_broken_total", "What must hold in routing and did not: each one is a bug.",
    ["invariant"], registry=REGISTRY,
)  # fmt: skip
OVERLOADS = Counter(
    "hub_overloads_total", "Times an agent got more than their capacity: their own turns, or a "
    "person's act.", registry=REGISTRY,
)  # fmt: skip
EPOCH = Gauge("hub_routing_epoch", "The epoch of this process's router.", registry=REGISTRY)
PROMISES = Counter(
    "hub_promises_total", "Promises warned of, and broken.", ["what"],
    registry=REGISTRY,
)  # fmt: skip
SOCKETS = Gauge("hub_sockets", "Open sockets.", ["kind"], registry=REGISTRY)
FILING = Seconds(
    "hub_filing_seconds", "From the request's arrival to its commit.", registry=REGISTRY,
    bounds=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)  # fmt: skip
SPOOLED = Gauge(
    "hub_spool_waiting", "Acknowledged requests that wait in the spool.", registry=REGISTRY
)  # fmt: skip
RETENTION = Counter(
    "hub_retention_total", "What went because it was old.", ["what"], registry=REGISTRY
)  # fmt: skip
START = Gauge(
    "hub_start_seconds", "From the first look at the store until it served.", registry=REGISTRY
)  # fmt: skip
QUEUE = Gauge("hub_writes_waiting", "Functions waiting for the writer.", registry=REGISTRY)


@cache
def received(channel: str, state: str) -> Counter:
    """The counter of one channel's events in one state: looked up once, not at each message."""
    return RECEIVED.labels(channel, state)
