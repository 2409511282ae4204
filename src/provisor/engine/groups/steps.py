"""From what happened to a group to what is recorded of it. Pure, but for the jitter of a delay."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from provisor.core import protection, resource, undone, verdict
from provisor.core.changes import Change, Kind, Nothing, Wait
from provisor.core.group_links import GroupLink, RemoteGroup
from provisor.core.verdict import Meaning, Verdict
from provisor.engine.groups.ports import GroupStep, GroupWork
from provisor.engine.groups.session import EVENT_TYPES
from provisor.engine.guard import Refusal, Skipped, Waits
from provisor.engine.outcomes import refusal_error
from provisor.engine.ports import Attempt, Member

Attempts = Sequence[Attempt]


def forgotten(work: GroupWork, decision: Nothing) -> GroupStep:
    """No group is wanted there, or it is none of ours: the link and what we knew of its members go."""
    return GroupStep(work, None, last=True)


def settled(work: GroupWork, link: GroupLink, *, changed: bool) -> GroupStep:
    """The group is as it should be."""
    link = replace(link, status="synced", intent=None, attempts=0, ignored=None)
    return GroupStep(work, link, "success" if changed else None, last=True)


def written(
    work: GroupWork,
    change: Change,
    *,
    remote_id: str,
    sent: Mapping[str, Any],
    echo: RemoteGroup | None,
    attempts: Attempts,
) -> GroupStep:
    """The SP made or changed the group itself; members follow."""
    base = resource.observe({}, change.group.raw, work.case.paths) if change.group else work.link.known
    kept = {path: value for path, value in sent.items() if path in work.case.paths}
    known = resource.acknowledge(base, kept, echo.raw if echo and "displayName" in echo.raw else None)
    created = work.link.created_here or change.kind is Kind.CREATE
    link = replace(work.link, status="due", remote_id=remote_id, known=known, created_here=created, intent=None)
    return GroupStep(work, link, "success", change, tuple(attempts))


def removed(work: GroupWork, change: Change, attempts: Attempts) -> GroupStep:
    """Deleted there, as wanted."""
    return GroupStep(work, None, "success", change, tuple(attempts), last=True)


def members(
    work: GroupWork,
    change: Change,
    link: GroupLink,
    attempts: Attempts,
    *,
    joined: Sequence[Member] = (),
    left: Sequence[str] = (),
) -> GroupStep:
    """The SP has these members now, or has them no longer."""
    return GroupStep(work, link, "success", change, tuple(attempts), joined=tuple(joined), left=tuple(left))


def wait(work: GroupWork, decision: Wait) -> GroupStep:
    """A lost create that isn't seen yet."""
    looked = (work.link.intent or {}).get("looked", 0) + 1
    link = replace(work.link, status="retrying", intent={"kind": "create", "looked": looked})
    error = verdict.lost("the create's answer was lost").error()
    return GroupStep(work, link, "retrying", error=error, last=True, again=decision.seconds)


def unknown(work: GroupWork, change: Change, told: Verdict, attempts: Attempts) -> GroupStep:
    """The answer was lost: the intent stays, and it is looked up before anything is sent again."""
    looked = (work.link.intent or {}).get("looked", 0) + 1
    intent = {"kind": change.kind.value, "looked": looked}
    link = replace(work.link, status="retrying", intent=intent)
    return GroupStep(work, link, "retrying", change, tuple(attempts), told.error(), last=True, again=1.0)


def held(work: GroupWork, change: Change, error: Mapping[str, str], attempts: Attempts = ()) -> GroupStep:
    """A person has to decide, or something has to change."""
    ignored = {"ignored": work.case.name, undone.CODE: work.case.undo_mark}.get(change.code or "")
    link = replace(work.link, status="held", intent=None, ignored=ignored)
    candidates = tuple(group.as_json() for group in change.group_candidates) or None
    return GroupStep(work, link, "held", change, tuple(attempts), error, candidates, last=True)


def hold(work: GroupWork, change: Change) -> GroupStep:
    """The plan itself says that a person has to decide."""
    error = {"code": change.code or "held", "message": change.reason, "hint": _HINTS.get(change.code or "", "")}
    quiet = change.code in ("ignored", undone.CODE)
    tried = () if quiet else (Attempt(EVENT_TYPES[Kind.HOLD], "held", message=change.reason),)
    return held(work, change, error, tried)


_RESOLVE = "Choose: adopt the group shown, create a new one, or ignore this group here."
_HINTS = {
    undone.CODE: undone.HINT,
    "match_found": _RESOLVE,
    "exists": _RESOLVE,
    "ambiguous": _RESOLVE,
    "privileged": "Look at what this group may do there first. Then adopt, create or ignore.",
    "owned_elsewhere": "Look at the group there first: another system may manage it. Then adopt, create or ignore.",
    "candidate_gone": "Look at the candidates again.",
    protection.CODE: protection.HINT,
    "confirm_delete": "Delete it there (delete), or leave it there and forget it (ignore).",
    "no_group": "Make a group of this name there, then use Retry.",
}


def failed(work: GroupWork, change: Change | None, told: Verdict, attempts: Attempts = ()) -> GroupStep:
    """The SP did not do it: held, or due again with a growing delay. A connection's fault isn't charged to the group."""
    if told.meaning is Meaning.HOLD and change is not None:
        return held(work, change, told.error(), attempts)
    tries = work.link.attempts if told.whole or told.meaning is Meaning.STOP else work.link.attempts + 1
    again = told.after if told.after is not None else verdict.delay(max(tries, 1), random.random())  # noqa: S311
    link = replace(work.link, status="retrying", attempts=tries)
    return GroupStep(work, link, "retrying", change, tuple(attempts), told.error(), last=True, again=again)


def refused_members(work: GroupWork, refused: Sequence[tuple[str, Verdict]]) -> GroupStep:
    """All members but these are as they should be; these are tried again with a growing delay, alone."""
    names, told = ", ".join(user for user, _ in refused[:5]), refused[0][1]
    error = {
        "code": "members_refused",
        "message": f"{len(refused)} members were refused ({names}). {told.message}",
        "hint": "Look at these accounts there. Everybody else is in the group; these are tried again by themselves.",
    }
    tries = work.link.attempts + 1
    link = replace(work.link, status="retrying", attempts=tries, intent=None)
    again = verdict.delay(tries, random.random())  # noqa: S311
    return GroupStep(work, link, "retrying", None, (), error, last=True, again=again)


def refused(work: GroupWork, change: Change, refusal: Refusal) -> GroupStep:
    """The guard didn't let it through."""
    if isinstance(refusal, Skipped):
        return GroupStep(work, replace(work.link, status="due"), "skipped", last=True, again=0.0, afresh=True)
    step = held(work, change, refusal_error(refusal))
    return replace(step, waits_in=refusal.run) if isinstance(refusal, Waits) else step


def broken(work: GroupWork, error: Exception) -> GroupStep:
    """Our own mistake, not the SP's: tried again with a growing delay, and shown."""
    message = f"Provisor made a mistake here ({type(error).__name__})."
    return failed(work, None, Verdict(Meaning.RETRY, "internal_error", message, "See the worker's log."))


def owned_elsewhere(step: GroupStep) -> GroupStep:
    """The database refused to link a group that another group of ours has (M5)."""
    error = {
        "code": "owned_elsewhere",
        "message": "The group there is linked to another group.",
        "hint": _HINTS["owned_elsewhere"],
    }
    link = replace(step.work.link, status="held", intent=None)
    return replace(step, link=link, result="held", error=error, last=True, again=None, joined=(), left=())
