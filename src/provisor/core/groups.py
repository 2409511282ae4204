"""Groups at the SP: deciding, group by group, what would make it right. Pure.

A group there is a name, an externalId and members. Its members are a set difference that the database makes
(`engine.groups.members`); here it is decided whether the group is to be created, taken over, renamed, deleted or held.

Contract, "Groups": without a provisionable member a group isn't created; deleted in the directory: deleted there if we
created it, held `confirm_delete` if it was adopted; unassigned: nothing is sent, the link is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provisor.core import protection, resource, undone
from provisor.core.changes import LOOKS, Change, Kind, Nothing, Wait
from provisor.core.group_links import GroupCase, GroupLink, RemoteGroup
from provisor.core.resource import Difference
from provisor.core.takeover import key

_PRIVILEGED = ("admin", "owner", "root", "superuser", "super user", "superadmin", "wheel", "sudo", "domain admins")

Decision = Change | Nothing | Wait


def must_be_looked_up(case: GroupCase) -> bool:
    """Whether `decide` needs what the SP has under this name or externalId."""
    if case.link.remote_id is not None or case.stays_undone:
        return False
    return case.link.creating or (case.exists and case.assigned and case.filled)


def decide(case: GroupCase, found: Sequence[RemoteGroup] = ()) -> Decision:
    """What to do about the group itself; its members come afterwards. Nothing(forget=True): the link goes."""
    decision = _decide(case, found)
    if not isinstance(decision, Change) or decision.kind is Kind.HOLD:
        return decision
    why = protection.touched_group(case.policy.protected, case.link, case.name, decision)
    return _hold(case, "protected", why, [decision.group] if decision.group else ()) if why else decision


def _decide(case: GroupCase, found: Sequence[RemoteGroup]) -> Decision:
    if case.stays_undone:
        return _hold(case, undone.CODE, undone.WORDS)
    if not case.exists:
        return _deleted(case, found)
    if not case.assigned:
        return Nothing(forget=True)
    if case.link.remote_id is not None:
        return _keep(case)
    if not (case.filled or case.link.creating):
        return Nothing(forget=True)
    return _without_group(case, found)


def _deleted(case: GroupCase, found: Sequence[RemoteGroup]) -> Decision:
    remote_id, ours = case.link.remote_id, case.link.created_here
    if remote_id is None and case.link.creating:
        made = [group for group in found if _is_ours(case, group)]
        if not made:
            return _not_yet(case) or Nothing(forget=True)
        remote_id, ours = made[0].id, True
    action = (case.decision or {}).get("action")
    if remote_id is None or action == "ignore":
        return Nothing(forget=True)
    if not case.policy.form.group_delete:
        return _hold(case, "confirm_delete", "It was deleted in the directory, and groups can't be deleted there.")
    if not ours and action != "delete":
        return _hold(case, "confirm_delete", "It was deleted in the directory, and it was there before us.")
    return Change(Kind.DELETE, case.link.id, "was deleted in the directory", remote_id)


def _keep(case: GroupCase) -> Change | Nothing:
    attributes = resource.differences(case.desired, case.link.known, case.paths)
    if not attributes:
        return Nothing(status="synced")
    return Change(Kind.UPDATE, case.link.id, "differs from the directory", case.link.remote_id, attributes)


def _without_group(case: GroupCase, found: Sequence[RemoteGroup]) -> Decision:
    action = (case.decision or {}).get("action")
    if action == "ignore" or (action is None and case.link.ignored == case.name):
        return _hold(case, "ignored", "A person chose to leave it alone until the group is renamed.")
    judged = _judge(case, found, action)
    if judged is not None:
        return judged
    if wait := _not_yet(case):
        return wait
    if not case.filled:
        return Nothing(forget=True)
    if not case.policy.form.group_create:
        return _hold(case, "no_group", "Groups can't be created there, and there is none of this name.")
    attributes = tuple(Difference(path, None, value) for path, value in case.desired.items())
    return Change(Kind.CREATE, case.link.id, "is assigned and isn't there", attributes=attributes)


def _judge(case: GroupCase, found: Sequence[RemoteGroup], action: str | None) -> Change | None:
    """Whose group is this? None: nothing stands in the way of a new one (S-ESC, G9)."""
    if action == "adopt":
        chosen = [group for group in found if group.id == (case.decision or {}).get("remote_id")]
        if not chosen:
            return _hold(case, "candidate_gone", "The group that was chosen is no longer there.", found)
        return _owned(case, chosen[0]) if chosen[0].owner else _adopt(case, chosen[0], "a person chose this group")
    mine = [group for group in found if group.external_id == case.id and not group.owner]
    if len(mine) == 1:
        return _adopt(case, mine[0], "its externalId is this group's id")
    hits = mine or [group for group in found if key(group.name) == key(case.name)]
    if not hits or action == "create":
        return None
    if len(hits) > 1:
        return _hold(case, "ambiguous", f"{len(hits)} groups there have this name.", hits)
    return _one_hit(case, hits[0])


def _one_hit(case: GroupCase, hit: RemoteGroup) -> Change:
    if hit.owner or (hit.external_id and hit.external_id != case.id):
        return _owned(case, hit)
    if case.link.creating:
        return _adopt(case, hit, "our own create, whose answer was lost, made it")
    if case.policy.takeover == "never":
        return _hold(case, "exists", f"A group {hit.name!r} exists there, and takeover is set to never.", [hit])
    if case.policy.takeover == "review":
        return _hold(case, "match_found", f"A group {hit.name!r} exists there.", [hit])
    if is_privileged(case.name):
        return _hold(
            case, "privileged", f"A group {hit.name!r} exists there, and its name means special rights.", [hit]
        )
    return _adopt(case, hit, "its name is this group's")


def is_privileged(name: str) -> bool:
    """Whether a group of this name probably gives its members special rights (S-ESC)."""
    plain = key(name)
    return any(
        plain == word or plain.startswith((f"{word}s", f"{word} ", f"{word}-", f"{word}_", "administrator"))
        for word in _PRIVILEGED
    )


def _is_ours(case: GroupCase, group: RemoteGroup) -> bool:
    return not group.owner and (group.external_id == case.id or key(group.name) == key(case.name))


def _owned(case: GroupCase, group: RemoteGroup) -> Change:
    why = "is linked to another group" if group.owner else "carries somebody else's externalId"
    return _hold(case, "owned_elsewhere", f"The group {group.name!r} there {why}.", [group])


def _adopt(case: GroupCase, group: RemoteGroup, reason: str) -> Change:
    known = resource.observe({}, group.raw, case.paths)
    attributes = resource.differences(case.desired, known, case.paths)
    return Change(Kind.ADOPT, case.link.id, reason, group.id, attributes, group=group)


def _hold(case: GroupCase, code: str, message: str, candidates: Sequence[RemoteGroup] = ()) -> Change:
    return Change(Kind.HOLD, case.link.id, message, case.link.remote_id, code=code, group_candidates=tuple(candidates))


def _not_yet(case: GroupCase) -> Wait | None:
    """After a lost create it may show late (C5): looked up three times before another create."""
    looked = case.link.intent.get("looked", 0) if case.link.creating and case.link.intent else len(LOOKS)
    return Wait(LOOKS[looked]) if looked < len(LOOKS) else None


def observed(link: GroupLink, group: RemoteGroup) -> dict[str, dict[str, Any]]:
    """What is known of the group's own attributes after reading it."""
    return resource.observe(link.known, group.raw, link.known.keys())


def members_change(link: GroupLink, kind: Kind, users: Sequence[str]) -> Change:
    """Members to be added or removed, by the directory's user ids."""
    to_be = list(users)
    difference = Difference("members", None, to_be) if kind is Kind.ADD_MEMBERS else Difference("members", to_be, None)
    reason = "are members in the directory" if kind is Kind.ADD_MEMBERS else "are no members in the directory any more"
    return Change(kind, link.id, reason, link.remote_id, (difference,))
