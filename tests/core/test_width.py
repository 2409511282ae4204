"""AIMD: one more after a window of good answers, half after a setback, never less than one or more than asked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from provisor.core.width import START, Width


def answered(width: Width, count: int, *, full: bool = True) -> None:
    for _ in range(count):
        width.good(full=full)


def test_a_healthy_sp_is_at_full_width_after_a_few_answers() -> None:
    width = Width(32)
    assert width.now == START
    answered(width, 28)
    assert width.now == 32
    answered(width, 100)
    assert width.now == 32


def test_after_a_setback_it_grows_by_one_with_each_window() -> None:
    width = Width(32)
    answered(width, 28)
    width.bad(sent=1.0, now=2.0)
    assert width.now == 16
    answered(width, 15)
    assert width.now == 16
    answered(width, 1)
    assert width.now == 17


def test_a_window_is_halved_once() -> None:
    width = Width(16)
    answered(width, 12)
    width.bad(sent=1.0, now=2.0)
    width.bad(sent=1.5, now=2.1)  # was under way at the halving
    assert width.now == 8
    width.bad(sent=2.5, now=3.0)
    assert width.now == 4


def test_answers_to_single_requests_show_nothing_of_more() -> None:
    width = Width(8)
    answered(width, 100, full=False)
    assert width.now == START


def test_fewer_allowed_by_the_settings_count_at_once() -> None:
    width = Width(8)
    width.resize(2)
    assert width.now == 2


@given(st.integers(1, 256), st.lists(st.booleans(), max_size=300))
def test_it_stays_between_one_and_most(most: int, answers: list[bool]) -> None:
    width = Width(most)
    for now, good in enumerate(answers):
        if good:
            width.good(full=True)
        else:
            width.bad(sent=now, now=now + 0.5)
        assert 1 <= width.now <= most
