"""From what happened to what is recorded: the link from now on, when it is due again, and the words for people. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from provisor.core import protection, resource, undone, verdict
from provisor.core.changes import Change, Kind, Nothing, Wait
from provisor.core.links import Account, Link
from provisor.core.plan import fingerprint
from provisor.core.verdict import Meaning, Verdict
from provisor.engine.guard import Refusal, Rejected, Skipped, Waits
from provisor.engine.ports import Attempt, Outcome, Work

# Attempts at deactivating that the SP accepts without doing it, before a person is asked (contract, "Confirmed").
UNCONFIRMED = 3

EVENT_TYPES = {
    Kind.CREATE: "user_create_provision",
    Kind.ADOPT: "takeover_adopt",
    Kind.UPDATE: "user_update_provision",
    Kind.REACTIVATE: "user_update_provision",
    Kind.DEACTIVATE: "user_deprovision",
    Kind.DELETE: "user_delete_provision",
    Kind.HOLD: "takeover_hold",
}

Attempts = Sequence[Attempt]


def nothing(work: Work, decision: Nothing) -> Outcome:
    """The account is as it should be: the marks go, and nothing was sent."""
    if decision.forget:
        return Outcome(work, None)
    known = work.link.known if decision.known is None else decision.known
    return Outcome(work, _settled(work.link, decision.status, known=known))


def wait(work: Work, decision: Wait) -> Outcome:
    """A lost create that isn't seen yet: looked up once more, later."""
    looked = (work.link.intent or {}).get("looked", 0) + 1
    link = replace(work.link, status="retrying", intent={"kind": "create", "looked": looked})
    return Outcome(
        work, link, "retrying", error=verdict.lost("the create's answer was lost").error(), again=decision.seconds
    )


def written(
    work: Work, change: Change, *, remote_id: str, sent: Mapping[str, Any], echo: Account | None, attempts: Attempts
) -> Outcome:
    """The SP did what was asked. `sent` are the paths just written, `echo` is what came back."""
    base = work.link.known
    if change.account:
        base = resource.observe(base, change.account.raw, work.case.policy.paths)
    if change.kind is Kind.CREATE and echo:
        sent = {**resource.made_there(sent, echo.raw, work.case.policy.paths), **sent}
    known = resource.acknowledge(base, sent, echo.raw if echo else None)
    held = (known.get("active") or {}).get("echo")
    active = held if isinstance(held, bool) else True  # an SP may leave out `active: true`
    status = "synced" if work.case.wanted else "inactive"
    created = work.link.created_here or change.kind is Kind.CREATE
    link = replace(_settled(work.link, status, known=known), remote_id=remote_id, active=active, created_here=created)
    return Outcome(work, link, "success", change, tuple(attempts))


def removed(work: Work, change: Change, attempts: Attempts) -> Outcome:
    """The account is no longer there, and that is what was wanted. Of a deleted user nothing more is to be known."""
    if work.case.user is None or work.case.user.leaving:
        return Outcome(work, None, "success", change, tuple(attempts))
    link = replace(_settled(work.link, "inactive", known={}), remote_id=None, active=False)
    return Outcome(work, link, "success", change, tuple(attempts))


def held(work: Work, change: Change, error: Mapping[str, str], attempts: Attempts = ()) -> Outcome:
    """A person has to decide, or something has to change. `change.candidates` are shown side by side."""
    ignored = _until(work, change.code)
    link = replace(work.link, status="held", intent=None, ignored=ignored, attempts=work.link.attempts)
    candidates = tuple(account.as_json() for account in change.candidates) or None
    return Outcome(work, link, "held", change, tuple(attempts), error, candidates)


def _until(work: Work, code: str | None) -> str | None:
    """What a person chose to leave alone stays so until this changes."""
    if code == undone.CODE:
        return undone.mark(work.case)
    return fingerprint(work.case) if code == "ignored" else None


def hold(work: Work, change: Change) -> Outcome:
    """The plan itself says that a person has to decide."""
    error = {"code": change.code or "held", "message": change.reason, "hint": _HINTS.get(change.code or "", "")}
    quiet = change.code in ("ignored", undone.CODE)
    tried = () if quiet else (Attempt(EVENT_TYPES[Kind.HOLD], "held", message=change.reason),)
    return held(work, change, error, tried)


def untouchable(work: Work, change: Change, why: str, attempts: Attempts = ()) -> Outcome:
    """It was about to be written to, and is protected: nothing was sent."""
    return held(work, change, protection.error(why), attempts)


