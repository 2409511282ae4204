"""What to do when the answer is not the usual one: it was lost, another account stands in the way, or ours is gone.

The rule behind all of it: look before anything is sent again. SCIM has no idempotency key (M6).
"""

from __future__ import annotations

from dataclasses import replace

from provisor.core import resource
from provisor.core.changes import LOOKS, Change, Kind
from provisor.core.links import Link
from provisor.core.takeover import Ask, Ours, judge
from provisor.core.verdict import Meaning
from provisor.engine import outcomes
from provisor.engine.doing import Doing
from provisor.engine.observe import search
from provisor.engine.ports import Outcome
from provisor.engine.told import Told


async def lost_create(doing: Doing, told: Told) -> Outcome:
    """The account may be there. Looked up at once; if it isn't seen yet, again after 2 and 10 s (decisions.md)."""
    creating = replace(doing.work.case, link=_creating(doing.work.link), decision=None)
    seen = await search(creating, doing.session)
    judged = None if seen.problem else judge(seen.case, seen.accounts)
    if isinstance(judged, Ours):
        return doing.written(judged.account.id, {d.name: d.to for d in doing.change.attributes}, judged.account)
    return outcomes.unknown(doing.work, doing.change, told.verdict, doing.attempts, again=LOOKS[0])


def _creating(link: Link) -> Link:
    return replace(link, intent={"kind": Kind.CREATE.value, "looked": 0})


async def conflict(doing: Doing, told: Told) -> Outcome | Doing:
    """The SP says that such an account exists (C2): look who it is. Answers the adoption to carry out, or what is held."""
    work = doing.work
    seen = await search(replace(work.case, link=_creating(work.link), decision=None), doing.session)
    if seen.problem:
        return outcomes.failed(work, doing.change, seen.problem, doing.attempts)
    if told.verdict.meaning is Meaning.RETRY and not seen.accounts:
        return doing.failed(told)  # an SP that says it with 500, and this time it failed indeed (conflict_as_500)
    judged = judge(replace(seen.case, link=work.link), seen.accounts)
    insisted = (work.case.decision or {}).get("action") == "create"
    if isinstance(judged, Ours) and not insisted:
        return replace(doing, change=_adoption(doing, judged))
    change, words = doing.change, told.verdict.error()
    if seen.accounts:
        change = replace(change, candidates=seen.accounts)
    if isinstance(judged, Ask):
        words |= {"code": judged.code, "message": f"{told.verdict.message} {judged.message}"}
    return outcomes.held(work, change, words, doing.attempts)


def _adoption(doing: Doing, ours: Ours) -> Change:
    case = doing.work.case
    known = resource.observe({}, ours.account.raw, case.policy.paths)
    rest = resource.differences(case.desired, known, case.policy.paths)
    return Change(Kind.ADOPT, case.link.id, ours.reason, ours.account.id, rest, account=ours.account)


async def lost_write(doing: Doing, told: Told) -> Outcome:
    """An update whose answer was lost: read the account and judge by what is there (U6)."""
    assert doing.change.remote_id is not None
    seen = await doing.session.exchange.read(doing.change.remote_id)
    if seen.done and seen.account is not None:
        paths = [difference.name for difference in doing.change.attributes]
        known = resource.observe({}, seen.account.raw, paths)
        if not resource.differences(doing.work.case.desired | _ending(doing), known, paths):
            return doing.written(doing.change.remote_id, {d.name: d.to for d in doing.change.attributes}, seen.account)
    return outcomes.unknown(doing.work, doing.change, told.verdict, doing.attempts, again=1.0)


def _ending(doing: Doing) -> dict[str, bool]:
    """Who has no access any more is to be inactive, whatever the directory's state says."""
    return {} if doing.work.case.wanted else {"active": False}


async def gone(doing: Doing, told: Told) -> Outcome:
    """404 on an account that we know: one GET by its id decides; if it is gone, what follows is planned anew."""
    assert doing.change.remote_id is not None
    seen = await doing.session.exchange.read(doing.change.remote_id)
    if seen.verdict.code != "gone":
        return outcomes.failed(doing.work, None, replace(told.verdict, meaning=Meaning.RETRY), doing.attempts)
    if not doing.work.case.wanted:
        return outcomes.removed(doing.work, doing.change, doing.attempts)
    link = replace(doing.work.link, status="due", remote_id=None, known={}, intent=None, active=None)
    return outcomes.again(doing.work, link, doing.attempts, told.verdict.error())
