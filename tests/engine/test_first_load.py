"""What a first load costs: one listing instead of look-ups for each, so that a new account is one request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provisor.applications.models import Application, Link
from provisor.testing import FakeServiceProvider, Fault

from .conftest import World

PEOPLE = 300


def fill(sp: FakeServiceProvider, count: int) -> None:
    for number in range(count):
        emails = [{"value": f"other{number}@example.org", "primary": True}]
        sp.put_user({"userName": f"other{number}", "emails": emails, "active": True})


WORLDS: dict[str, tuple[int, dict[str, Any], dict[str, Any], int]] = {
    # others there, how the SP deviates, what its form says, pages of the listing
    "nobody there": (0, {}, {}, 1),
    "1,000 others": (1000, {}, {}, 11),
    "1,000 others, 50 a page": (1000, {"max_page": 50}, {}, 20),
    "1,000 others, 50 a page, and that is known": (1000, {"max_page": 50}, {"page": 50}, 21),
    "no filter on e-mails": (1000, {"filter_emails": False}, {"filter_email": False}, 11),
    "no filter on externalId": (1000, {"filter_external_id": False}, {"filter_external_id": False}, 11),
}


@pytest.mark.parametrize(("others", "profile", "form", "pages"), WORLDS.values(), ids=WORLDS)
def test_a_new_account_is_one_request(
    world: World, others: int, profile: dict[str, Any], form: dict[str, Any], pages: int
) -> None:
    fill(world.sp, others)
    world.sp.profile = replace(world.sp.profile, **profile)
    Application.objects.update(learned=form)
    world.people(PEOPLE)
    world.work()
    assert Link.objects.filter(status="synced").count() == PEOPLE
    assert len(world.sp.users) == PEOPLE + others
    assert len(world.sp.writes) == PEOPLE
    assert len(world.sp.requests) == PEOPLE + pages
    assert world.sp.findings == []


def test_a_few_people_are_looked_up_where_many_others_are(world: World) -> None:
    """Reading 3,000 accounts for 12 people would take longer than 36 questions."""
    fill(world.sp, 4000)
    world.people(12)
    world.work()
    listed = [request for request in world.sp.requests if request.method == "GET" and "filter" not in request.query]
    assert len(listed) == 1, "its first page told how many there are"
    assert len(world.sp.users) == 4012


def test_many_who_come_while_a_pass_is_under_way_are_listed_too(world: World) -> None:
    """The pass began for one person, whose account is slow to make; then 200 more join, and 20 of them are looked up."""
    world.sp.fault(Fault("latency", method="POST", seconds=2.0, times=1))
    world.employee("ada")
    with world.worker():
        world.until(lambda: [request for request in world.sp.requests if request.method == "POST"])
        world.people(200)
        world.settle()
    assert Link.objects.filter(status="synced").count() == 201
    assert len([request for request in world.sp.requests if "filter" in request.query]) < 150