_RESOLVE = "Choose: adopt the account shown, create a new one, or ignore this user here."
_HINTS = {
    "match_found": _RESOLVE,
    "exists": _RESOLVE,
    "partial_match": _RESOLVE,
    "ambiguous": _RESOLVE,
    "owned_elsewhere": "Look at the account there first: another system may manage it. Then adopt, create or ignore.",
    "expression_failed": "Mend the user's values, or the expression in the application's attributes.",
    "missing_attribute": "Give the user a value, or map another attribute to it.",
    "privileged": "Look at what this account may do there first. Then adopt, create or ignore.",
    "candidate_gone": "Look at the candidates again.",
    "ignored": "",
    undone.CODE: undone.HINT,
    protection.CODE: protection.HINT,
}


def failed(work: Work, change: Change | None, told: Verdict, attempts: Attempts = ()) -> Outcome:
    """The SP did not do it: held, or due again with a growing delay. A connection's fault isn't charged to the account."""
    if told.meaning is Meaning.HOLD and change is not None:
        return held(work, change, told.error(), attempts)
    tries = work.link.attempts if told.whole or told.meaning is Meaning.STOP else work.link.attempts + 1
    again = told.after if told.after is not None else verdict.delay(max(tries, 1), random.random())  # noqa: S311
    link = replace(work.link, status="retrying", attempts=tries)
    return Outcome(work, link, "retrying", change, tuple(attempts), told.error(), again=again)


def unknown(work: Work, change: Change, told: Verdict, attempts: Attempts, again: float) -> Outcome:
    """The answer was lost, and a first look did not find out: the intent stays, so that it is looked up before anything
    is sent again."""
    looked = (work.link.intent or {}).get("looked", 0) + 1
    link = replace(work.link, status="retrying", intent={"kind": change.kind.value, "looked": looked})
    return Outcome(work, link, "retrying", change, tuple(attempts), told.error(), again=again)


def unconfirmed(work: Work, change: Change, attempts: Attempts) -> Outcome:
    """The SP says yes and the account is still active, or doesn't show whether it is (X3). Three times, then a person is
    asked. What nobody saw isn't known: whatever is wanted next is sent."""
    count = work.link.unconfirmed + 1
    known = {path: entry for path, entry in work.link.known.items() if path != "active"}
    error = {
        "code": "not_confirmed",
        "message": "The service provider accepted the deactivation, but the account is still active there.",
        "hint": "Deactivate it there by hand, then use Retry; and ask the service provider about it.",
    }
    if count >= UNCONFIRMED:
        outcome = held(work, change, error, attempts)
        return replace(outcome, link=replace(outcome.link or work.link, unconfirmed=count, known=known))
    link = replace(work.link, status="retrying", intent=None, unconfirmed=count, known=known)
    return Outcome(work, link, "retrying", change, tuple(attempts), error, again=verdict.delay(count, random.random()))  # noqa: S311


def refused(work: Work, change: Change, refusal: Refusal) -> Outcome:
    """The guard didn't let it through: it waits for a person, was rejected by one, or isn't what was approved."""
    if isinstance(refusal, Skipped):
        return Outcome(work, replace(work.link, status="due"), "skipped", again=0.0, afresh=True)
    outcome = held(work, change, refusal_error(refusal))
    return replace(outcome, waits_in=refusal.run) if isinstance(refusal, Waits) else outcome


def refusal_error(refusal: Waits | Rejected) -> dict[str, str]:
    """The guard's words for people."""
    if isinstance(refusal, Waits):
        hint = "Look at the plan that waits, and approve or reject it."
        return {"code": "guard", "message": refusal.message, "hint": hint}
    hint = "It stays as it is until something changes; a sync asks again."
    return {"code": "rejected", "message": "A person rejected the plan that would have ended it.", "hint": hint}


def broken(work: Work, error: Exception) -> Outcome:
    """Our own mistake, not the SP's: tried again with a growing delay, and shown."""
    told = verdict.Verdict(
        Meaning.RETRY,
        "internal_error",
        f"Provisor made a mistake here ({type(error).__name__}).",
        "See the worker's log.",
    )
    return failed(work, None, told)


def owned_elsewhere(outcome: Outcome) -> Outcome:
    """The database refused to link an account that another user has: two users never share one (M5)."""
    error = {
        "code": "owned_elsewhere",
        "message": "The account there is linked to another user.",
        "hint": _HINTS["owned_elsewhere"],
    }
    link = replace(outcome.work.link, status="held", intent=None)
    return replace(outcome, link=link, result="held", error=error, again=None)


def again(work: Work, link: Link, attempts: Attempts, error: Mapping[str, str]) -> Outcome:
    """Something was learned that makes another look necessary at once."""
    return Outcome(work, link, "retrying", None, tuple(attempts), error, again=0.0)


def _settled(link: Link, status: str, *, known: Mapping[str, Mapping[str, Any]]) -> Link:
    return replace(link, status=status, known=known, intent=None, attempts=0, unconfirmed=0, ignored=None)
