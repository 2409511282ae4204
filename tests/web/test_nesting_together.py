"""Nesting from several sides at the same instant: no circle closes, nothing stale stays, and members never wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from tests.web.test_nesting_model import check_nesting

from provisor.administrators.actor import shell
from provisor.directory.commands import change_members, delete_group
from provisor.directory.models import Closure, Group, Nesting
from provisor.errors import Problem

pytestmark = pytest.mark.django_db(transaction=True)


def together(*calls: Callable[[], Any]) -> list[Any]:
    """What each call gave, or the status of its problem; begun at the same moment on connections of their own."""
    ready = threading.Barrier(len(calls))

    def work(call: Callable[[], Any]) -> Any:
        ready.wait(timeout=10)
        try:
            call()
            return 200
        except Problem as problem:
            return problem.status
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(work, calls))


def put_in(parent: Group, child: Group) -> Callable[[], Any]:
    return lambda: change_members(shell(), parent.id, groups_add=[child.id])


def test_two_groups_put_into_each_other(make_group: Any) -> None:
    for number in range(5):
        one, two = make_group(f"One {number}"), make_group(f"Two {number}")
        assert sorted(together(put_in(one, two), put_in(two, one))) == [200, 422]
    check_nesting()


def test_a_ring_is_refused_at_one_place(make_group: Any) -> None:
    ring = [make_group(f"Group {number}") for number in range(4)]
    outcomes = together(*(put_in(ring[n], ring[(n + 1) % 4]) for n in range(4)))
    assert (outcomes.count(422), Nesting.objects.count()) == (1, 3)
    check_nesting()


def test_deleting_the_middle_while_more_is_put_around_and_in(make_group: Any) -> None:
    for number in range(5):
        top, middle, bottom, other = (make_group(f"{name} {number}") for name in ("Top", "Middle", "Bottom", "Other"))
        change_members(shell(), top.id, groups_add=[middle.id])
        change_members(shell(), middle.id, groups_add=[bottom.id])
        outcomes = together(
            put_in(other, top),
            put_in(bottom, make_group(f"Inner {number}")),
            lambda id=middle.id: delete_group(shell(), id),
        )
        assert outcomes == [200, 200, 200]
        assert not Closure.objects.filter(ancestor=top, descendant=bottom).exists()
    check_nesting()


def test_putting_in_a_group_that_is_just_deleted(make_group: Any) -> None:
    for number in range(5):
        top, gone = make_group(f"Top {number}"), make_group(f"Gone {number}")
        put, deleted = together(put_in(top, gone), lambda id=gone.id: delete_group(shell(), id))
        assert (put in (200, 422), deleted) == (True, 200)
    assert Nesting.objects.count() == 0
    check_nesting()


def test_members_come_and_go_while_the_nesting_is_being_changed(make_group: Any, make_user: Any) -> None:
    top, inner, ada = make_group("Top"), make_group("Inner"), make_user("ada")
    with transaction.atomic():
        put_in(top, inner)()  # not committed yet
        with ThreadPoolExecutor(1) as pool:
            pool.submit(_impatient, lambda: change_members(shell(), inner.id, add=[ada.id])).result(timeout=30)
    assert inner.memberships.count() == 1
    check_nesting()


def _impatient(call: Callable[[], Any]) -> None:
    """Fails instead of waiting for a lock."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
        call()
    finally:
        connection.close()
