"""Rules, people and the trash edited at the same instant: nobody waits in a circle, and members are what the rule says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from provisor import jobs
from provisor.administrators.actor import shell
from provisor.directory.commands import create_user, delete_group, restoring, suspend_user, unsuspend_user, update_user
from provisor.directory.commands.rules import set_rule
from provisor.directory.models import Group, GroupRule, Membership, Nesting, RuleProposal, Trash, User
from provisor.directory.validation import NewUser, UserChanges

pytestmark = pytest.mark.django_db(transaction=True)

SALES = 'user.department == "Sales"'
_WAITING = "SELECT 1 FROM pg_locks WHERE NOT granted"


def on_its_own(pool: ThreadPoolExecutor, call: Callable[[], Any]) -> Future[Any]:
    """The call, on a connection of its own."""

    def work() -> Any:
        try:
            return call()
        finally:
            connection.close()

    return pool.submit(work)


def until_it_waits(call: Future[Any]) -> None:
    """Until the call stands before a lock, or is done."""
    until = time.monotonic() + 30
    with connection.cursor() as cursor:
        while not call.done():
            cursor.execute(_WAITING)
            if cursor.fetchone():
                return
            assert time.monotonic() < until, "It neither ends nor waits."


def members(group: Group) -> set[str]:
    return set(Membership.objects.filter(group=group).values_list("user__username", flat=True))


def in_sales() -> set[str]:
    return set(User.objects.filter(department="Sales").values_list("username", flat=True))


def new(name: str, **values: Any) -> User:
    return create_user(shell(), NewUser(username=name, email=f"{name}@example.com", **values))


def change(user: User, **values: Any) -> User:
    return update_user(shell(), user.id, UserChanges(**values))


@pytest.fixture
def deleted(make_group: Any, make_user: Any) -> Group:
    """A group with the rule “Sales” in the trash."""
    make_user("ada", department="Sales")
    group: Group = make_group("Sales")
    set_rule(shell(), group.id, SALES)
    delete_group(shell(), group.id)
    return group


def restored() -> Any:
    return restoring.restore(shell(), Trash.objects.get().id)


def test_a_group_is_restored_while_somebody_is_being_edited(deleted: Group, make_user: Any) -> None:
    ben = make_user("ben", department="Law")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=ben.pk)
            restoring_it = on_its_own(pool, restored)
            until_it_waits(restoring_it)
            change(ben, department="Sales")
        restoring_it.result(timeout=30)
    jobs.run_all()
    assert members(deleted) == {"ada", "ben"}


def test_who_is_made_while_a_group_is_restored_comes_into_it(deleted: Group) -> None:
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            new("ben", department="Sales")  # judged by the rules of before
            restoring_it = on_its_own(pool, restored)
            until_it_waits(restoring_it)
        restoring_it.result(timeout=30)
    jobs.run_all()
    assert members(deleted) == {"ada", "ben"}


def test_a_worker_goes_on_where_whoever_restored_was_lost(deleted: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restoring.rules, "go_on", lambda group: None)
    restored()
    new("ben", department="Sales")
    for _again in range(2):
        jobs.run_all()
    assert members(deleted) == {"ada", "ben"}
    rule = GroupRule.objects.get()
    assert (rule.expression, rule.status) == (SALES, "settled")


def test_a_group_does_not_come_back_into_one_that_is_computed_by_now(make_group: Any) -> None:
    around, inside = make_group("Around"), make_group("Inside")
    restoring.change_members(shell(), around.id, groups_add=[inside.id])
    delete_group(shell(), inside.id)
    set_rule(shell(), around.id, SALES)
    assert [one["name"] for one in restored().back.lost] == ["Around"]
    assert not Nesting.objects.exists()


def test_rules_and_people_change_at_the_same_time(make_group: Any, make_user: Any) -> None:
    """Whichever order they come in, and whoever is made meanwhile."""
    group = make_group("Sales")
    people = [make_user(f"user{n}", department="Law" if n % 2 else "Sales") for n in range(6)]
    for turn in range(6):
        wanted = "Sales" if turn % 2 else "Law"
        together(*_at_once(group, people, f"new{turn}", wanted))
        jobs.run_all()
        named = User.objects.filter(department=wanted).values_list("username", flat=True)
        assert members(group) == set(named)
        assert not RuleProposal.objects.exists()


def _at_once(group: Group, people: list[User], name: str, wanted: str) -> list[Callable[[], Any]]:
    return [
        lambda: set_rule(shell(), group.id, f'user.department == "{wanted}"', confirm=100),
        lambda: change(people[0], department=wanted),
        lambda: [change(one, department="Sales") for one in people[1:3]],
        lambda: new(name, department=wanted),
        lambda: [suspend_user(shell(), people[5].id), unsuspend_user(shell(), people[5].id)],
    ]


def test_an_edit_that_began_by_the_former_rule_ends_before_the_new_one(make_group: Any, make_user: Any) -> None:
    ben, group = make_user("ben", department="Law"), make_group("Sales")
    set_rule(shell(), group.id, 'user.department == "Sales" && user.location == "Berlin"')
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            change(ben, department="Sales")
            new("eve", department="Sales")
            setting = on_its_own(pool, lambda: set_rule(shell(), group.id, SALES))
            until_it_waits(setting)
            assert not setting.done()
        setting.result(timeout=30)
    jobs.run_all()
    assert members(group) == in_sales() == {"ben", "eve"}


def together(*calls: Callable[[], Any]) -> None:
    """All at the same moment, each on a connection of its own; what fails is raised."""
    ready = threading.Barrier(len(calls))

    def begun(call: Callable[[], Any]) -> Any:
        ready.wait(timeout=10)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        for running in [on_its_own(pool, lambda call=call: begun(call)) for call in calls]:
            running.result(timeout=60)
