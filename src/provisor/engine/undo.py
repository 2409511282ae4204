"""Undoing at the SP what a run did to one account, once a person approved the plan (applications.undo_plan).

The account is read first: only what is still as it was when the plan was made goes back, and nothing is sent where
everything is back already, as after a lost answer. Then the link is held `undone`: the next pass leaves it alone until the
directory wants something else, or somebody uses Retry (core.undo).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any
from uuid import UUID

from provisor.core import undo, undone
from provisor.core.changes import Change
from provisor.core.links import Account, Case
from provisor.core.resource import Difference
from provisor.core.undo import Undoing
from provisor.engine import outcomes
from provisor.engine.apply import apply
from provisor.engine.ports import Outcome, Work
from provisor.engine.session import Session
from provisor.engine.undo_ports import Undo


async def undo_account(work: Work, session: Session) -> Outcome:
    """What became of one account of an approved undo."""
    found = await session.store.to_undo(session.connection, approved_in(work.case.decision), work.link.id)
    if found is None or found.edited or found.remote_id is None or found.remote_id != work.link.remote_id:
        return _skipped(work, why_not(found))
    told = await session.exchange.read(found.remote_id)
    if told.verdict.code == "gone":
        return _skipped(work, changed("It is not there any more."))
    if told.account is None:
        return outcomes.failed(work, found.changes[0], await session.heed_reading(told.verdict))
    return await _go_back(work, found, told.account, session)


def approved_in(decision: Mapping[str, Any] | None) -> UUID:
    return UUID((decision or {})["approved"])


async def _go_back(work: Work, found: Undo, account: Account, session: Session) -> Outcome:
    planned = found.changes[0]
    back = undo.now(planned.attributes, account.raw)
    said = left(back.left)
    if said and not (back.send or back.done or found.let_go):
        return _skipped(work, said)
    change = replace(planned, kind=undo.kind_of(back.send), attributes=back.send, account=account)
    if back.send:
        outcome = await apply(replace(work, case=_towards(work.case, back.send)), change, session)
        outcome = replace(outcome, work=work)
    else:
        outcome = _as_it_is(work, change, account)
    return _undone(outcome, found, said) if outcome.result == "success" else outcome


def _towards(case: Case, send: Sequence[Difference]) -> Case:
    """The case as the parts of apply see it: what is wanted is what was before."""
    given = {field.name: getattr(case, field.name) for field in fields(Case)}
    return Undoing(**given, back={one.name: one.to for one in send})


def _as_it_is(work: Work, change: Change, account: Account) -> Outcome:
    """It is back already."""
    case = replace(work, case=_towards(work.case, ()))
    assert change.remote_id is not None
    outcome = outcomes.written(case, change, remote_id=change.remote_id, sent={}, echo=account, attempts=())
    return replace(outcome, work=work)


def _undone(outcome: Outcome, found: Undo, said: Mapping[str, str] | None) -> Outcome:
    """The link from now on: held, so that the next pass doesn't undo the undo."""
    link = replace(outcome.link or outcome.work.link, status="held", ignored=undone.mark(outcome.work.case))
    if found.let_go:
        link = replace(link, remote_id=None, known={}, active=None, created_here=False)
    return replace(outcome, link=link, error=ERROR, said=said or {})


def _skipped(work: Work, why: Mapping[str, str]) -> Outcome:
    """Nothing is sent; it is due again as if nobody had decided anything."""
    if work.link.remote_id is None and work.case.user is not None and work.case.user.leaving:
        return Outcome(work, None, "skipped", said=why)
    return Outcome(work, replace(work.link, status="due"), "skipped", again=0.0, afresh=True, said=why)


ERROR = {"code": "undone", "message": undone.WORDS, "hint": undone.HINT}


def why_not(found: Undo | None) -> dict[str, str]:
    """Why nothing of a plan is sent, before the SP is asked."""
    if found is None:
        message = "The approval doesn't hold any more: it ended after an hour, or the run was cancelled."
        return {"code": "not_approved", "message": message, "hint": "Undo the run again and approve it."}
    if found.edited:
        return changed("Somebody changed something about it meanwhile, and that goes first.")
    return changed("It is linked otherwise by now.")


def changed(message: str) -> dict[str, str]:
    """Left alone, because it isn't as the run left it."""
    return {"code": "changed_since", "message": message, "hint": "Look at it there; change it by hand if need be."}


def left(attributes: Sequence[Difference]) -> dict[str, str] | None:
    """The same, by the names of what was changed."""
    if not attributes:
        return None
    names = ", ".join(one.name for one in attributes)
    return changed(f"Changed since by somebody else, and left alone: {names}.")
