"""Edits of one application at the same instant never wait for each other, and none is lost; one worker drives at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.db import transaction
from tests.engine.conftest import World
from tests.engine.model_waiting import (
    assert_each_has_one_account,
    converge,
    crash,
    driver,
    held_open,
    settle,
    sloppy_ends,
    without_waiting,
    workers,
)

from provisor.applications import commands as applications
from provisor.applications.models import Application, Link
from provisor.directory import commands as directory
from provisor.directory.models import User
from provisor.testing import FakeServiceProvider, Fault


@dataclass
class Pair:
    """Two edits of one application. The first is held open while the second commits and is carried out."""

    first: Callable[[], object]
    first_arrived: Callable[[], object]
    second: Callable[[], object]
    second_arrived: Callable[[], object]


@dataclass
class Cast:
    """Three people with accounts, two without, and a second group that is assigned too."""

    world: World

    def __post_init__(self) -> None:
        self.ada, self.bob, self.cy = (self.world.employee(name) for name in ("ada", "bob", "cy"))
        self.new, self.late = (self.world.person(name) for name in ("new", "late"))
        self.guests = self.world.make_group("Guests")
        self.world.work()

    def title(self, user: User, title: str) -> Callable[[], object]:
        return lambda: self.world.edit(user, jobTitle=title)

    def has_title(self, user: User, title: str) -> Callable[[], object]:
        return lambda: self.world.account(user).get("title") == title

    def join(self, group, *users: User) -> Callable[[], object]:
        return lambda: directory.change_members(self.world.actor, group.id, add=[user.id for user in users])

    def assign(self, user: User) -> Callable[[], object]:
        return lambda: applications.change_assignments(self.world.actor, self.world.application.id, users_add=[user.id])

    def has_account(self, *users: User) -> Callable[[], object]:
        return lambda: all(self.world.account(user) for user in users)

    def is_off(self, user: User) -> Callable[[], object]:
        return lambda: self.world.account(user)["active"] is False


def two_users(cast: Cast) -> Pair:
    ada, bob = cast.ada, cast.bob
    return Pair(cast.title(ada, "A"), cast.has_title(ada, "A"), cast.title(bob, "B"), cast.has_title(bob, "B"))


def renames(cast: Cast) -> Pair:
    world, ada, bob = cast.world, cast.ada, cast.bob
    return Pair(
        lambda: world.edit(ada, username="ada2"),
        lambda: world.account(ada)["userName"] == "ada2",
        lambda: world.edit(bob, username="bob2"),
        lambda: world.account(bob)["userName"] == "bob2",
    )


def membership_and_edit(cast: Cast) -> Pair:
    joins = cast.join(cast.world.staff, cast.new)
    return Pair(joins, cast.has_account(cast.new), cast.title(cast.bob, "B"), cast.has_title(cast.bob, "B"))


def edit_and_membership(cast: Cast) -> Pair:
    joins = cast.join(cast.world.staff, cast.new)
    return Pair(cast.title(cast.bob, "B"), cast.has_title(cast.bob, "B"), joins, cast.has_account(cast.new))


def memberships_of_one_group(cast: Cast) -> Pair:
    staff = cast.world.staff
    first, second = cast.join(staff, cast.new), cast.join(staff, cast.late)
    return Pair(first, cast.has_account(cast.new), second, cast.has_account(cast.late))


def memberships_of_overlapping_users(cast: Cast) -> Pair:
    """`cy` is in both calls, leaving the first group and joining the second one."""
    world, staff = cast.world, cast.world.staff
    leaving = lambda: directory.change_members(world.actor, staff.id, add=[cast.new.id], remove=[cast.cy.id])  # noqa: E731
    second = cast.join(cast.guests, cast.cy, cast.late)
    return Pair(leaving, cast.has_account(cast.new, cast.cy), second, cast.has_account(cast.late))


def assignment_and_edit(cast: Cast) -> Pair:
    return Pair(
        cast.assign(cast.new), cast.has_account(cast.new), cast.title(cast.bob, "B"), cast.has_title(cast.bob, "B")
    )


def edit_and_assignment(cast: Cast) -> Pair:
    return Pair(
        cast.title(cast.bob, "B"), cast.has_title(cast.bob, "B"), cast.assign(cast.new), cast.has_account(cast.new)
    )


def settings_and_edit(cast: Cast) -> Pair:
    world = cast.world
    return Pair(
        lambda: world.configure(concurrency=3),
        lambda: Application.objects.get().settings.get("concurrency") == 3,
        cast.title(cast.bob, "B"),
        cast.has_title(cast.bob, "B"),
    )


def policy_and_suspension(cast: Cast) -> Pair:
    """A setting that marks every account as due, and a leaver beside it."""
    world = cast.world
    return Pair(
        lambda: world.configure(deprovision="delete"),
        lambda: Application.objects.get().settings.get("deprovision") == "delete",
        lambda: directory.suspend_user(world.actor, cast.bob.id),
        cast.is_off(cast.bob),
    )


PAIRS = [
    two_users,
    renames,
    membership_and_edit,
    edit_and_membership,
    memberships_of_one_group,
    memberships_of_overlapping_users,
    assignment_and_edit,
    edit_and_assignment,
    settings_and_edit,
    policy_and_suspension,
]


@pytest.mark.parametrize("make", PAIRS, ids=lambda make: make.__name__)
def test_an_edit_neither_waits_for_another_one_nor_is_lost(world, make):
    pair = make(Cast(world))
    with world.worker(), held_open(pair.first) as commit:
        with without_waiting():
            pair.second()
        world.until(pair.second_arrived)
        assert not pair.first_arrived()
        commit()
        world.until(pair.first_arrived)
        settle(world)
    assert world.sp.findings == []


def test_activating_and_editing_never_wait_for_each_other(world):
    cast = Cast(world)
    applications.deactivate_application(world.actor, world.application.id)
    activate = lambda: applications.activate_application(world.actor, world.application.id)  # noqa: E731
    with world.worker(), held_open(activate) as commit:
        with without_waiting():
            world.edit(cast.bob, jobTitle="B")
        assert world.account(cast.bob).get("title") is None
        commit()
        world.until(cast.has_title(cast.bob, "B"))


def test_an_edit_that_rolls_back_sends_nothing(world):
    cast = Cast(world)
    world.sp.clear_requests()

    def edit_and_fail() -> None:
        world.edit(cast.ada, jobTitle="Never")
        world.join(cast.new)
        transaction.set_rollback(True)

    with world.worker(), held_open(edit_and_fail) as end:
        world.edit(cast.bob, jobTitle="B")
        world.until(cast.has_title(cast.bob, "B"))
        end()
        settle(world)
    assert [request.path for request in world.sp.writes] == [f"/Users/{world.account(cast.bob)['id']}"]


def test_two_workers_drive_one_application_one_at_a_time(world):
    world.people(300)
    with workers(world, 2):
        settle(world)
    assert_each_has_one_account(world, 300)
    assert sum(request.method == "POST" for request in world.sp.requests) == 300


def test_another_worker_takes_over_within_two_seconds(world):
    world.people(300)
    world.sp.fault(Fault("latency", method="POST", seconds=0.02))
    with sloppy_ends(), workers(world, 2) as running:
        world.until(lambda: len(world.sp.users) > 20)
        driving = next(worker for worker in running if worker.name == driver())
        crash(world, driving)
        before = len(world.sp.requests)
        world.until(lambda: len(world.sp.requests) > before, patience=2.0)
        settle(world)
    assert_each_has_one_account(world, 300)


def test_two_workers_drive_two_applications_side_by_side(world):
    world.people(30)
    with FakeServiceProvider.in_thread() as elsewhere:
        other = world.make_application("Other app", elsewhere.base_url)
        applications.change_assignments(world.actor, other.id, groups_add=[world.staff.id])
        with workers(world, 2):
            settle(world)
        assert [len(world.sp.users), len(elsewhere.users)] == [30, 30]
    assert Link.objects.filter(status="synced").count() == 60


@pytest.mark.parametrize("kind", ["latency", "lost_answer"])
def test_an_edit_during_the_same_users_request_is_not_lost(world, kind):
    ada = world.employee("ada")
    world.work()
    world.sp.clear_requests()
    world.sp.fault(Fault(kind, method="PATCH", seconds=0.3, times=1))
    with world.worker():
        world.edit(ada, jobTitle="First")
        world.until(lambda: world.sp.writes)
        world.edit(ada, jobTitle="Second")
        world.until(lambda: world.account(ada).get("title") == "Second")
        settle(world)
    assert world.status(ada) == "synced"


@pytest.mark.parametrize("leave", ["suspend", "unassign", "delete"])
def test_who_leaves_while_the_create_is_in_flight_ends_inactive(world, leave):
    ada = world.employee("ada")
    world.sp.fault(Fault("latency", method="POST", seconds=0.3, times=1))
    with world.worker():
        world.until(lambda: world.sp.writes)
        _leave(world, ada, leave)
        world.until(lambda: world.sp.users and world.account(ada)["active"] is False)
        settle(world)


@pytest.mark.parametrize("leave", ["suspend", "unassign", "delete"])
def test_who_leaves_while_being_looked_up_has_no_active_account_in_the_end(world, leave):
    ada = world.employee("ada")
    world.sp.fault(Fault("latency", method="GET", seconds=0.3, times=1))
    with world.worker():
        world.until(lambda: world.sp.requests)
        _leave(world, ada, leave)
        settle(world)
    converge(world)
    assert not any(account["active"] for account in world.sp.users)


def test_who_is_deleted_while_coming_back_ends_inactive(world):
    """The account is known to be off when the deletion begins; the request that switches it on is still in flight."""
    ada = world.employee("ada")
    world.work()
    world.leave(ada)
    world.work()
    world.sp.clear_requests()
    world.sp.fault(Fault("latency", method="PATCH", seconds=1.5, times=1))
    with world.worker():
        world.join(ada)
        world.until(lambda: world.sp.writes)
        directory.delete_user(world.actor, ada.id)
        world.until(lambda: world.sp.writes[0].status)  # it is switched on by now
        settle(world)
        world.until(lambda: not User.objects.filter(id=ada.id).exists())
    assert world.account(ada)["active"] is False
    assert not Link.objects.exists()


def _leave(world, user, how):
    {
        "suspend": lambda: directory.suspend_user(world.actor, user.id),
        "unassign": lambda: world.leave(user),
        "delete": lambda: directory.delete_user(world.actor, user.id),
    }[how]()


def test_leavers_overtake_a_first_load(world):
    world.configure(concurrency=5)
    leaver = world.employee("leaver")
    world.work()
    world.people(300)
    world.sp.clear_requests()
    world.sp.fault(Fault("latency", method="POST", seconds=0.05))
    with world.worker():
        world.until(lambda: len(world.sp.writes) > 20)
        directory.suspend_user(world.actor, leaver.id)
        before = len(world.sp.writes)
        world.until(lambda: world.account(leaver)["active"] is False)
        after = len(world.sp.writes)
    methods = [request.method for request in world.sp.writes]
    assert before <= methods.index("PATCH") < before + 25
    assert after < 300, "the load was over before the leaver's turn came"
