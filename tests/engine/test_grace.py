"""Accounts that are deleted some days after they were ended: when, of whom, and what stops it. What the SP holds counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from provisor.applications import commands as applications
from provisor.applications.models import Application, Change, Due, Link, Reservation, Run, Tombstone
from provisor.core import mapping
from provisor.directory import commands as directory
from provisor.directory.models import User

DAY = timedelta(days=1)


def off_for(world, *users, days: int) -> None:
    """They have been off for so long, and the setting was there before."""
    since = timezone.now() - days * DAY
    Link.objects.filter(user_id__in=[user.id for user in users]).update(inactive_since=since)
    Application.objects.filter(id=world.application.id).update(grace_since=since)


def leaver(world, name="ada", *, adopted: bool = False):
    if adopted:
        world.sp.put_user(
            {"userName": name, "emails": [{"value": f"{name}@example.com", "type": "work", "primary": True}]}
        )
    user = world.employee(name)
    world.work()
    world.leave(user)
    world.work()
    assert world.link(user).inactive_since is not None
    return user


def tick_and_work(world) -> None:
    """Long enough for a tick: the worker marks what is to be deleted, and does it."""
    with world.worker():
        world.until(lambda: Link.objects.filter(grace_asked__isnull=False).exists() or not Link.objects.exists())
        world.settle()


def a_tick_passes(world) -> None:
    """A worker has ticked: what is late by then would be marked."""
    probe = world.employee("probe")
    directory.delete_user(world.actor, probe.id)
    with world.worker():
        world.until(lambda: not User.objects.filter(id=probe.id).exists())
        world.settle()


def test_off_by_default(world):
    ada = leaver(world)
    off_for(world, ada, days=4000)
    a_tick_passes(world)
    assert world.account(ada)["active"] is False


def test_an_account_is_deleted_after_its_days(world):
    world.configure(delete_after_days=30)
    ada = leaver(world)
    off_for(world, ada, days=31)
    tick_and_work(world)
    assert world.account(ada) is None
    assert (world.status(ada), world.link(ada).remote_id) == ("inactive", None)
    change = Change.objects.get(kind="delete")
    assert (change.cause, change.actor["name"]) == ("set", "grace")
    assert "off for as long" in change.reason


def test_and_not_a_day_before(world):
    world.configure(delete_after_days=30)
    ada = leaver(world)
    off_for(world, ada, days=29)
    a_tick_passes(world)
    assert world.account(ada)["active"] is False
    assert world.link(ada).grace_asked is None


def test_an_adopted_account_too(world):
    world.configure(delete_after_days=30)
    ada = leaver(world, adopted=True)
    off_for(world, ada, days=31)
    tick_and_work(world)
    assert world.sp.users == []


def test_who_came_back_is_not_deleted_and_begins_anew(world):
    world.configure(delete_after_days=30)
    ada = leaver(world)
    off_for(world, ada, days=31)
    world.join(ada)
    world.work()
    assert world.account(ada)["active"] is True
    assert world.link(ada).inactive_since is None
    world.leave(ada)
    world.work()
    assert timezone.now() - world.link(ada).inactive_since < DAY
    assert world.account(ada)["active"] is False


def test_access_in_between_begins_anew_though_nothing_could_be_sent(world):
    world.configure(delete_after_days=30)
    ada = leaver(world)
    off_for(world, ada, days=31)
    title = {"scim": "title", "source": {"expression": "string(user.attributes.level + 0)"}}
    others = [row for row in mapping.rows_as_json(mapping.DEFAULT_ROWS) if row["scim"] != "title"]
    applications.replace_mapping(world.actor, world.application.id, [*others, title])
    world.join(ada)
    world.work()
    assert (world.status(ada), world.account(ada)["active"]) == ("held", False)
    world.leave(ada)
    world.work()
    assert world.account(ada)["active"] is False
    assert timezone.now() - world.link(ada).inactive_since < DAY


def test_a_suspended_user_who_has_access_is_kept(world):
    world.configure(delete_after_days=1)
    ada = world.employee("ada")
    world.work()
    directory.suspend_user(world.actor, ada.id)
    world.work()
    assert world.link(ada).inactive_since is None
    assert world.account(ada)["active"] is False


@pytest.mark.parametrize("former", [0, 90])
def test_switching_it_on_or_making_it_shorter_deletes_nobody_at_once(world, former):
    world.configure(delete_after_days=former)
    ada = leaver(world)
    off_for(world, ada, days=60)
    world.configure(delete_after_days=30)
    a_tick_passes(world)
    assert world.account(ada)["active"] is False
    assert timezone.now() - Application.objects.get(id=world.application.id).grace_since < DAY


def test_making_it_longer_goes_on_counting(world):
    world.configure(delete_after_days=30)
    ada = leaver(world)
    off_for(world, ada, days=61)
    world.configure(delete_after_days=60)
    tick_and_work(world)
    assert world.account(ada) is None


@pytest.mark.parametrize("words", ["the remote id", "its user name"])
def test_a_protected_account_is_held(world, words):
    world.configure(delete_after_days=30)
    ada = leaver(world)
    named = world.account(ada)["id"] if words == "the remote id" else "ada"
    applications.change_protected(world.actor, world.application.id, add=[named])
    off_for(world, ada, days=31)
    tick_and_work(world)
    assert world.account(ada)["active"] is False
    assert world.link(ada).error["code"] == "protected"


def test_where_nothing_is_done_nothing_is_deleted(world):
    world.configure(delete_after_days=30)
    ada = leaver(world)
    off_for(world, ada, days=31)
    world.configure(deprovision="nothing")
    a_tick_passes(world)
    assert world.account(ada)["active"] is False


def test_who_was_switched_on_there_meanwhile_is_switched_off_and_begins_anew(world):
    world.configure(delete_after_days=30)
    ada = leaver(world)
    off_for(world, ada, days=31)
    world.sp.edit_user(world.account(ada)["id"], active=True)
    tick_and_work(world)
    assert world.account(ada)["active"] is False
    assert not Change.objects.filter(kind="delete").exists()


def test_the_guard_counts_them_all_before_the_first(world):
    world.configure(delete_after_days=30, guard={"max_count": 5, "max_percent": 0})
    people = world.people(12)
    world.work()
    world.configure(guard={"max_count": 100, "max_percent": 0})
    world.leave(*people)
    world.work()
    Reservation.objects.all().delete()  # as if that had been a month ago
    world.configure(guard={"max_count": 5, "max_percent": 0})
    off_for(world, *people, days=31)
    tick_and_work(world)
    assert len(world.sp.users) == 12
    run = Run.objects.get(kind="guard")
    assert (run.status, run.counts) == ("waiting_approval", {"delete": 12})
    applications.approve_run(world.actor, run.id, hash=run.hash)
    world.work()
    assert world.sp.users == []


def test_the_account_of_a_deleted_user_waits_without_its_user(world):
    world.configure(delete_after_days=30)
    ada = world.employee("ada")
    world.work()
    directory.delete_user(world.actor, ada.id)
    with world.worker():
        world.until(lambda: not User.objects.filter(id=ada.id).exists())
        world.settle()
    assert world.account(ada)["active"] is False
    assert Tombstone.objects.get(user_id=ada.id).username == "ada"
    off_for(world, ada, days=31)
    tick_and_work(world)
    assert world.account(ada) is None
    assert not Link.objects.filter(user_id=ada.id).exists()
    assert Change.objects.get(kind="delete").user_name == "ada"
    assert not Due.objects.exists()


def test_without_the_setting_a_deleted_user_leaves_no_link(world):
    ada = world.employee("ada")
    world.work()
    directory.delete_user(world.actor, ada.id)
    with world.worker():
        world.until(lambda: not User.objects.filter(id=ada.id).exists())
    assert not Link.objects.exists()
    assert Tombstone.objects.get().user_id == ada.id


def test_the_sp_that_knows_no_deletion_keeps_them_off(world):
    world.configure(delete_after_days=30, form={"delete": False})
    ada = leaver(world)
    off_for(world, ada, days=31)
    tick_and_work(world)
    assert world.account(ada)["active"] is False
    assert world.status(ada) == "inactive"
    assert world.link(ada).grace_asked is not None
