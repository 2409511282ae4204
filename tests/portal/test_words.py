"""Times, numbers, letters and bars: what a page says about them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisor.portal import states, words
from provisor.portal.geometry import shares

NOW = datetime(2026, 11, 24, 14, 32, 8, tzinfo=timezone(timedelta(hours=1), "CET"))


@pytest.mark.parametrize(
    ("at", "said", "reason"),
    [
        (NOW - timedelta(seconds=12), "12 s ago", "under a minute"),
        (NOW - timedelta(minutes=8, seconds=40), "8 min ago", "under an hour"),
        (NOW.replace(hour=9, minute=12), "09:12", "today"),
        (NOW - timedelta(days=4), "Fri 14:32", "this week"),
        (NOW.replace(day=3), "3 Nov", "this year"),
        (NOW.replace(year=2024, day=3), "3 Nov 2024", "another year"),
        (NOW + timedelta(seconds=100), "in 1 min", "soon"),
        (NOW + timedelta(hours=3), "17:32", "later today"),
    ],
)
def test_a_moment(at: datetime, said: str, reason: str):
    assert words.moment(at, NOW) == said, reason


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.9, "0.9 s"),
        (12, "12 s"),
        (75, "1 min 15 s"),
        (120, "2 min"),
        (11100, "3 h 5 min"),
        (86400, "1 day"),
        (180000, "2 days"),
    ],
)
def test_a_duration(seconds: float, said: str):
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("number", "exact", "said"), [(2418, True, "2,418"), (123456, False, "about 120,000"), (0, True, "0")]
)
def test_a_count(number: int, exact: bool, said: str):
    assert words.counted(number, exact=exact) == said


def test_the_full_time_names_its_zone():
    assert words.exactly(NOW) == "Tue, 24 November 2026, 14:32:08 CET"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("GitHub Enterprise", "GH"),
        ("AWS IAM", "AW"),
        ("15Five", "15"),
        ("Slack", "Sl"),
        ("Zeiterfassung Süd", "Zs"),
        ("!", "?"),
        ("x", "X"),
    ],
)
def test_the_letters_of_a_product(name: str, letters: str):
    assert states.letters(name) == letters


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Zoë Öztürk", "ZÖ"), ("ada.lovelace@example.com", "AL"), ("bo", "BO"), ("", "?"), ("Þórbjörg Ð", "ÞÐ")],
)
def test_the_initials_of_a_person(name: str, initials: str):
    assert states.initials(name) == initials


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=4))
def test_parts_of_a_bar_fill_it_and_none_vanishes(counts: list[int]):
    bars = [(float(bar.start[:-1]), float(bar.width[:-1])) for bar in shares(counts, smallest=3)]
    assert all(width >= 3 - 0.001 or not count for count, (_, width) in zip(counts, bars, strict=True))
    assert sum(width for _, width in bars) == pytest.approx(100 if any(counts) else 0, abs=0.01)
    assert all(start <= 100 for start, _ in bars)


@given(st.text(max_size=40))
def test_any_name_has_letters(name: str):
    assert 1 <= len(states.letters(name)) <= 4
    assert 1 <= len(states.initials(name)) <= 6
