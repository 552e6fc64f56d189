"""What items ask and agents can do: skills, steps, wishes, limits, work that may be interrupted."""

from __future__ import annotations

from dataclasses import replace

from routing.model import SECOND, AgentState, Mode, Presence, QueuePolicy
from routing.plan import Need, Prefer, Step
from tests.routing.cast import BILLING, NOW, SUPPORT, agent, item, matcher, pairs

FLUENT = Step((Need("french", 4),), lasts=15 * SECOND)
SOME = Step((Need("french", 2),), lasts=30 * SECOND)
ANYBODY = Step(also_queues=(BILLING,))


def french(number: int, level: int) -> AgentState:
    return agent(number, skills=(("french", level),))


# ---------------------------------------------------------------- skills and steps


def test_a_requirement_is_hard() -> None:
    hub = matcher(agent(1), french(2, 3), french(3, 4), item(1, step=FLUENT))
    (match,) = hub.decide(NOW)
    assert match.agent == 3
    assert match.standing.kept_out == {"no_skill": 2}


def test_the_better_of_two_who_may_costs_less() -> None:
    hub = matcher(french(1, 4), french(2, 5), item(1, step=FLUENT))
    (match,) = hub.decide(NOW)
    assert match.agent == 2
    assert [found.terms for found in match.standing.top] == [{}, {"factor": 0.075}]


def test_a_later_step_asks_for_less_and_keeps_the_place() -> None:
    first = item(1, step=FLUENT, later=(SOME, ANYBODY))
    hub = matcher(french(1, 2), first, item(2, step=SOME))
    hub.put_agent(replace(french(1, 2), used=70))
    assert pairs(hub.decide(NOW)) == [(2, 1)]
    hub.give_back(2)
    hub.put_item(replace(first, step=SOME, later=(ANYBODY,)))
    assert pairs(hub.decide(NOW)) == [(1, 1)]


def test_a_step_may_open_other_queues() -> None:
    helper = agent(5, queues=frozenset({BILLING}))
    hub = matcher(helper, item(1, step=SOME, later=(ANYBODY,)))
    assert hub.decide(NOW) == []
    hub.put_item(item(1, step=ANYBODY))
    assert pairs(hub.decide(NOW)) == [(1, 5)]


def test_a_skill_that_is_learnt_counts_at_once() -> None:
    hub = matcher(agent(1), item(1, step=FLUENT))
    assert hub.decide(NOW) == []
    hub.put_agent(french(1, 4))
    assert pairs(hub.decide(NOW)) == [(1, 1)]


def test_what_nobody_logged_on_can_ever_serve_is_known_at_once() -> None:
    hub = matcher(
        replace(french(1, 2), presence=Presence.AWAY),
        replace(french(2, 5), presence=Presence.OFFLINE),
        item(1, step=FLUENT, later=(SOME,)),
        item(2, step=FLUENT),
        item(3, queue=BILLING),
        item(4, units=101),
    )
    assert sorted(hub.unservable()) == [2, 3, 4]
    hub.put_agent(replace(french(2, 5), presence=Presence.AWAY))
    assert sorted(hub.unservable()) == [3, 4]
    hub.drop_agent(1)
    hub.drop_agent(2)
    assert sorted(hub.unservable()) == [1, 2, 3, 4]


def test_the_place_in_line_counts_everything_in_the_queue() -> None:
    hub = matcher(
        item(1, kind="mail"),
        item(2, kind="chat"),
        item(3, kind="chat", step=FLUENT),
        item(4, kind="chat", queue=BILLING),
        item(5, kind="chat"),
    )
    assert [hub.position(number) for number in range(1, 7)] == [1, 2, 3, 1, 4, 0]


# ---------------------------------------------------------------- wishes


def test_the_last_agent_is_wished_for_only_so_long() -> None:
    month = 30 * 24 * 3600 * SECOND
    hub = matcher(agent(1), agent(2), item(1, preferred=2, preferred_at=NOW - month + 1))
    assert pairs(hub.decide(NOW)) == [(1, 2)]
    hub = matcher(agent(1), agent(2), item(1, preferred=2, preferred_at=NOW - month))
    assert pairs(hub.decide(NOW)) == [(1, 1)]
    minute = Step(prefer=(Prefer(last_agent=60 * SECOND),))
    hub = matcher(agent(1), agent(2), item(1, preferred=2, preferred_at=NOW, step=minute))
    assert pairs(hub.decide(NOW + 60 * SECOND)) == [(1, 1)]


def test_wishes_are_met_in_their_order() -> None:
    wishes = Step(prefer=(Prefer(agent=9), Prefer(skill="french"), Prefer(last_agent=10**12)))
    hub = matcher(agent(1), agent(2), french(3, 1), item(1, preferred=2, step=wishes))
    (match,) = hub.decide(NOW)
    assert (match.agent, match.standing.preferred) == (3, True)
    assert match.standing.top[0].terms == {"preferred": -10.0}
    hub.put_item(item(2, preferred=2, step=wishes))
    hub.put_agent(french(3, 1))
    assert [found.agent for found in hub.decide(NOW)] == [3]
    hub.put_agent(replace(french(3, 1), presence=Presence.AWAY))
    hub.put_item(item(3, preferred=2, step=wishes))
    assert [found.agent for found in hub.decide(NOW)] == [2]


