"""Rules of groups: setting one, taking it away, and deciding about what it proposes.

An edit is computed over all users slice by slice (`compute`, here and now in a small directory, else a job), and what it
would change is kept as proposals meanwhile. Then it is applied, unless a person has to look first: because the rule is
reviewed, because it takes out many members (core/rules.py), or because it can't be evaluated for everybody. Each step is a
transaction of its own and looks at the rows first: it may be repeated, or go on where another worker was lost.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor import jobs
from provisor.administrators.actor import Actor, system
from provisor.applications.scopes import evaluating
from provisor.core import rules
from provisor.core.expression import Expression
from provisor.directory.commands import computing
from provisor.directory.commands.loading import group_to_delete, later_than
from provisor.directory.commands.recording import Entry, change, record
from provisor.directory.models import (
    Group,
    GroupRule,
    Nesting,
    ProposalState,
    RuleFailure,
    RuleProposal,
    RuleStatus,
    User,
)
from provisor.directory.models import State as UserState
from provisor.errors import Busy, Conflict, NotFound

JOB = "rules.compute"
APPLIED_AT_ONCE = 2000

_HOLD_GROUP = "SELECT id FROM directory_group WHERE id = %(group)s FOR KEY SHARE"
_APPROVED = """
    SELECT user_id FROM directory_ruleproposal WHERE group_id = %(group)s AND state = 'approved'
    ORDER BY user_id LIMIT %(limit)s
"""
_TAKE = """
    DELETE FROM directory_ruleproposal
    WHERE group_id = %(group)s AND state = 'approved' AND user_id = ANY(%(users)s) RETURNING user_id, joins
"""


def set_rule(
    actor: Actor,
    group_id: uuid.UUID,
    expression: str,
    *,
    review: bool = False,
    confirm: int | None = None,
    if_match: datetime | None = None,
) -> GroupRule:
    """Lets an expression say who is in a group. `confirm`: the number of leaving members that the caller has seen: up to
    it, nothing waits. The same rule again changes nothing, unless it waits and `confirm` is given.

    Raises NotFound, Stale, Invalid naming expression, Conflict `groups_inside`, and Busy."""
    actor.require("groups.write")
    parsed = evaluating.condition(expression, "expression")
    with transaction.atomic():
        evaluating.alone()
        group = group_to_delete(group_id, if_match=if_match)
        former = GroupRule.objects.filter(group=group).first()
        if (
            former
            and (former.expression, former.review) == (parsed.source, review)
            and not (former.held and confirm is not None)
        ):
            return former
        _refuse_groups_inside(group)
        _write(actor, _begun(actor, group, former, confirm), parsed, review)
    go_on(group_id)
    return get_rule(group_id)


def bring_back(actor: Actor, group: Group, expression: str, *, review: bool) -> None:
    """Gives the caller's group, which its transaction has just made, the rule that it had once. It is computed after the
    commit: call `go_on` then. Raises Invalid naming expression."""
    parsed = evaluating.condition(expression, "expression")
    _write(actor, _begun(actor, group, None, None), parsed, review)


def go_on(group_id: uuid.UUID) -> None:
    """Computes and applies in a small directory here and now what is the job's otherwise."""
    _at_once(group_id, evaluating.few_users())


def delete_rule(actor: Actor, group_id: uuid.UUID, *, if_match: datetime | None = None) -> None:
    """Takes the rule of a group away; its members stay as they are. Raises NotFound and Stale."""
    actor.require("groups.write")
    with transaction.atomic():
        evaluating.alone()
        group = group_to_delete(group_id, if_match=if_match)
        rule = get_rule(group_id)
        _forget(group_id)
        rule.delete()
        _touch(group)
        changes = [change("expression", rule.expression, None)]
        record(actor, [Entry("group_rule_delete", group=group, changes=changes)])


def get_rule(group_id: uuid.UUID) -> GroupRule:
    """The rule of a group. Raises NotFound, also where the group has none."""
    rule = GroupRule.objects.select_related("group").filter(group_id=group_id).first()
    if rule is None:
        raise NotFound(_("There is no group with this id, or it has no rule."))
    return rule


def approve(actor: Actor, group_id: uuid.UUID, users: Iterable[uuid.UUID] | None = None) -> int:
    """Lets proposed members come and go: those of `users`, or all that wait. How many they are. Raises NotFound, Conflict
    `nothing_waits` and, while an edit is being computed, WrongState."""
    return _decide(actor, group_id, users, ProposalState.APPROVED)


