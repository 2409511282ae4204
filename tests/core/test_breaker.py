"""The breaker: when it opens, who may try, what closes it, and when a person has to see it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisor.core.breaker import KEPT, PATIENCE, PROBE_EVERY, WINDOW, Breaker, State


def told(failed: Iterable[bool], at: float = 0.0) -> Breaker:
    """A breaker that was told of one write for each of as many objects."""
    breaker = Breaker()
    for number, each in enumerate(failed):
        breaker.note(f"user {number}", at, failed=each, writes=True)
    return breaker


@pytest.mark.parametrize(
    ("failed", "state"),
    [
        pytest.param([True] * 19, State.CLOSED, id="19 objects are too few"),
        pytest.param([True] * 20, State.OPEN, id="20, all failed"),
        pytest.param([False] * 10 + [True] * 10, State.OPEN, id="half of 20"),
        pytest.param([False] * 11 + [True] * 10, State.CLOSED, id="less than half"),
        pytest.param([False] * 295 + [True] * 205, State.QUARANTINED, id="41 % of 500"),
        pytest.param([False] * 305 + [True] * 195, State.CLOSED, id="39 % of 500"),
    ],
)
def test_when_it_opens(failed: list[bool], state: State) -> None:
    assert told(failed).state(0.0) is state


def test_one_object_that_fails_again_and_again_is_one() -> None:
    breaker = Breaker()
    for second in range(100):
        breaker.note("ada", float(second), failed=True, writes=True)
    assert breaker.state(100.0) is State.CLOSED
    assert breaker.counted == (1, 1)


def test_what_is_older_than_ten_minutes_does_not_count() -> None:
    breaker = told([True] * 19, at=0.0)
    breaker.note("late", WINDOW + 1, failed=True, writes=True)
    assert breaker.counted == (1, 1)


def test_a_look_does_not_make_up_for_a_write() -> None:
    breaker = told([True] * 5)
    for number in range(5):
        breaker.note(f"user {number}", 1.0, failed=False, writes=False)
    assert breaker.counted == (5, 5)
    breaker.note("user 0", 2.0, failed=False, writes=True)
    assert breaker.counted == (4, 5)


def test_after_a_minute_one_may_try_and_a_success_closes_it() -> None:
    breaker = told([True] * 20)
    assert breaker.state(PROBE_EVERY - 1) is State.OPEN
    assert breaker.wait(PROBE_EVERY - 1) == 1
    assert breaker.state(PROBE_EVERY) is State.HALF_OPEN
    breaker.note("ada", PROBE_EVERY, failed=False, writes=False)
    assert breaker.state(PROBE_EVERY) is State.HALF_OPEN, "writes had failed: a look shows nothing"
    breaker.note("ada", PROBE_EVERY, failed=False, writes=True)
    assert breaker.state(PROBE_EVERY) is State.CLOSED
    assert breaker.counted == (0, 0)


def test_a_failed_try_costs_another_minute_and_an_hour_of_them_is_quarantine() -> None:
    breaker, now = told([True] * 20), 0.0
    tries = 0
    while breaker.state(now) is not State.QUARANTINED:
        now += breaker.wait(now)
        breaker.note("ada", now, failed=True, writes=True)
        tries += 1
    assert tries == PATIENCE / PROBE_EVERY
    breaker.reset()
    assert breaker.state(now) is State.CLOSED


EVENTS = st.lists(st.tuples(st.integers(0, 60), st.booleans(), st.booleans(), st.floats(0, 100)), max_size=300)


@given(EVENTS)
def test_its_counts_are_those_of_the_latest_ten_minutes(events: list[tuple[int, bool, bool, float]]) -> None:
    breaker, now = Breaker(), 0.0
    for number, failed, writes, pause in events:
        now += pause
        before = breaker.state(now)
        breaker.note(f"user {number}", now, failed=failed, writes=writes)
        failures, seen = breaker.counted
        assert 0 <= failures <= seen <= KEPT
        if before is State.CLOSED and breaker.state(now) is State.CLOSED and failed:
            assert seen < 20 or failures < seen / 2
