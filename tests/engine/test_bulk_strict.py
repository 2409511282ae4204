"""Bulk and cursors against the strict service provider: it finds nothing to blame, whatever goes wrong on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provisor.applications.models import Application, Link
from provisor.testing import Fault

from .conftest import World

PEOPLE = 120


def wear(world: World, form: dict[str, Any], **profile: Any) -> None:
    """The SP deviates like this, and its form says that."""
    world.sp.profile = replace(world.sp.profile, **profile)
    Application.objects.update(learned=form)


def settled(world: World, count: int) -> None:
    """Exactly one account for each, linked to its own; and nothing left to write."""
    accounts = {account["externalId"]: account["id"] for account in world.sp.users}
    links = {str(link.user_id): link.remote_id for link in Link.objects.filter(status="synced")}
    assert len(world.sp.users) == len(accounts) == len(links) == count
    assert accounts == links
    assert world.sp.findings == []


@pytest.mark.parametrize(
    "profile",
    [
        {},
        {"bulk_resources": True},
        {"bulk_status": "number"},
        {"bulk_status": "object"},
        {"bulk_shuffled": True},
        {"answer_create": "empty"},
        {"bulk_missing": 7},
    ],
    ids=str,
)
def test_a_first_load_with_bulk(world: World, profile: dict[str, Any]) -> None:
    wear(world, {"bulk": 40}, bulk=40, **profile)
    world.people(PEOPLE)
    world.work()
    settled(world, PEOPLE)
    lost = PEOPLE // profile.get("bulk_missing", 1000)
    assert len(world.sp.writes) == PEOPLE // 40
    assert len(world.sp.requests) < 10 + 3 * lost
    world.sp.clear_requests()
    assert world.run("reconcile").status == "done"
    assert world.sp.writes == [], "what was created is as it should be"


def test_updates_and_creates_share_requests(world: World) -> None:
    wear(world, {"bulk": 40}, bulk=40)
    users = world.people(PEOPLE)
    world.work()
    world.sp.clear_requests()
    for user in users[:60]:
        world.edit(user, jobTitle="Analyst")
    newcomers = [world.employee(f"new{number}") for number in range(20)]
    world.work()
    settled(world, PEOPLE + len(newcomers))
    assert sum(account.get("title") == "Analyst" for account in world.sp.users) == 60
    assert {request.path for request in world.sp.writes} == {"/Bulk"}
    assert len(world.sp.requests) < 20


def test_text_that_looks_like_a_reference_stays_text(world: World) -> None:
    wear(world, {"bulk": 40}, bulk=40)
    users = world.people(20)
    world.edit(users[7], jobTitle="bulkId:qwerty")
    world.work()
    settled(world, 20)
    assert world.account(users[7])["title"] == "bulkId:qwerty"


def test_300_creates_through_whatever_goes_wrong(world: World) -> None:
    """Missing answers, a smaller number than was known, operations and whole requests that fail, answers that are cut or
    lost: exactly one account for each."""
    wear(world, {"bulk": 50}, bulk=30, bulk_missing=11, bulk_shuffled=True)
    world.people(300)
    faults = (
        Fault("lost_answer", path_contains="/Bulk", probability=0.1),
        Fault("reset", path_contains="/Bulk", probability=0.1),
        Fault("cut_json", path_contains="/Bulk", probability=0.15),
        Fault("status", 500, path_contains="/Bulk", probability=0.1),
        Fault("status", 429, path_contains="/Bulk", retry_after=0, probability=0.1),
        Fault("cut_json", method="GET", probability=0.02),
    )
    for fault in faults:
        world.sp.fault(fault)
    with world.worker():
        world.settle(patience=120)
    too_many = [finding for finding in world.sp.findings if finding.rule == "B1"]
    assert [finding for finding in world.sp.findings if finding.rule != "B1"] == []
    assert all("30 that were announced" in finding.message for finding in too_many), "until that was learned"
    world.sp.clear_faults()
    world.sp.clear_requests()
    settled(world, 300)
    assert Application.objects.get().learned["bulk"] <= 30


LISTINGS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "cursor": ({"paging": "cursor"}, {"paging": "cursor"}),
    "cursor, without a total": ({"paging": "cursor"}, {"paging": "cursor", "total": "absent"}),
    "cursor, short pages": ({"paging": "cursor"}, {"paging": "cursor", "max_page": 30}),
    "a cursor that expires": ({"paging": "cursor"}, {"paging": "cursor", "cursor_expires_every": 3}),
    "none": ({"paging": "none"}, {"paging": "none", "max_page": 10_000}),
    "index where both are offered": ({}, {"paging": "both"}),
}


@pytest.mark.parametrize(("form", "profile"), LISTINGS.values(), ids=LISTINGS)
def test_a_full_read_by_whatever_way_of_paging(world: World, form: dict[str, Any], profile: dict[str, Any]) -> None:
    """Everybody is seen: who drifted is found, who is gone is made again, and nobody else is touched."""
    wear(world, form, **profile)
    users = world.people(PEOPLE)
    world.work()
    drifted, gone = world.account(users[5]), world.account(users[100])
    world.sp.edit_user(drifted["id"], title="Something else")
    world.sp.remove_user(gone["id"])
    world.sp.clear_requests()
    run = world.run("reconcile")
    assert run.status == "done", run.error
    settled(world, PEOPLE)
    assert "title" not in world.account(users[5])
    assert len(world.sp.writes) == 2


def test_a_way_of_paging_that_the_sp_ignores_is_told(world: World) -> None:
    """Nobody is believed to be gone, and the run says which word of the form to set."""
    wear(world, {"page": 50}, max_page=50)
    world.people(PEOPLE)
    world.work()
    world.sp.profile = replace(world.sp.profile, paging="stuck")
    world.sp.clear_requests()
    run = world.run("reconcile")
    assert (run.status, run.error["code"]) == ("failed", "incomplete_read")
    assert 'set "paging" of the SP form to "none"' in run.error["message"]
    assert len(world.sp.users) == PEOPLE
    assert world.sp.writes == []
