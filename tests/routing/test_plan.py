"""Plans as they are stored, and what follows what."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from routing.model import SECOND
from routing.plan import LEVELS, Need, Plan, Prefer, Step

BULLSEYE = Plan(
    (
        Step((Need("french", 4),), prefer=(Prefer(last_agent=30 * SECOND),), lasts=15 * SECOND),
        Step((Need("french", 2),), lasts=30 * SECOND),
        Step(also_queues=(7,), then_offer="callback"),
    ),
    overflow=9,
)

WISHES = st.one_of(
    st.integers(0, 10**12).map(lambda ago: Prefer(last_agent=ago)),
    st.integers(1, 99).map(lambda agent: Prefer(agent=agent)),
    st.text(min_size=1, max_size=9).map(lambda skill: Prefer(skill=skill)),
)
NEEDS = st.builds(Need, st.text(min_size=1, max_size=9), st.sampled_from(list(LEVELS)))
STEPS = st.builds(
    Step,
    st.lists(NEEDS, max_size=3).map(tuple),
    st.lists(st.integers(1, 99), max_size=3).map(tuple),
    st.lists(WISHES, max_size=3).map(tuple),
    st.none() | st.integers(1, 10**12),
    st.sampled_from(["", "callback", "message"]),
)


def test_a_step_begins_when_the_one_before_it_ends() -> None:
    assert BULLSEYE.ends_at(0, 100) == 100 + 15 * SECOND
    assert BULLSEYE.next_step(0, 100) == (1, 100 + 30 * SECOND)
    assert BULLSEYE.next_step(1, 100) == (2, None)
    assert BULLSEYE.next_step(2, 100) is None
    assert BULLSEYE.later(0) == BULLSEYE.steps[1:]


def test_a_step_that_the_plan_no_longer_has_is_its_last() -> None:
    assert BULLSEYE.step(5) == BULLSEYE.steps[2]
    assert BULLSEYE.later(5) == ()
    assert BULLSEYE.next_step(5, 0) is None


def test_no_plan_is_one_step_that_asks_for_nothing() -> None:
    assert Plan().as_json() == {}
    assert Plan.of_json({}) == Plan((Step(),))


def test_the_shape_is_readable() -> None:
    assert BULLSEYE.as_json()["steps"][0] == {
        "require": [{"skill": "french", "min": 4}],
        "prefer": [{"last_agent": 30 * SECOND}],
        "for": 15 * SECOND,
    }


@given(
    st.builds(
        Plan, st.lists(STEPS, min_size=1, max_size=3).map(tuple), st.none() | st.integers(1, 99)
    )
)
def test_what_is_stored_comes_back(plan: Plan) -> None:
    assert Plan.of_json(json.loads(json.dumps(plan.as_json()))) == plan
