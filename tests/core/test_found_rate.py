"""The rate that an SP was found to take: measured between refusals, grown while more is wanted, taken back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisor.core.found_rate import LOWEST, FoundRate


def refused_twice(taken: int, seconds: float) -> FoundRate:
    found = FoundRate()
    found.refused(sent=0.0, now=0.1)
    for _ in range(taken):
        found.taken(1.0, wanted=True)
    found.refused(sent=seconds, now=0.1 + seconds)
    return found


def test_one_refusal_says_nothing() -> None:
    found = FoundRate()
    found.taken(0.0, wanted=True)
    found.refused(sent=0.0, now=0.1)
    assert found.rate is None


def test_what_was_taken_between_two_refusals_is_the_rate() -> None:
    assert refused_twice(20, 1.0).rate == pytest.approx(20)


def test_refusals_far_apart_say_nothing() -> None:
    assert refused_twice(20, 600.0).rate is None


def test_those_under_way_at_a_refusal_are_one_refusal() -> None:
    found = refused_twice(20, 1.0)
    found.refused(sent=1.05, now=1.2)
    assert found.rate == pytest.approx(20)


def test_it_grows_faster_and_faster_while_more_is_wanted() -> None:
    found, rates = refused_twice(20, 1.0), []
    for second in range(0, 61, 5):
        found.taken(10.0 + second, wanted=True)
        rates.append(found.rate)
    assert rates[0] == pytest.approx(20.2)
    assert rates[-1] > 40
    assert rates == sorted(rates)


def test_it_stays_while_nothing_more_is_wanted() -> None:
    found = refused_twice(20, 1.0)
    assert not found.taken(100.0, wanted=False)
    assert found.rate == pytest.approx(20)


def test_a_later_refusal_takes_it_back_below_what_was_taken() -> None:
    found = refused_twice(20, 1.0)
    for _ in range(600):
        found.taken(2.0, wanted=False)
    found.refused(sent=31.0, now=31.1)
    assert found.rate == pytest.approx(0.93 * 20)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 200)), max_size=200))
def test_it_is_never_below_one_a_minute(events: list[tuple[bool, float]]) -> None:
    found, now = FoundRate(), 0.0
    for refused, pause in events:
        now += pause
        if refused:
            found.refused(sent=now, now=now + 0.01)
        else:
            found.taken(now, wanted=True)
        assert found.rate is None or found.rate >= LOWEST
