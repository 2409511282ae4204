"""Rules of groups, for looking at: how one stands, what waits for a decision, and what another one would do."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from provisor.applications.queries.people import Consequence, Touched, if_joined, if_left
from provisor.applications.scopes import evaluating
from provisor.core import rules
from provisor.core.expression import Expression
from provisor.directory import queries
from provisor.directory.commands import computing
from provisor.directory.models import GroupRule, ProposalState, RuleFailure, RuleProposal, RuleStatus, User

NAMED = 10


@dataclass(frozen=True)
class RuleStands:
    """How a rule stands: its row, the members, what waits for a decision (`joins`, `leaves`), what was rejected, and for how
    many users it can't be evaluated."""

    rule: GroupRule
    status: str
    members: int
    joins: int
    leaves: int
    rejected: int
    failed: int

    @property
    def waits(self) -> int:
        return self.joins + self.leaves


@dataclass(frozen=True)
class Failing:
    """A user for whom a rule can't be evaluated, and why."""

    user: User
    message: str


@dataclass(frozen=True)
class RulePreview:
    """What saving a rule would do: the members now and then; who comes, who goes and for whom it can't be evaluated, in
    numbers and the first few by name; and what becomes of accounts, by application. `asks`: it would wait for approval,
    unless `leaves` is sent along as `confirm`."""

    members: int
    after: int
    joins: int
    leaves: int
    failed: int
    asks: bool
    joining: Sequence[User] = ()
    leaving: Sequence[User] = ()
    failing: Sequence[Failing] = ()
    accounts: Consequence = field(default_factory=Consequence)


@dataclass
class _Sum:
    joins: list[uuid.UUID] = field(default_factory=list)
    leaves: list[uuid.UUID] = field(default_factory=list)
    failing: list[tuple[uuid.UUID, str]] = field(default_factory=list)
    failed: int = 0


def rule_of(group_id: uuid.UUID) -> GroupRule | None:
    """The rule of a group, or None."""
    return GroupRule.objects.select_related("group").filter(group_id=group_id).first()


def rule_stands(rule: GroupRule) -> RuleStands:
    """How a rule stands at this moment."""
    proposals = RuleProposal.objects.filter(group_id=rule.group_id)
    waiting = proposals.filter(state=ProposalState.WAITING)
    joins, leaves = (waiting.filter(joins=side).count() for side in (True, False))
    status = str(rule.status)
    if rule.status == RuleStatus.WAITING and not joins + leaves:
        status = str(RuleStatus.SETTLED)  # what waited has become moot by the users' own values
    return RuleStands(
        rule=rule,
        status=status,
        members=rule.group.memberships.count(),
        joins=joins,
        leaves=leaves,
        rejected=proposals.filter(state=ProposalState.REJECTED).count(),
        failed=RuleFailure.objects.filter(group_id=rule.group_id).count(),
    )


def proposals(group_id: uuid.UUID, state: str = ProposalState.WAITING) -> QuerySet[RuleProposal]:
    """What a rule proposes, in no order yet. Raises NotFound."""
    queries.get_group(group_id)
    return RuleProposal.objects.filter(group_id=group_id, state=state).select_related("user")


def problems(group_id: uuid.UUID) -> QuerySet[RuleFailure]:
    """For whom a rule can't be evaluated, in no order yet. Raises NotFound."""
    queries.get_group(group_id)
    return RuleFailure.objects.filter(group_id=group_id).select_related("user")


def preview_rule(group_id: uuid.UUID, source: str | None = None, *, named: int = NAMED) -> RulePreview:
    """What `source` as the rule would do; None: the rule that the group has. Writes nothing. Raises NotFound, and Invalid
    naming expression."""
    group = queries.get_group(group_id)
    if source is None:
        known = rule_of(group_id)
        source = known.expression if known else ""
    parsed = evaluating.condition(source, "expression")
    members = group.memberships.count()
    found = _summed(group_id, parsed, named)
    asks = rules.asks(leaving=len(found.leaves), members=members, failed=found.failed, confirmed=None)
    return RulePreview(
        members=members,
        after=members + len(found.joins) - len(found.leaves),
        joins=len(found.joins),
        leaves=len(found.leaves),
        failed=found.failed,
        asks=asks and bool(found.joins or found.leaves),
        joining=_first(found.joins, named),
        leaving=_first(found.leaves, named),
        failing=_failing(found.failing),
        accounts=_both(if_joined(group_id, found.joins), if_left(group_id, found.leaves)),
    )


def _summed(group_id: uuid.UUID, asked: Expression, named: int) -> _Sum:
    found = _Sum()
    for people in evaluating.everybody(asked.references):
        wanted = computing.compare(group_id, asked.source, people)
        found.joins += wanted.joins
        found.leaves += wanted.leaves
        found.failed += len(wanted.failed)
        found.failing += list(wanted.failed.items())[: named - len(found.failing)]
    return found


def _first(ids: Sequence[uuid.UUID], named: int) -> list[User]:
    return list(User.objects.filter(pk__in=ids).order_by("username_key")[:named])


def _failing(found: Sequence[tuple[uuid.UUID, str]]) -> list[Failing]:
    users = User.objects.in_bulk([id for id, _message in found])
    return [Failing(users[id], message) for id, message in found if id in users]


def _both(joining: Consequence, leaving: Consequence) -> Consequence:
    parts: dict[uuid.UUID, Any] = {}
    for part in (*joining.parts, *leaving.parts):
        known = parts.get(part.application_id, Touched(part.application_id, part.name, 0, 0, 0))
        parts[part.application_id] = Touched(
            part.application_id,
            part.name,
            known.create + part.create,
            known.reactivate + part.reactivate,
            known.deactivate + part.deactivate,
        )
    return Consequence(sorted(parts.values(), key=lambda part: (-part.total, part.name.casefold())))
