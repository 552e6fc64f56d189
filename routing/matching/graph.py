"""Who can serve what, worked out ahead: profiles of agents against buckets of items.

A new bucket is compared with the profiles of its queues, a new profile with the buckets of its
queues; a change of presence, load or place in line compares nothing. That is what makes a decision
a look at a few heads instead of a scan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from routing.matching.choice import USUAL, WEIGHTS, Able, Demand, factor, slope, why_not
from routing.matching.lines import Bucket, Profile
from routing.model import Mode, Presence, QueuePolicy
from routing.plan import Need

SPARE = 1_000
"""Buckets at least before empty ones are cleared away."""

Kind = tuple[int, tuple[Need, ...]]
"""A kind of demand, as flexibility counts them: a queue and what is required."""


class Graph:
    """Profiles and buckets of one routing domain, and which can serve which."""

    def __init__(self) -> None:
        self.profiles: dict[Able, Profile] = {}
        self.buckets: dict[Demand, Bucket] = {}
        self._policies: dict[int, QueuePolicy] = {}
        self._served: dict[int, dict[Profile, None]] = {}
        """Queue -> profiles of its agents."""
        self._asking: dict[int, dict[Bucket, None]] = {}
        """Queue -> buckets whose items its agents may take."""
        self._kinds: dict[Kind, None] = {}
        self._clear_at = SPARE
        self.reserving = False
        """Whether any queue keeps idle agents free."""

    # ---- queues

    def policy(self, queue: int) -> QueuePolicy:
        """The queue's, or the standing one."""
        return self._policies.get(queue) or QueuePolicy(queue)

    def put_policy(self, policy: QueuePolicy) -> None:
        """A queue's policy is new or changed."""
        self._policies[policy.id] = policy
        self._count_kind((policy.id, ()))
        self._steer_all(policy.id)

    def drop_policy(self, queue: int) -> None:
        """The queue goes by the standing policy."""
        if self._policies.pop(queue, None) is not None:
            self._forget_kinds(queue)
            self._steer_all(queue)

    def of_queue(self, queue: int) -> Iterator[Bucket]:
        """The buckets of a queue's own items."""
        return (b for b in self._asking.get(queue, ()) if b.demand.queue == queue)

    def _steer_all(self, queue: int) -> None:
        self.reserving = any(policy.reserve for policy in self._policies.values())
        for bucket in self.of_queue(queue):
            self._steer(bucket)

    def _steer(self, bucket: Bucket) -> None:
        policy = self.policy(bucket.demand.queue)
        bucket.policy = policy
        bucket.weights = WEIGHTS[policy.choice]
        bucket.reserve = policy.reserve
        bucket.slopes = {}
        for profile in bucket.profiles:
            self._weigh(profile, bucket)

    # ---- buckets

    def bucket(self, demand: Demand) -> Bucket:
        """The demand's, made and compared with the profiles of its queues if it is new."""
        bucket = self.buckets.get(demand)
        if bucket is None:
            if len(self.buckets) >= self._clear_at:
                self._clear()
            bucket = self.buckets[demand] = Bucket(demand, matched=demand.mode is not Mode.PULL)
            self._steer(bucket)
            if bucket.matched:
                self._count_kind((demand.queue, demand.require))
            for queue in _asked(demand):
                self._asking.setdefault(queue, {})[bucket] = None
            for profile in self._of_queues(_asked(demand)):
                self._join(profile, bucket)
        return bucket

    def _count_kind(self, kind: Kind) -> None:
        if kind not in self._kinds:
            self._kinds[kind] = None
            self._widen(kind, 1)

    def _forget_kinds(self, queue: int) -> None:
        """Those that nothing in a bucket has any more."""
        held = {(b.demand.queue, b.demand.require) for b in self.of_queue(queue) if b.matched}
        for kind in [kind for kind in self._kinds if kind[0] == queue and kind not in held]:
            del self._kinds[kind]
            self._widen(kind, -1)

    def _widen(self, kind: Kind, by: int) -> None:
        """A kind of demand more, or less, for those who serve it."""
        for profile in self._served.get(kind[0], ()):
            profile.types += by * _counts(profile, kind)

    def _clear(self) -> None:
        """Take away empty buckets: plans and estimates that are no more leave them behind."""
        for demand, bucket in list(self.buckets.items()):
            if not len(bucket):
                del self.buckets[demand]
                for queue in _asked(demand):
                    del self._asking[queue][bucket]
                for profile in bucket.profiles:
                    del profile.buckets[bucket]
                for profile in bucket.shut_out:
                    profile.barred.discard(bucket)
        self._clear_at = max(SPARE, 2 * len(self.buckets))

    # ---- profiles

    def profile(self, able: Able) -> Profile:
        """The profile, made and compared with the buckets of its queues if it is new."""
        profile = self.profiles.get(able)
        if profile is None:
            profile = self.profiles[able] = Profile(able)
            for queue in sorted(able.queues):
                self._served.setdefault(queue, {})[profile] = None
            profile.types = sum(_counts(profile, kind) for kind in self._kinds)
            for bucket in self._asked_of(able):
                self._join(profile, bucket)
        return profile

    def move(self, profile: Profile, presence: Presence, by: int) -> None:
        """``by`` agents more in this presence; a profile that nobody has is forgotten."""
        before = profile.logged_on
        profile.count(presence, by)
        after = profile.logged_on
        if (before > 0) != (after > 0):
            for bucket in profile.buckets:
                bucket.staffed += 1 if after else -1

    def forget_empty(self, profile: Profile) -> None:
        """Drop the profile if no agent has it."""
        if profile.size:
            return
        del self.profiles[profile.able]
        for queue in profile.able.queues:
            del self._served[queue][profile]
        for bucket in profile.buckets:
            del bucket.profiles[profile]
        for bucket in profile.barred:
            del bucket.shut_out[profile]

    def can_ever(self, demand: Demand) -> bool:
        """Whether anybody logged on could serve it or a later step of it, had they room."""
        steps = (demand, *(_at(demand, step.require, step.also_queues) for step in demand.later))
        return any(
            profile.logged_on and not why_not(profile.able, asked)
            for asked in steps
            for profile in self._of_queues(_asked(asked))
        )

    # ---- edges

    def _join(self, profile: Profile, bucket: Bucket) -> None:
        reason = why_not(profile.able, bucket.demand)
        if reason:
            bucket.shut_out[profile] = reason
            profile.barred.add(bucket)
            return
        self._weigh(profile, bucket)
        profile.least = min(profile.least or bucket.units, bucket.units)
        profile.most = max(profile.most, bucket.units)
        bucket.staffed += profile.logged_on > 0

    def _weigh(self, profile: Profile, bucket: Bucket) -> None:
        """What the profile's agents cost for the bucket, and how urgent it is to them."""
        slower = factor(profile.able, bucket.demand)
        bucket.profiles[profile] = bucket.weights.factor * (slower - USUAL)
        line = bucket.slopes.get(slower)
        if line is None:
            line = bucket.slopes[slower] = slope(bucket.demand, bucket.policy, slower)
        profile.buckets[bucket] = line

    def _of_queues(self, queues: Iterable[int]) -> Iterator[Profile]:
        return iter({p: None for queue in queues for p in self._served.get(queue, ())})

    def _asked_of(self, able: Able) -> Iterator[Bucket]:
        queues = sorted(able.queues)
        return iter({b: None for queue in queues for b in self._asking.get(queue, ())})


def _asked(demand: Demand) -> tuple[int, ...]:
    """The queues whose agents may take it, each once."""
    return tuple(dict.fromkeys((demand.queue, *demand.also_queues)))


def _at(demand: Demand, require: tuple[Need, ...], also_queues: tuple[int, ...]) -> Demand:
    return demand._replace(require=require, also_queues=also_queues)


def _counts(profile: Profile, kind: Kind) -> bool:
    """Whether a kind of demand is one that the profile's agents serve."""
    queue, require = kind
    skills = profile.skills
    return queue in profile.able.queues and all(
        skills.get(need.skill, 0) >= need.min for need in require
    )
