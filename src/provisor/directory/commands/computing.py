"""Members that are computed: who comes into, and goes out of, groups with a rule once users have changed.

`recompute` is called by every command that writes users' values or states, in its transaction, while it holds their rows.
What a rule wants and what is so is compared for these users only; the difference is written at once, or waits as proposals
where a person is to look first. Where a rule can't be evaluated for a user, nothing changes for that user.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import connection

from provisor.administrators.actor import Actor
from provisor.applications import due
from provisor.applications.scopes import evaluating, scoping
from provisor.applications.scopes.evaluating import Person
from provisor.directory.commands.recording import Entry, change, mark, record
from provisor.directory.models import Group, GroupRule, User

Ids = Sequence[uuid.UUID]
SoFar = dict[tuple[str, uuid.UUID], set[uuid.UUID]]

_RULES = """
    SELECT r.group_id, r.expression, r."references",
           r.review OR r.status = 'computing'
           OR (r.held AND EXISTS (SELECT 1 FROM directory_ruleproposal p
                                  WHERE p.group_id = r.group_id AND p.state = 'waiting'))
    FROM directory_grouprule r ORDER BY r.group_id
"""
# Groups that are being deleted are waited for, and left out then.
_HOLD = "SELECT id FROM directory_group WHERE id = ANY(%(groups)s) ORDER BY id FOR KEY SHARE"
# One look for all rules and users: most edits change no member anywhere, and write nothing here.
_SO_FAR = """
    SELECT 'member', group_id, user_id FROM directory_membership
    WHERE group_id = ANY(%(groups)s) AND user_id = ANY(%(users)s)
    UNION ALL
    SELECT 'proposed', group_id, user_id FROM directory_ruleproposal
    WHERE group_id = ANY(%(groups)s) AND user_id = ANY(%(users)s)
    UNION ALL
    SELECT 'failed', group_id, user_id FROM directory_rulefailure
    WHERE group_id = ANY(%(groups)s) AND user_id = ANY(%(users)s)
"""
_ADD = """
    INSERT INTO directory_membership (group_id, user_id, created)
    SELECT %(group)s, id, now() FROM unnest(%(users)s::uuid[]) AS given(id) ORDER BY id
    ON CONFLICT (group_id, user_id) DO NOTHING RETURNING user_id
"""
_REMOVE = "DELETE FROM directory_membership WHERE group_id = %(group)s AND user_id = ANY(%(users)s) RETURNING user_id"
# A proposal of the same kind stays as it is decided; one of the other kind is a new one.
_PROPOSE = """
    INSERT INTO directory_ruleproposal (group_id, user_id, joins, state, by_edit, actor, correlation, at)
    SELECT %(group)s, p.user_id, p.joins, 'waiting', %(by_edit)s, %(actor)s::jsonb, %(correlation)s, now()
    FROM jsonb_to_recordset(%(proposals)s::jsonb) AS p (user_id uuid, joins boolean) ORDER BY p.user_id
    ON CONFLICT (group_id, user_id) DO UPDATE SET
        joins = EXCLUDED.joins, state = 'waiting', by_edit = EXCLUDED.by_edit, actor = EXCLUDED.actor,
        correlation = EXCLUDED.correlation, at = EXCLUDED.at
    WHERE directory_ruleproposal.joins <> EXCLUDED.joins
"""
_REJECTED = """
    SELECT user_id, joins FROM directory_ruleproposal
    WHERE group_id = %(group)s AND user_id = ANY(%(users)s) AND state = 'rejected'
"""
_MOOT = "DELETE FROM directory_ruleproposal WHERE group_id = %(group)s AND user_id = ANY(%(users)s)"
_MEND = "DELETE FROM directory_rulefailure WHERE group_id = %(group)s AND user_id = ANY(%(users)s)"
_FAIL = """
    INSERT INTO directory_rulefailure (group_id, user_id, message)
    SELECT %(group)s, f.user_id, f.message FROM jsonb_to_recordset(%(failed)s::jsonb) AS f (user_id uuid, message text)
    ON CONFLICT (group_id, user_id) DO UPDATE SET message = EXCLUDED.message
"""


@dataclass(frozen=True)
class Rule:
    """A group's rule as it is applied: `waits`: what it wants is proposed first."""

    group: uuid.UUID
    expression: str
    references: Collection[str]
    waits: bool


@dataclass
class Wanted:
    """What a rule wants of some users, against what is so: who comes, who goes, and for whom it can't be evaluated. `moot`:
    users of whom something was proposed that is so by now; `mended`: for whom it could not be evaluated, and can now."""

    joins: list[uuid.UUID] = field(default_factory=list)
    leaves: list[uuid.UUID] = field(default_factory=list)
    failed: dict[uuid.UUID, str] = field(default_factory=dict)
    moot: list[uuid.UUID] = field(default_factory=list)
    mended: list[uuid.UUID] = field(default_factory=list)


def recompute(
    actor: Actor, user_ids: Iterable[uuid.UUID], *, touched: Collection[str] | None = None, new: bool = False
) -> None:
    """Brings computed members and the filters of applications up to date for these users, whose rows this transaction
    has written. `touched`: the contract's names of what changed, such as "department" or "attributes.team"; None is
    everything. `new`: they were just made."""
    users = list(user_ids)
    if not users:
        return
    evaluating.shared()
    rules = [rule for rule in _rules() if evaluating.reads(rule.references, touched)]
    scopes = scoping.concerned(touched)
    if not rules and not scopes:
        return
    there = set(_ids(_HOLD, groups=[rule.group for rule in rules])) if rules else set()
    rules = [rule for rule in rules if rule.group in there]
    read = {name for rule in rules for name in rule.references}
    read |= {name for scope in scopes for name in scope.references}
    for people in evaluating.people(users, read):
        so_far = _so_far([rule.group for rule in rules], people)
        for rule in rules:
            _follow(actor, rule, _compared(rule.group, rule.expression, people, so_far))
        scoping.recompute(actor, people, scopes, new=new)


