"""Token buckets: what belongs to which class, and that no window ever holds more than was allowed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisor.core.limits import Bucket, Limit, classes, limits
from provisor.core.vocabulary import CLASSES


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        pytest.param("GET", "/Users", {"requests", "reads", "user_list"}, id="a list"),
        pytest.param("GET", '/Users?filter=userName eq "a"', {"requests", "reads", "user_list"}, id="a look-up"),
        pytest.param("POST", "/Users/.search", {"requests", "reads", "user_list"}, id="a look-up by POST reads"),
        pytest.param("GET", "/Users/7", {"requests", "reads", "user_get"}, id="one user"),
        pytest.param("POST", "/Users", {"requests", "writes", "user_create"}, id="create"),
        pytest.param("PATCH", "/Users/7", {"requests", "writes", "user_update"}, id="patch"),
        pytest.param("PUT", "/Groups/7", {"requests", "writes", "group_update"}, id="put"),
        pytest.param("DELETE", "/groups/7", {"requests", "writes", "group_delete"}, id="whatever the case"),
        pytest.param("POST", "/Bulk", {"requests", "writes"}, id="Bulk is of no kind"),
        pytest.param("GET", "/ServiceProviderConfig", {"requests", "reads"}, id="discovery"),
    ],
)
def test_the_classes_of_a_request(method: str, path: str, expected: set[str]) -> None:
    assert set(classes(method, path)) == expected
    assert expected <= CLASSES


def test_a_person_s_limit_counts_instead_of_the_form_s() -> None:
    found = limits({"requests": 5, "per_seconds": 1}, {"requests": "100/1", "writes": "600/60/180"})
    assert found["requests"].requests == 5
    assert found["writes"] == Limit(600, 60, 180.0)


@pytest.mark.parametrize(
    ("limit", "burst"),
    [
        pytest.param("20/1", 4, id="a fifth of a second's worth"),
        pytest.param("5/30", 1, id="never less than one"),
        pytest.param("20/1/1", 1, id="as the form says"),
    ],
)
def test_what_may_leave_at_once(limit: str, burst: float) -> None:
    assert limits(None, {"requests": limit})["requests"].burst == burst


LIMITS = st.builds(
    Limit,
    requests=st.integers(1, 1000),
    per_seconds=st.integers(1, 120),
    burst=st.floats(1, 300),
)


@given(LIMITS, st.lists(st.floats(0, 5), max_size=200), st.data())
def test_no_window_holds_more_than_burst_and_rate_allow(limit: Limit, pauses: list[float], data: st.DataObject) -> None:
    now, taken, bucket = 0.0, [], Bucket(limit, 0.0)
    for pause in pauses:
        now += pause
        while bucket.wait(now) <= 0 and len(taken) < 2000:
            bucket.take(now)
            taken.append(now)
    if not taken:
        return
    first = data.draw(st.integers(0, len(taken) - 1))
    last = data.draw(st.integers(first, len(taken) - 1))
    seconds = taken[last] - taken[first]
    assert last - first + 1 <= limit.burst + limit.requests / limit.per_seconds * seconds + 1e-3


@given(LIMITS, st.floats(0, 1e6))
def test_who_waits_as_long_as_told_gets_a_token(limit: Limit, start: float) -> None:
    now, bucket = start, Bucket(limit, start)
    for _ in range(50):
        now += bucket.wait(now) + 1e-6
        assert bucket.wait(now) <= 0
        bucket.take(now)


def test_not_quite_as_many_leave_at_once_as_are_allowed() -> None:
    assert [Limit(10, 1, burst).room for burst in (1.0, 2.0, 20.0, 180.0)] == [1.0, 1.0, 18.0, 162.0]


def test_a_new_bucket_holds_a_second_s_worth_at_most() -> None:
    bucket = Bucket(Limit(60, 60, 180.0), 0.0)
    bucket.take(0.0)
    assert bucket.wait(0.0) > 0.9


def test_an_emptied_bucket_fills_from_the_end_of_the_pause_on() -> None:
    bucket = Bucket(Limit(10, 1, 10.0), 0.0)
    bucket.empty(until=5.0)
    assert bucket.wait(5.0) == pytest.approx(0.1, rel=0.1)
    assert bucket.wait(20.0) == 0
