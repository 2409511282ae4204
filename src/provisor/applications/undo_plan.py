"""The plan that takes a run back: for each account and group that it changed, what goes back to what it was.

Made from rows alone: what the run did, and what is known of the accounts now. Nothing is asked of the SP; the worker reads
each account before it sends anything (engine.undo). What can't or mustn't go back is in the plan too, as left, and why.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.applications.models import Change, GroupLink, GroupMember, Link, Run
from provisor.core import undo
from provisor.core.changes import Kind
from provisor.core.resource import Difference

BATCH = 500  # accounts and groups at a time
MEMBERS = (Kind.ADD_MEMBERS, Kind.REMOVE_MEMBERS)
Error = Mapping[str, str]


@dataclass(frozen=True)
class Done:
    """What the run did to one account or group, in order."""

    link_id: uuid.UUID
    rows: Sequence[Change]

    @property
    def net(self) -> undo.Net:
        plain = [row for row in self.rows if Kind(row.kind) not in MEMBERS]
        return undo.net([(Kind(row.kind), [undo.difference(one) for one in row.attributes]) for row in plain])

    @property
    def members(self) -> tuple[list[str], list[str]]:
        """Who joined and who left, all in all."""
        rows = [row for row in self.rows if Kind(row.kind) in MEMBERS]
        return undo.net_members((Kind(row.kind), _users(row)) for row in rows)

    @property
    def remote_ids(self) -> set[str]:
        return {row.remote_id for row in self.rows if row.remote_id}


@dataclass
class Known:
    """What is known now of a batch of accounts and groups. `anew`: a later run made or took over another one there;
    `members`: who is in which group there; `accounts`: which users have an account there."""

    links: Mapping[uuid.UUID, Link]
    groups: Mapping[uuid.UUID, GroupLink]
    anew: set[uuid.UUID] = field(default_factory=set)
    members: set[tuple[uuid.UUID, str]] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)


def changes_to_undo(run: Run, into: Run) -> Iterator[list[Change]]:
    """The rows of the plan `into` that takes `run` back, not yet saved, some at a time."""
    for batch in _batches(_done(run)):
        known = _known(run, batch)
        yield [row for done in batch for row in _rows(done, known, run, into)]


def _done(run: Run) -> Iterator[Done]:
    rows = Change.objects.filter(run=run, outcome__result="success").exclude(kind=Kind.HOLD.value)
    for link_id, found in groupby(rows.order_by("link_id", "id").iterator(2000), key=lambda row: row.link_id):
        yield Done(link_id, list(found))


def _batches(found: Iterator[Done]) -> Iterator[list[Done]]:
    batch: list[Done] = []
    for done in found:
        batch.append(done)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _known(run: Run, batch: Sequence[Done]) -> Known:
    ids = [done.link_id for done in batch]
    known = Known(Link.objects.in_bulk(ids), GroupLink.objects.in_bulk(ids), _anew(run, ids))
    users = {user for done in batch for side in done.members for user in side}
    if users:
        held = GroupMember.objects.filter(group_link_id__in=ids, user_id__in=users)
        known.members = {(link, str(user)) for link, user in held.values_list("group_link_id", "user_id")}
        there = Link.objects.filter(application_id=run.application_id, user_id__in=users, remote_id__isnull=False)
        known.accounts = {str(user) for user in there.values_list("user_id", flat=True)}
    return known


def _anew(run: Run, ids: list[uuid.UUID]) -> set[uuid.UUID]:
    later = Run.objects.filter(application_id=run.application_id, created__gt=run.created).exclude(id=run.id)
    made = Change.objects.filter(run__in=later, rank__in=[Kind.ADOPT.rank, Kind.CREATE.rank], link_id__in=ids)
    return set(made.filter(outcome__result="success").values_list("link_id", flat=True))


def _rows(done: Done, known: Known, run: Run, into: Run) -> list[Change]:
    made = _Maker(done, run, into)
    link = known.links.get(done.link_id) or known.groups.get(done.link_id)
    if why := _cannot(done, link, known):
        return [made.left(undo.kind_of(()), (), why)]
    assert link is not None
    if isinstance(link, Link):
        return _of_account(made, link)
    return _of_group(made, link, known)


def _cannot(done: Done, link: Link | GroupLink | None, known: Known) -> Error | None:
    if done.net.kind is Kind.DELETE:
        return _error("deleted_there", _("It was deleted there: that can't be undone."), _("Sync makes a new one."))
    if link is None or link.remote_id is None:
        return _changed(_("There is no account or group of ours there any more."))
    if done.remote_ids - {link.remote_id} or done.link_id in known.anew:
        return _changed(_("It is linked to another one there by now."))
    return None


def _of_account(made: _Maker, link: Link) -> list[Change]:
    net = made.done.net
    back = undo.backwards(net, link.known)
    rows = [made.left(undo.kind_of(back.left), back.left, _since(back.left))] if back.left else []
    if back.send or net.kind is Kind.ADOPT:
        rows.append(made.row(undo.kind_of(back.send), back.send, link.remote_id))
    return rows


def _of_group(made: _Maker, link: GroupLink, known: Known) -> list[Change]:
    net, rows = made.done.net, list[Change]()
    if net.kind is Kind.CREATE:
        stays = _error("group_stays", _("A group that was made stays there, without the members that were added."),
                       _("Delete it there by hand, or in the directory."))  # fmt: skip
        rows.append(made.left(Kind.UPDATE, (), stays))
    else:
        back = undo.backwards(net, link.known)
        rows += [made.left(Kind.UPDATE, back.left, _since(back.left))] if back.left else []
        if back.send or net.kind is Kind.ADOPT:
            rows.append(made.row(Kind.UPDATE, back.send, link.remote_id))
    return rows + _of_members(made, link, known)


def _of_members(made: _Maker, link: GroupLink, known: Known) -> list[Change]:
    rows = list[Change]()
    joined, gone = made.done.members
    there = [user for user in joined if (link.id, user) in known.members]
    away = [user for user in gone if (link.id, user) not in known.members and user in known.accounts]
    if there:
        rows.append(made.row(Kind.REMOVE_MEMBERS, (Difference("members", there, None),), link.remote_id))
    if away:
        rows.append(made.row(Kind.ADD_MEMBERS, (Difference("members", None, away),), link.remote_id))
    for kind, users, kept in ((Kind.REMOVE_MEMBERS, joined, there), (Kind.ADD_MEMBERS, gone, away)):
        if rest := [user for user in users if user not in set(kept)]:
            said = (
                Difference("members", rest, None) if kind is Kind.REMOVE_MEMBERS else Difference("members", None, rest)
            )
            rows.append(made.left(kind, (said,), _changed(_("These members were changed since, or are gone there."))))
    return rows


@dataclass(frozen=True)
class _Maker:
    """Makes the rows of one account or group."""

    done: Done
    run: Run
    into: Run

    def row(self, kind: Kind, attributes: Iterable[Difference], remote_id: str | None) -> Change:
        like = self.done.rows[-1]
        return Change(
            run=self.into,
            kind=kind.value,
            rank=kind.rank,
            link_id=self.done.link_id,
            user_id=like.user_id,
            group_id=like.group_id,
            user_name=like.user_name,
            remote_id=remote_id,
            attributes=[one.as_json() for one in attributes],
            reason=_REASONS[self.done.net.kind],
            cause="set",
            actor=self.into.actor,
            at=timezone.now(),
        )

    def left(self, kind: Kind, attributes: Iterable[Difference], why: Error) -> Change:
        """Said, and left alone."""
        row = self.row(kind, attributes, next(iter(self.done.remote_ids), None))
        row.outcome = {"result": "left", "error": dict(why)}
        return row


_REASONS = {
    Kind.CREATE: "the run made it",
    Kind.ADOPT: "the run took it over: it is let go",
    Kind.DELETE: "the run deleted it",
    Kind.UPDATE: "the run changed it",
}


def _users(row: Change) -> list[str]:
    said: dict[str, Any] = row.attributes[0] if row.attributes else {}
    return [str(user) for user in said.get("to") or said.get("from") or ()]


def _since(attributes: Sequence[Difference]) -> Error:
    names = ", ".join(one.name for one in attributes)
    return _changed(_("Changed since the run, and left alone: %s.") % names)


def _changed(message: str) -> Error:
    return _error("changed_since", message, _("Look at it there; change it by hand if need be."))


def _error(code: str, message: str, hint: str) -> Error:
    return {"code": code, "message": message, "hint": hint}
