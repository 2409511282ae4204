"""Joiners: a staged user begins on a day of the organisation's own calendar; missed days are made up for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from provisor.directory import days, jobs
from provisor.directory.commands import joiners
from provisor.directory.models import Organisation, User
from provisor.mail.models import Mail

FAR_EAST, FAR_WEST = "Pacific/Kiritimati", "Pacific/Pago_Pago"  # never the same day


def state(name: str) -> str:
    return User.objects.get(username=name).state


def a_day(days: int, zone: str = "UTC") -> date:
    return datetime.now(ZoneInfo(zone)).date() + timedelta(days=days)


@pytest.mark.parametrize(
    ("day", "expected"), [(-400, "active"), (-1, "active"), (0, "active"), (1, "staged"), (None, "staged")]
)
def test_the_day_decides(make_user: Any, day: int | None, expected: str) -> None:
    make_user("ada", state="staged", start_date=None if day is None else a_day(day))
    jobs.start_dates()
    assert state("ada") == expected


@pytest.mark.parametrize(("hours", "expected", "mails"), [(-1, "staged", 0), (1, "active", 1)])
def test_who_was_to_leave_by_now_does_not_begin(make_user: Any, hours: int, expected: str, mails: int) -> None:
    make_user("ada", state="staged", start_date=a_day(0), suspend_at=timezone.now() + timedelta(hours=hours))
    jobs.start_dates()
    assert (state("ada"), Mail.objects.count()) == (expected, mails)


@pytest.mark.parametrize(("zone", "expected"), [(FAR_EAST, "active"), (FAR_WEST, "staged")])
def test_the_organisations_time_zone_says_which_day_it_is(make_user: Any, zone: str, expected: str) -> None:
    Organisation.objects.update(time_zone=zone)
    make_user("ada", state="staged", start_date=a_day(0, FAR_EAST))
    jobs.start_dates()
    assert state("ada") == expected


def test_who_begins_is_told_and_gets_what_the_groups_give(
    make_user: Any, make_application: Any, happened: Any, marks: Any
) -> None:
    ada = make_user("ada", state="staged", start_date=a_day(0))
    make_user("gone", state="suspended", start_date=a_day(0))
    make_application("Chat", ada)
    for _again in range(2):
        jobs.start_dates()
    (event,) = happened("user_activated")
    assert (event.user_name, event.actor["kind"]) == ("ada", "system")
    assert marks() == [("ada", 1, "set")]
    assert [row.to for row in Mail.objects.all()] == ["ada@example.com"]
    assert state("gone") == "suspended"


def test_who_has_a_password_already_gets_no_mail_and_nobody_where_it_is_off(make_user: Any) -> None:
    make_user("ada", state="staged", start_date=a_day(0), password_status="active")
    jobs.start_dates()
    Organisation.objects.update(settings={"activation": {"mail": False}})
    make_user("ben", state="staged", start_date=a_day(0))
    jobs.start_dates()
    assert (state("ada"), state("ben"), Mail.objects.count()) == ("active", "active", 0)


def test_a_worker_that_was_away_for_days_catches_up_in_pieces(
    make_user: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(27):
        make_user(f"user{number}", state="staged", start_date=a_day(-number))
    with django_assert_max_num_queries(20):
        assert joiners.start_those_due(most=25) == 25
    left = User.objects.filter(state="staged").values_list("username", flat=True)
    assert sorted(left) == ["user0", "user1"]  # the longest overdue go first
    assert (joiners.start_those_due(most=25), joiners.start_those_due(most=25)) == (2, 0)


ADA = {"username": "ada", "email": "ada@example.com"}


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"state": "staged", "start_date": "2031-02-28"}, 201),
        ({"state": "staged", "start_date": None}, 201),
        ({"state": "staged", "start_date": ""}, 201),
        ({"start_date": "2031-02-28"}, 422),
        ({"state": "staged", "start_date": "2031-02-30"}, 422),
        ({"state": "staged", "start_date": "2031-02-28T00:00:00Z"}, 422),
        ({"state": "staged", "start_date": "20310228"}, 422),
        ({"state": "staged", "start_date": 20310228}, 422),
    ],
    ids=str,
)
def test_only_a_staged_user_has_a_day_to_begin_on(api: Any, more: dict[str, Any], status: int) -> None:
    answer = api.post("/users", ADA | more)
    assert answer.status_code == status
    if status == 201:
        assert answer.json()["start_date"] == (more["start_date"] or None)
    else:
        assert list(answer.json()["error"]["fields"]) == ["start_date"]


def test_changing_and_clearing_the_day(api: Any, happened: Any) -> None:
    id = api.post("/users", ADA | {"state": "staged", "start_date": "2031-02-28"}).json()["id"]
    assert api.patch(f"/users/{id}", {"start_date": "2031-03-01"}).json()["start_date"] == "2031-03-01"
    (event,) = happened("user_update")
    assert event.changes == [{"name": "start_date", "from": "2031-02-28", "to": "2031-03-01"}]
    api.post(f"/users/{id}/activate")
    assert api.patch(f"/users/{id}", {"start_date": "2031-03-01"}).status_code == 200  # it stays, as what it was
    assert api.patch(f"/users/{id}", {"start_date": "2031-03-02"}).status_code == 422
    assert api.patch(f"/users/{id}", {"start_date": None}).json()["start_date"] is None


def test_a_batch_names_the_row_with_the_wrong_day(api: Any) -> None:
    rows = [ADA | {"start_date": "2031-02-28"}, {"username": "ben", "email": "ben@example.com"}]
    results = api.post("/users:batch", {"users": rows}).json()["results"]
    assert [one["status"] for one in results] == [422, 201]
    assert list(results[0]["error"]["fields"]) == ["start_date"]
    answer = api.post("/users:batch", {"users": rows[:1], "atomic": True})
    assert list(answer.json()["error"]["fields"]) == ["users[0].start_date"]


@pytest.mark.parametrize("zone", ["UTC", FAR_EAST, FAR_WEST, "America/Santiago", "no such zone"])
def test_a_day_begins_once_in_every_time_zone(zone: str) -> None:
    for month in range(1, 13):
        day = date(2026, month, 6)
        begin = days.begin(day, zone)
        assert days.day_of(begin, zone) == day
        assert days.day_of(begin - timedelta(seconds=1), zone) == day - timedelta(days=1)
    assert abs(days.today(zone) - timezone.now().date()) <= timedelta(days=1)