def reject(actor: Actor, group_id: uuid.UUID, users: Iterable[uuid.UUID] | None = None) -> int:
    """Leaves members as they are: these are not proposed again until the rule or their own values say something else.
    As `approve`."""
    return _decide(actor, group_id, users, ProposalState.REJECTED)


@jobs.job(JOB, long=True)
def compute(group: str) -> None:
    """Computes and applies what an edit of a rule, or an approval, asks for. Twice is as once."""
    _make_known(uuid.UUID(group))
    while _next_step(uuid.UUID(group)):
        jobs.checkpoint()


def judge_again(after: uuid.UUID | None) -> uuid.UUID | None:
    """Recomputes the next users after this one, by all rules and filters; the last of them, or None after the end."""
    with transaction.atomic():
        people = evaluating.next_people(after, ())
        computing.recompute(system("rules"), [person.id for person in people])
    return people[-1].id if people else None


def _at_once(group_id: uuid.UUID, small: bool) -> None:
    """As the job that was deferred, so that the answer tells how it went; it is the job's where others are in the way."""
    if small:
        try:
            compute(str(group_id))
        except Busy:
            return


# Editing ---------------------------------------------------------------------------------------------------------------


def _begun(actor: Actor, group: Group, former: GroupRule | None, confirm: int | None) -> GroupRule:
    """The rule's row as it is at the start of an edit; what waited by the former rule is forgotten."""
    _forget(group.id)
    _touch(group)
    rule = former or GroupRule(group=group, version=0)
    rule.version, rule.status, rule.held, rule.confirmed = rule.version + 1, RuleStatus.COMPUTING, False, confirm
    rule.done, rule.after, rule.total = 0, None, User.objects.exclude(state=UserState.DELETING).count()
    rule.actor, rule.correlation, rule.updated = actor.as_json(), actor.correlation, timezone.now()
    return rule


def _forget(group: uuid.UUID) -> None:
    RuleProposal.objects.filter(group_id=group).delete()
    RuleFailure.objects.filter(group_id=group).delete()


def _touch(group: Group) -> None:
    group.updated = later_than(group.updated)
    group.save(update_fields=["updated"])


def _write(actor: Actor, rule: GroupRule, parsed: Expression, review: bool) -> None:
    """With the event, and the job that computes it; in the caller's transaction."""
    was = {"expression": rule.expression, "review": rule.review} if rule.version > 1 else {}
    rule.expression, rule.references, rule.review = parsed.source, sorted(parsed.references), review
    rule.save()
    now = {"expression": rule.expression, "review": rule.review}
    changes = [change(name, was.get(name), value) for name, value in now.items() if was.get(name) != value]
    record(actor, [Entry("group_rule_set", group=rule.group, changes=changes)])
    jobs.later(JOB, group=rule.group_id)


def _refuse_groups_inside(group: Group) -> None:
    names = Nesting.objects.filter(parent=group).order_by("child__name_key").values_list("child__name", flat=True)
    if inside := list(names[:3]):
        text = _(
            "Groups are inside this one (%s). Who is in a computed group, the rule alone says: take them out first."
        )
        raise Conflict(text % ", ".join(inside), code="groups_inside")


# Computing and applying ------------------------------------------------------------------------------------------------


def _make_known(group: uuid.UUID) -> None:
    """Before the first users are judged: nobody still edits or makes users by what was before this rule. Who sets a rule has
    seen to that already; who restores a group can't, for it holds rows that such an edit may be waiting for. Raises Busy."""
    with transaction.atomic():
        if GroupRule.objects.filter(group_id=group, status=RuleStatus.COMPUTING, after=None).exists():
            evaluating.alone()


def _next_step(group: uuid.UUID) -> bool:
    """Computes the next users, decides, or applies the next members; whether there may be more to do."""
    with transaction.atomic():
        rule = _under_way(group)
        if rule is None or rule.status in (RuleStatus.SETTLED, RuleStatus.WAITING):
            return False
        if rule.status == RuleStatus.APPLYING:
            return _apply(rule)
        if _compute(rule):
            return True
    return _settle(group)


def _under_way(group: uuid.UUID) -> GroupRule | None:
    """The rule, held against whoever edits, decides or deletes at the same time."""
    evaluating.shared()
    _rows(_HOLD_GROUP, group=group)
    return GroupRule.objects.select_for_update(no_key=True).filter(group_id=group).first()


def _compute(rule: GroupRule) -> bool:
    people = evaluating.next_people(rule.after, rule.references)
    if not people:
        return False
    wanted = computing.compare(rule.group_id, rule.expression, people)
    computing.note_failures(rule.group_id, wanted)
    computing.propose(rule.actor, rule.correlation, rule.group_id, wanted, by_edit=True)
    rule.after, rule.done = people[-1].id, rule.done + len(people)
    rule.save(update_fields=["after", "done"])
    return True


