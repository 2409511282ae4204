"""Random edits of people, rules and filters: what is kept is always what computing everything anew would give."""

from __future__ import annotations

import uuid
from contextlib import suppress
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from provisor.administrators.actor import shell
from provisor.applications import commands as applications
from provisor.applications.models import Application, OutOfScope
from provisor.core.expression import Failed, facts_of, holds, parse
from provisor.directory import commands as directory
from provisor.directory.commands import rules
from provisor.directory.models import Group, GroupRule, Membership, RuleFailure, RuleProposal, User
from provisor.directory.validation import NewUser, UserChanges

EXPRESSIONS = (
    'user.department == "Sales"',
    'user.department != "Sales" && user.state == "active"',
    'user.location == "Berlin" || user.department == "Law"',
    "user.attributes.level > 2",
    "true",
)
some_expression = some.sampled_from(EXPRESSIONS)
some_values = some.fixed_dictionaries(
    {},
    optional={
        "department": some.sampled_from(["Sales", "Law", None]),
        "location": some.sampled_from(["Berlin", "Paris", None]),
        "attributes": some.fixed_dictionaries({"level": some.sampled_from([1, 5, "high"])}),
    },
)


edits = some.one_of(
    some.tuples(some.just("join"), some_values),
    some.tuples(some.just("edit"), some.integers(0, 9), some_values),
    some.tuples(some.just("suspend or return"), some.integers(0, 9)),
    some.tuples(
        some.just("rule"), some.integers(0, 1), some_expression, some.booleans(), some.sampled_from([None, 99])
    ),
    some.tuples(some.just("decide"), some.integers(0, 1), some.sampled_from([rules.approve, rules.reject])),
    some.tuples(some.just("filter"), some.none() | some_expression),
)
NUMBERS = count()


class Rolled(Exception):
    """Ends an example: nothing of it stays."""


class Movers:
    """A small directory with two groups and an application."""

    def __init__(self) -> None:
        self.actor = shell()
        self.users: list[uuid.UUID] = []
        self.groups = [_group(f"G{n}") for n in range(2)]
        self.application = Application.objects.create(
            name="A", name_key="a", base_url="https://a.example/", updated=timezone.now()
        )
        for _ in range(7):
            self.join({})

    def play(self, edit: tuple[Any, ...]) -> None:
        name, *what = edit
        getattr(self, name.replace(" ", "_"))(*what)

    def join(self, values: dict[str, Any]) -> None:
        name = f"u{next(NUMBERS)}"
        values = {**values, "attributes": values.get("attributes") or {"level": 1}}
        body = NewUser(username=name, email=f"{name}@example.com", **values)
        self.users.append(directory.create_user(self.actor, body).id)

    def edit(self, which: int, values: dict[str, Any]) -> None:
        directory.update_user(self.actor, self.users[which % len(self.users)], UserChanges(**values))

    def suspend_or_return(self, which: int) -> None:
        user = User.objects.get(pk=self.users[which % len(self.users)])
        move = directory.suspend_user if user.state == "active" else directory.unsuspend_user
        move(self.actor, user.id)

    def rule(self, which: int, expression: str, review: bool, confirm: int | None) -> None:
        rules.set_rule(self.actor, self.groups[which].id, expression, review=review, confirm=confirm)

    def decide(self, which: int, act: Any) -> None:
        if RuleProposal.objects.filter(group=self.groups[which], state="waiting").exists():
            act(self.actor, self.groups[which].id)

    def filter(self, expression: str | None) -> None:
        applications.update_application(self.actor, self.application.id, {"scope": expression})

    def check(self) -> None:
        for one in GroupRule.objects.all():
            self._check_rule(one)
        scope = Application.objects.get(pk=self.application.pk).scope
        out = set(OutOfScope.objects.values_list("user_id", flat=True))
        if scope is None:
            assert not out
            return
        wanted, failed = _judged(scope["expression"])
        assert out - failed == set(self.users) - wanted - failed

    def _check_rule(self, one: GroupRule) -> None:
        """What differs from what the rule wants is proposed, and nothing else; without review, only while an edit waits."""
        wanted, failed = _judged(one.expression)
        members = set(Membership.objects.filter(group_id=one.group_id).values_list("user_id", flat=True))
        kept = RuleProposal.objects.filter(group_id=one.group_id)
        assert {user for user in wanted ^ members if user not in failed} == {row.user_id for row in kept}
        assert all(row.joins == (row.user_id in wanted) for row in kept)
        assert set(RuleFailure.objects.filter(group_id=one.group_id).values_list("user_id", flat=True)) == failed
        assert not kept.filter(state="waiting").exists() or one.review or one.held


@pytest.mark.django_db
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(some.lists(edits, min_size=1, max_size=14))
def test_what_is_kept_is_what_everything_computed_anew_would_give(db: None, day: list[tuple[Any, ...]]) -> None:
    with suppress(Rolled), transaction.atomic():
        movers = Movers()
        for edit in day:
            movers.play(edit)
            movers.check()
        raise Rolled


def _judged(expression: str) -> tuple[set[uuid.UUID], set[uuid.UUID]]:
    """For whom it holds, and for whom it can't be evaluated: from scratch."""
    asked, wanted, failed = parse(expression), set(), set()
    for user in User.objects.exclude(state="deleting"):
        values = {"department": user.department, "location": user.location, "attributes": user.attributes}
        try:
            if holds(asked, facts_of(values | {"state": str(user.state)})):
                wanted.add(user.id)
        except Failed:
            failed.add(user.id)
    return wanted, failed


def _group(name: str) -> Group:
    return Group.objects.create(name=name, name_key=name.casefold(), updated=timezone.now())
