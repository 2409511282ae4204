"""Full reads: nothing is concluded from an incomplete one; accounts that are not ours are listed and never touched."""

from __future__ import annotations

import pytest
from tests.engine.drift_edits import MODES, told, work_mail

from provisor.applications.models import Drift, Link, Orphan
from provisor.audit.models import Operation
from provisor.testing import Fault
from provisor.testing.profile import Profile

BROKEN = {
    "says that there are more": Profile(total="more"),
    "shows the first page for ever": Profile(paging="stuck", max_page=50),
    "shuffles between two pages": Profile(unstable_order=True, max_page=50),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_an_incomplete_read_concludes_nothing(world, mode, broken):
    people = world.people(150)
    world.sp.put_user({"userName": "other", "active": True})
    world.work()
    world.configure(drift=mode)
    world.run("reconcile")
    world.sp.remove_user(world.account(people[0])["id"])
    world.sp.remove_user(world.sp.user("other")["id"])
    world.sp.clear_requests()
    world.sp.profile = broken
    for _ in range(2):
        assert world.run("reconcile").error["code"] == "incomplete_read"
    assert world.sp.writes == []
    assert not Operation.objects.filter(type="drift_found").exists()
    assert Orphan.objects.get().missed == 0
    assert not Drift.objects.exists()


def test_nothing_is_concluded_from_a_read_that_broke_off_and_what_it_showed_is_right(world):
    people = world.people(60)
    world.work()
    world.sp.edit_user(world.account(people[0])["id"], title="Hacker")
    world.sp.remove_user(world.account(people[1])["id"])
    world.sp.profile = Profile(total="more")
    run = world.run("reconcile")
    assert (run.status, run.counts) == ("failed", {"update": 1})
    assert "title" not in world.account(people[0])
    assert len(world.sp.users) == 59


@pytest.mark.parametrize("odd", [Profile(short_pages=True, max_page=20), Profile(overlap=1, max_page=20)],
                         ids=["short pages", "overlapping pages"])  # fmt: skip
def test_odd_pages_that_show_everybody_make_nobody_absent(world, odd):
    world.people(70)
    world.sp.put_user({"userName": "other", "active": True})
    world.work()
    world.configure(drift="report")
    world.sp.profile = odd
    run = world.run("reconcile")
    assert (run.status, run.total) == ("done", 71)
    assert not Drift.objects.exists()
    assert Orphan.objects.count() == 1


def test_a_read_that_could_not_be_finished_by_id_concludes_nothing(world):
    ada = world.employee("ada")
    world.work()
    world.configure(drift="report")
    account = world.account(ada)["id"]
    world.sp.remove_user(account)
    world.sp.fault(Fault("status", 500, method="GET", path_contains=f"/Users/{account}", times=9))
    assert world.run("reconcile").error["code"] == "incomplete_read"
    assert told("ada") == set()


@pytest.mark.parametrize("mode", MODES)
def test_accounts_of_others_are_listed_with_their_age_and_never_touched(world, mode):
    world.configure(drift=mode)
    world.employee("ada")
    mine = {"userName": "Root", "externalId": "hr-1", "emails": [work_mail("Root@Example.org")], "active": False}
    world.sp.put_user(mine)
    world.work()
    foreign = world.sp.user("Root")
    world.run("reconcile")
    first = Orphan.objects.get()
    assert (first.user_name, first.email, first.external_id, first.active) == (
        "Root",
        "Root@Example.org",
        "hr-1",
        False,
    )
    world.run("reconcile")
    again = Orphan.objects.get()
    assert again.first_seen == first.first_seen < again.last_seen
    assert world.sp.user("Root") == foreign


def test_an_account_of_others_leaves_the_list_after_two_reads_without_it(world):
    world.employee("ada")
    world.sp.put_user({"userName": "root", "active": True})
    world.work()
    for missed in (0, 1):
        world.run("reconcile")
        assert Orphan.objects.get().missed == missed
        if not missed:
            world.sp.remove_user(world.sp.user("root")["id"])
    world.run("reconcile")
    assert not Orphan.objects.exists()


def test_an_account_that_becomes_ours_leaves_the_list(world):
    world.sp.put_user({"userName": "ada", "emails": [work_mail("ada@example.com")], "active": True})
    world.employee("grace")
    world.work()
    world.run("reconcile")
    assert Orphan.objects.get().user_name == "ada"
    world.employee("ada")
    world.work()
    world.run("reconcile")
    assert not Orphan.objects.exists()


def test_our_own_accounts_are_never_on_the_list_whatever_their_state(world):
    people = world.people(30)
    world.work()
    world.leave(people[0])
    world.sp.fault(Fault("status", 400, method="PATCH", times=1))
    world.edit(people[1], jobTitle="Refused")
    world.work_off()
    world.run("reconcile")
    assert not Orphan.objects.exists()


def test_nothing_is_marked_where_nothing_is_to_be_done(world):
    """A quiet read of many costs the pages, and no look at each account afterwards."""
    world.people(40)
    world.work()
    before = set(Link.objects.values_list("id", "updated"))
    world.run("reconcile")
    assert set(Link.objects.values_list("id", "updated")) == before
