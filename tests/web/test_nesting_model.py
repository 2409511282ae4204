"""Random days of a small directory: whatever is nested, joined and deleted in whatever order, the closure is what following
every edge by hand gives, nobody's change of access goes unmarked, and no circle ever closes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisor.administrators.actor import shell
from provisor.applications import commands as applications
from provisor.applications.models import Application, Due, GroupDue
from provisor.applications.queries import nesting
from provisor.applications.queries.people import if_left
from provisor.directory import commands as directory
from provisor.directory.models import Closure, Group, Membership, Nesting, User
from provisor.errors import Invalid, NotFound

GROUPS, USERS = 5, 3
NUMBERS = count()
one_group, one_user = st.integers(0, GROUPS - 1), st.integers(0, USERS - 1)
few_groups = st.lists(one_group, min_size=1, max_size=3, unique=True)
edits = st.one_of(
    st.tuples(st.sampled_from(["nest", "take out"]), one_group, few_groups),
    st.tuples(st.sampled_from(["join", "leave"]), one_group, one_user),
    st.tuples(st.sampled_from(["assign", "unassign", "delete"]), one_group, st.none()),
)
downwards = [(parent, child) for parent in range(GROUPS) for child in range(parent + 1, GROUPS)]


def some(of: Iterable[Any]) -> st.SearchStrategy[list[Any]]:
    """Each of them or not, as a coin falls: half of a small graph has diamonds, and users with two ways."""
    things = list(of)
    return st.lists(st.booleans(), min_size=len(things), max_size=len(things)).map(
        lambda coins: [thing for thing, coin in zip(things, coins, strict=True) if coin]
    )


worlds = st.fixed_dictionaries(
    {
        "edges": some(downwards),
        "members": some((group, user) for group in range(GROUPS) for user in range(USERS)),
        "assigned": some(range(GROUPS)),
    }
)
Pairs = set[tuple[uuid.UUID, uuid.UUID]]


class Rolled(Exception):
    """Ends an example: nothing of it stays."""


@contextmanager
def example() -> Iterator[None]:
    with suppress(Rolled), transaction.atomic():
        yield
        raise Rolled


class Small:
    """A directory with a few groups and users, and one application, as a world draws it."""

    def __init__(self, world: dict[str, list[Any]]) -> None:
        now, actor = timezone.now(), shell()
        self.actor = actor
        self.groups = [Group.objects.create(name=f"g{n}", name_key=f"g{n}", updated=now) for n in range(GROUPS)]
        self.users = [
            User.objects.create(username=f"u{n}", username_key=f"u{n}", email=f"u{n}", email_key=f"u{n}", updated=now)
            for n in range(USERS)
        ]
        fields = {"name": "Chat", "name_key": f"chat {next(NUMBERS)}", "base_url": "https://chat.example"}
        self.application = Application.objects.create(updated=now, **fields)
        for group in range(GROUPS):
            inside = [child for parent, child in world["edges"] if parent == group]
            members = [self.users[user].id for member_of, user in world["members"] if member_of == group]
            self.do("nest", group, inside)
            directory.change_members(actor, self.groups[group].id, add=members)
        assigned = [self.groups[group].id for group in world["assigned"]]
        applications.change_assignments(actor, self.application.id, groups_add=assigned)

    def do(self, what: str, group: int, with_what: Any) -> None:
        chosen = self.groups[group].id
        if what in ("nest", "take out"):
            side = "groups_add" if what == "nest" else "groups_remove"
            ids = [self.groups[number].id for number in with_what]
            directory.change_members(self.actor, chosen, **{side: ids})
        elif what in ("join", "leave"):
            side = "add" if what == "join" else "remove"
            directory.change_members(self.actor, chosen, **{side: [self.users[with_what].id]})
        elif what in ("assign", "unassign"):
            side = "groups_add" if what == "assign" else "groups_remove"
            applications.change_assignments(self.actor, self.application.id, **{side: [chosen]})
        else:
            directory.delete_group(self.actor, chosen)


def followed() -> Pairs:
    """The closure, computed by following every edge from every group."""
    inside: dict[uuid.UUID, set[uuid.UUID]] = {id: set() for id in Group.objects.values_list("id", flat=True)}
    for parent, child in Nesting.objects.values_list("parent_id", "child_id"):
        inside[parent].add(child)

    def below(id: uuid.UUID, seen: set[uuid.UUID]) -> set[uuid.UUID]:
        if id not in seen:
            seen.add(id)
            for child in inside[id]:
                below(child, seen)
        return seen

    return {(id, found) for id in inside for found in below(id, set())}


def rows(statement: str) -> set[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found = cursor.fetchall()
    assert len(found) == len(set(found))
    return set(found)


def access() -> set[Any]:
    return {user for (user,) in rows("SELECT DISTINCT user_id FROM applications_access")}


def members() -> dict[Any, set[Any]]:
    """By assigned group, everybody in it."""
    found: dict[Any, set[Any]] = {}
    for group, user in rows("SELECT group_id, user_id FROM directory_effective"):
        found.setdefault(group, set()).add(user)
    assigned = {id for (id,) in rows("SELECT DISTINCT group_id FROM applications_assignment")}
    return {group: found.get(group, set()) for group in assigned}


def check_nesting() -> None:
    closure = followed()
    assert set(Closure.objects.values_list("ancestor_id", "descendant_id")) == closure
    assert not any((below, above) in closure for above, below in closure if above != below)
    own = set(Membership.objects.values_list("group_id", "user_id"))
    effective = {(above, user) for above, below in closure for group, user in own if group == below}
    assert rows("SELECT group_id, user_id FROM directory_effective") == effective


def check_marks(what: str, before: tuple[Any, Any], after: tuple[Any, Any]) -> None:
    changed = before[0] ^ after[0]
    marked = set(Due.objects.values_list("user_id", flat=True))
    assert changed <= marked
    if what in ("nest", "take out"):
        assert marked == changed
        priority = 2 if what == "nest" else 0
        assert set(Due.objects.values_list("priority", "cause")) <= {(priority, "set")}
    regrouped = {id for id in before[1].keys() & after[1].keys() if before[1][id] != after[1][id]}
    come_and_gone = before[1].keys() ^ after[1].keys()
    assert regrouped | come_and_gone <= set(GroupDue.objects.values_list("group_id", flat=True))


@pytest.mark.django_db
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds, st.lists(edits, min_size=1, max_size=4))
def test_whatever_happens_the_nesting_adds_up_and_nobody_is_missed(world: Any, day: list[tuple[str, int, Any]]) -> None:
    with example():
        small = Small(world)
        check_nesting()
        for what, group, with_what in day:
            Due.objects.all().delete()
            GroupDue.objects.all().delete()
            before = (access(), members())
            with suppress(Invalid, NotFound):  # a circle, or something that was deleted an hour ago
                small.do(what, group, with_what)
            check_nesting()
            check_marks(what, before, (access(), members()))


@pytest.mark.django_db
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds, st.sampled_from(["nest", "take out", "delete", "leave"]), one_group, few_groups, one_user)
def test_a_preview_says_what_the_edit_does(world: Any, what: str, group: int, few: list[int], user: int) -> None:
    with example():
        small = Small(world)
        before = access()
        settle(small, before)
        chosen, ids = small.groups[group].id, [small.groups[number].id for number in few]
        found = {
            "nest": lambda: nesting.if_nested(chosen, ids),
            "take out": lambda: nesting.if_taken_out(chosen, nested_in(chosen, ids)),
            "delete": lambda: nesting.if_group_deleted(chosen),
            "leave": lambda: if_left(chosen, [small.users[user].id]),
        }[what]()
        try:
            small.do(what, group, user if what == "leave" else few)
        except Invalid:  # a circle
            return
        after = access()
        assert (found.create, found.deactivate) == (len(after - before), len(before - after))


def nested_in(group: uuid.UUID, ids: list[uuid.UUID]) -> list[uuid.UUID]:
    """What a page offers for taking out."""
    return list(Nesting.objects.filter(parent_id=group, child_id__in=ids).values_list("child_id", flat=True))


def settle(small: Small, with_access: set[Any]) -> None:
    """Whoever has access has an account, as after a sync."""
    for user in with_access:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO applications_link (id, application_id, user_id, status, remote_id, active, known,"
                " created_here, attempts, unconfirmed, updated)"
                " VALUES (gen_random_uuid(), %s, %s, 'synced', %s, true, '{}', true, 0, 0, now())",
                [small.application.id, user, str(user)],
            )