def _rules() -> list[Rule]:
    with connection.cursor() as cursor:
        cursor.execute(_RULES)
        return [Rule(*row) for row in cursor.fetchall()]


def _follow(actor: Actor, rule: Rule, wanted: Wanted) -> None:
    note_failures(rule.group, wanted)
    if rule.waits:
        propose(actor.as_json(), actor.correlation, rule.group, wanted, by_edit=False)
        return
    _leave_rejected(rule.group, wanted)
    if wanted.joins or wanted.leaves or wanted.moot:
        _rows(_MOOT, group=rule.group, users=[*wanted.joins, *wanted.leaves, *wanted.moot])
        group = Group.objects.get(pk=rule.group)
        came, went = place(actor, group.id, joins=wanted.joins, leaves=wanted.leaves)
        record(actor, _told(group, came, went))


def _leave_rejected(group: uuid.UUID, wanted: Wanted) -> None:
    """Whom a person decided to leave as they are stays so, also once nothing of that edit waits any more."""
    if users := [*wanted.joins, *wanted.leaves]:
        rejected = set(_rows(_REJECTED, group=group, users=users))
        wanted.joins = [id for id in wanted.joins if (id, True) not in rejected]
        wanted.leaves = [id for id in wanted.leaves if (id, False) not in rejected]


def compare(group: uuid.UUID, source: str, people: Sequence[Person]) -> Wanted:
    """What the expression wants of these people, against the members as they are."""
    return _compared(group, source, people, _so_far([group], people))


def _so_far(groups: Ids, people: Sequence[Person]) -> SoFar:
    found: SoFar = defaultdict(set)
    if groups:
        for kind, group, user in _rows(_SO_FAR, groups=list(groups), users=[person.id for person in people]):
            found[kind, group].add(user)
    return found


def _compared(group: uuid.UUID, source: str, people: Sequence[Person], so_far: SoFar) -> Wanted:
    asked = evaluating.stored(source)
    members, proposed, failed = (so_far[kind, group] for kind in ("member", "proposed", "failed"))
    wanted = Wanted()
    for person in people:
        judged = evaluating.judge(asked, person)
        if judged.holds is None:
            wanted.failed[person.id] = judged.message
        elif judged.holds != (person.id in members):
            (wanted.joins if judged.holds else wanted.leaves).append(person.id)
        differs = judged.holds is not None and judged.holds != (person.id in members)
        if person.id in proposed and not differs:
            wanted.moot.append(person.id)
        if person.id in failed and judged.holds is not None:
            wanted.mended.append(person.id)
    return wanted


def propose(by: Mapping[str, Any], correlation: uuid.UUID, group: uuid.UUID, wanted: Wanted, *, by_edit: bool) -> None:
    """Keeps the difference for a person to decide about; what has become moot goes."""
    if wanted.moot:
        _rows(_MOOT, group=group, users=wanted.moot)
    sides = ((wanted.joins, True), (wanted.leaves, False))
    proposals = [{"user_id": str(id), "joins": joins} for ids, joins in sides for id in ids]
    if proposals:
        what = {"by_edit": by_edit, "actor": orjson.dumps(dict(by)).decode(), "correlation": correlation}
        _rows(_PROPOSE, group=group, proposals=orjson.dumps(proposals).decode(), **what)


def note_failures(group: uuid.UUID, wanted: Wanted) -> None:
    """Keeps for whom the rule can't be evaluated, and forgets it for those for whom it can."""
    if wanted.mended:
        _rows(_MEND, group=group, users=wanted.mended)
    failed = [{"user_id": str(id), "message": message} for id, message in wanted.failed.items()]
    if failed:
        _rows(_FAIL, group=group, failed=orjson.dumps(failed).decode())


def place(actor: Actor, group: uuid.UUID, *, joins: Ids, leaves: Ids) -> tuple[Ids, Ids]:
    """Adds and removes members and marks their accounts; who really came and went. The group is held already, and so are
    the users."""
    went = _ids(_REMOVE, group=group, users=list(leaves)) if leaves else []
    came = _ids(_ADD, group=group, users=list(joins)) if joins else []
    due.mark_members(group, went, mark(actor, due.LEAVING, "set"))
    due.mark_members(group, came, mark(actor, due.SET, "set"))
    return came, went


def _told(group: Group, came: Ids, went: Ids) -> list[Entry]:
    users = User.objects.in_bulk([*came, *went])
    sides = ((came, change("membership", None, "member")), (went, change("membership", "member", None)))
    rule = change("by", None, "rule")
    return [
        Entry("membership_change", user=users[id], group=group, changes=[what, rule])
        for ids, what in sides
        for id in ids
        if id in users
    ]


def has_rule(group: uuid.UUID) -> bool:
    """Whether the members of this group are computed."""
    return GroupRule.objects.filter(group_id=group).exists()


def _ids(statement: str, **parameters: Any) -> list[uuid.UUID]:
    return [row[0] for row in _rows(statement, **parameters)]


def _rows(statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall()) if cursor.description else []