def test_a_wish_never_waits_and_never_breaks_a_requirement() -> None:
    wish = Step((Need("french"),), prefer=(Prefer(agent=1), Prefer(agent=2)))
    hub = matcher(agent(1), replace(french(2, 5), used=100), french(3, 1), item(1, step=wish))
    (match,) = hub.decide(NOW)
    assert (match.agent, match.standing.preferred) == (3, False)


def test_nobody_can_be_wished_for() -> None:
    nobody = Step(prefer=(Prefer(last_agent=0),))
    hub = matcher(agent(1), agent(2), item(1, preferred=2, preferred_at=NOW, step=nobody))
    assert pairs(hub.decide(NOW)) == [(1, 1)]


# ---------------------------------------------------------------- declined


def test_the_only_one_who_declined_is_asked_again_after_a_while_and_not_before() -> None:
    later = NOW + 60 * SECOND
    hub = matcher(agent(1), item(1, mode=Mode.ASK, excluded=frozenset({1}), again_at=later))
    assert hub.next_at() == later
    assert hub.decide(later - 1) == []
    (match,) = hub.decide(later)
    assert (match.agent, match.standing.cleared) == (1, True)
    assert hub.next_at() is None


def test_somebody_who_comes_is_asked_at_once() -> None:
    later = NOW + 60 * SECOND
    hub = matcher(agent(1), item(1, mode=Mode.ASK, excluded=frozenset({1}), again_at=later))
    assert hub.decide(NOW) == []
    hub.put_agent(agent(2))
    assert pairs(hub.decide(NOW)) == [(1, 2)]


# ---------------------------------------------------------------- room


def test_a_limit_by_kind_counts_claims_in_flight() -> None:
    two = agent(1, limits=(("mail", 2),), counts=(("mail", 1),))
    hub = matcher(two, *(item(n, kind="mail", units=10) for n in (1, 2)), item(3, kind="chat"))
    assert pairs(hub.decide(NOW)) == [(1, 1), (3, 1)]
    standing = hub.standing(2)
    assert standing is not None
    assert standing.kept_out == {"limit": 1}
    hub.give_back(1)
    assert pairs(hub.decide(NOW)) == [(1, 1)]


def test_a_limit_of_none_is_never_served() -> None:
    hub = matcher(agent(1, limits=(("voice", 0),)), item(1, kind="voice"))
    assert hub.decide(NOW) == []
    assert hub.unservable() == [1]


def test_work_that_may_be_interrupted_is_ignored_by_what_may_not() -> None:
    writing = agent(1, used=75, soft=75)
    hub = matcher(writing, item(1, units=100), item(2, units=50, interruptible=True))
    assert pairs(hub.decide(NOW)) == [(1, 1)]
    standing = hub.standing(2)
    assert standing is not None
    assert standing.kept_out == {"full": 1}


def test_work_that_becomes_interruptible_makes_room() -> None:
    hub = matcher(agent(1, used=100), item(1))
    assert hub.decide(NOW) == []
    hub.put_agent(agent(1, used=100, soft=50))
    assert pairs(hub.decide(NOW)) == [(1, 1)]


def test_parked_work_resumes_before_new_work_of_its_sort() -> None:
    back = agent(1, used=75, parked=75)
    hub = matcher(back, item(1, units=50, interruptible=True), item(2, units=50))
    assert pairs(hub.decide(NOW)) == [(2, 1)]
    assert hub.waiting(SUPPORT) == [1]


def test_interruptible_claims_in_flight_are_ignored_too() -> None:
    hub = matcher(agent(1), item(1, units=100, interruptible=True))
    assert pairs(hub.decide(NOW)) == [(1, 1)]
    hub.put_item(item(2, units=100))
    assert pairs(hub.decide(NOW)) == [(2, 1)]


def test_why_somebody_available_has_no_room() -> None:
    hub = matcher(
        agent(1, used=100),
        agent(2, used=100, wrapping=100),
        agent(3, used=130),
        agent(4, presence=Presence.OFFLINE),
        agent(5, presence=Presence.AWAY),
        item(1),
    )
    standing = hub.standing(1)
    assert standing is not None
    assert standing.kept_out == {
        "full": 1,
        "wrapping": 1,
        "overloaded": 1,
        "offline": 1,
        "away": 1,
    }


def test_an_overloaded_agent_gets_nothing_until_they_are_within_capacity() -> None:
    hub = matcher(agent(1, used=100), item(1, owner=1), QueuePolicy(SUPPORT))
    assert pairs(hub.decide(NOW)) == [(1, 1)]
    hub.put_item(item(2, units=15))
    hub.confirm(1)
    hub.put_agent(agent(1, used=100))
    assert hub.decide(NOW) == []
    hub.put_agent(agent(1, used=85))
    assert pairs(hub.decide(NOW)) == [(2, 1)]