def _settle(group: uuid.UUID) -> bool:
    """Once all users are judged: whether it is applied, or waits. Nobody is adding to the proposals meanwhile."""
    with transaction.atomic():
        evaluating.alone()
        rule = GroupRule.objects.select_for_update(no_key=True).filter(group_id=group).first()
        if rule is None or rule.status != RuleStatus.COMPUTING:
            return rule is not None
        waiting = RuleProposal.objects.filter(group_id=group, state=ProposalState.WAITING)
        rule.held = not rule.review and rules.asks(
            leaving=waiting.filter(joins=False).count(),
            members=rule.group.memberships.count(),
            failed=RuleFailure.objects.filter(group_id=group).count(),
            confirmed=rule.confirmed,
        )
        rule.held = rule.held and waiting.exists()
        if not rule.held and not rule.review:
            _begin_applying(_actor_of(rule), rule, waiting)
        else:
            _end(rule)
    return rule.status == RuleStatus.APPLYING


def _begin_applying(actor: Actor, rule: GroupRule, approved: Any) -> int:
    """Marks proposals as approved, and tells the history of all of them in one event."""
    counts = {"joined": approved.filter(joins=True).count(), "left": approved.filter(joins=False).count()}
    total = int(sum(counts.values()))
    members = rule.group.memberships.count()
    approved.update(state=ProposalState.APPROVED)
    if total:
        rule.status, rule.done, rule.total = RuleStatus.APPLYING, 0, total
        told = [change("members", members, members + counts["joined"] - counts["left"])]
        told += [change(name, None, count) for name, count in counts.items()]
        record(actor, [Entry("membership_change", group=rule.group, changes=told)])
        rule.save(update_fields=["status", "done", "total", "held"])
    else:
        _end(rule)
    return total


def _apply(rule: GroupRule) -> bool:
    users = [row[0] for row in _rows(_APPROVED, group=rule.group_id, limit=evaluating.SLICE)]
    evaluating.held(users)
    taken = _rows(_TAKE, group=rule.group_id, users=users)
    if not users:
        _end(rule)
        return False
    joins, leaves = ([id for id, joining in taken if joining is side] for side in (True, False))
    computing.place(_actor_of(rule), rule.group_id, joins=joins, leaves=leaves)
    rule.done += len(taken)
    rule.save(update_fields=["done"])
    return True


def _end(rule: GroupRule) -> None:
    """Nothing is to be applied any more; an edit that was held stays so as long as some of it is undecided."""
    waits = RuleProposal.objects.filter(group_id=rule.group_id, state=ProposalState.WAITING).exists()
    rule.held = rule.held and waits
    rule.status = RuleStatus.WAITING if rule.held else RuleStatus.SETTLED
    rule.save(update_fields=["status", "held"])


def _actor_of(rule: GroupRule) -> Actor:
    return Actor(**rule.actor, role="owner", correlation=rule.correlation)


# Deciding --------------------------------------------------------------------------------------------------------------


def _decide(actor: Actor, group_id: uuid.UUID, users: Iterable[uuid.UUID] | None, to: ProposalState) -> int:
    actor.require("groups.write")
    with transaction.atomic():
        rule = _under_way(group_id) or get_rule(group_id)
        if rule.status == RuleStatus.COMPUTING:
            raise Conflict(_("The rule is being computed at this moment. Decide once it is done."), code="computing")
        chosen = _chosen(group_id, users)
        if to is ProposalState.APPROVED:
            rule.actor, rule.correlation = actor.as_json(), actor.correlation
            rule.save(update_fields=["actor", "correlation"])
            count = _begin_applying(actor, rule, chosen)
            jobs.later(JOB, group=group_id)
        else:
            count = int(chosen.update(state=ProposalState.REJECTED))
            record(actor, [Entry("group_rule_reject", group=rule.group, changes=[change("rejected", None, count)])])
            if rule.status == RuleStatus.WAITING:
                _end(rule)
    if to is ProposalState.APPROVED:
        _at_once(group_id, count <= APPLIED_AT_ONCE)
    return count


def _chosen(group_id: uuid.UUID, users: Iterable[uuid.UUID] | None) -> Any:
    waiting = RuleProposal.objects.filter(group_id=group_id, state=ProposalState.WAITING)
    chosen = waiting if users is None else waiting.filter(user_id__in=list(users))
    if not chosen.exists():
        raise Conflict(_("None of these waits for a decision any more."), code="nothing_waits")
    return chosen


def _rows(statement: str, **parameters: Any) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
