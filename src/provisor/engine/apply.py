"""Carrying out one change: the intent, the request, what the answer means, and the outcome.

Every write follows the same three steps: the intent is committed, the request is sent, the answer is judged. What
follows on an unusual answer (a lost one, a conflict, an account that is gone) is in `engine.recover`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from provisor.core import learning, patch, resource
from provisor.core.changes import Change, Kind
from provisor.core.form import Form
from provisor.core.learning import another_form
from provisor.core.links import Account
from provisor.core.resource import Difference
from provisor.core.verdict import Meaning
from provisor.engine import outcomes, passwords, recover
from provisor.engine.doing import Doing
from provisor.engine.ports import Outcome, Work
from provisor.engine.session import Session
from provisor.engine.told import Told
from provisor.scim.bulk import id_in
from provisor.scim.users import USERS


async def apply(work: Work, change: Change, session: Session) -> Outcome:
    """Carries out one change at the SP and says what became of it. Never raises for anything that the SP does."""
    doing = Doing(work, change, session)
    outcome = await _BY_KIND[change.kind](doing)
    return replace(outcome, passwords=tuple(doing.passwords)) if doing.passwords else outcome


async def _hold(doing: Doing) -> Outcome:
    return outcomes.hold(doing.work, doing.change)


async def _create(doing: Doing) -> Outcome:
    await doing.intend(Kind.CREATE)
    sent = patch.sent(doing.change.attributes)
    told = await passwords.create(doing, patch.spelt(resource.body(sent), doing.session.form))
    if told.done and (remote_id := told.account.id if told.account else id_in(told.location, USERS)):
        return doing.written(remote_id, sent, told.account)
    if told.done or told.verdict.meaning is Meaning.UNKNOWN:
        return await recover.lost_create(doing, told)
    if told.verdict.code == "exists":
        found = await recover.conflict(doing, told)
        return found if isinstance(found, Outcome) else await _adopt_instead(found)
    return doing.failed(told)


async def _adopt_instead(doing: Doing) -> Outcome:
    """A takeover that came up on the way is asked about like one that was planned."""
    work, change = doing.work, doing.change
    refusal = await doing.session.guard.refuses(
        change, named=work.named, decision=work.case.decision, code=work.link.code, case=work.case
    )
    return outcomes.refused(work, change, refusal) if refusal else await _adopt(doing)


async def _adopt(doing: Doing) -> Outcome:
    """externalId first and alone; the rest after the SP has shown that it is the account that we took it for (S-TAKE 4)."""
    account, external_id = doing.change.account, _external_id(doing.change)
    assert account is not None
    await doing.intend(Kind.ADOPT)
    if external_id is not None and doing.session.form.external_id:
        told = await _write(doing, account, (external_id,))
        if not told.done:
            return doing.failed(told)
        account = told.account or await _read_back(doing, account)
        if account.external_id != external_id.to:
            await doing.session.learn("An externalId that was sent did not come back.", external_id=False)
    return await _rest_of_adoption(doing, account)


def _external_id(change: Change) -> Difference | None:
    return next((difference for difference in change.attributes if difference.name == "externalId"), None)


async def _read_back(doing: Doing, account: Account) -> Account:
    told = await doing.session.exchange.read(account.id)
    return told.account or account


async def _rest_of_adoption(doing: Doing, account: Account) -> Outcome:
    case = doing.work.case
    known = resource.observe({}, account.raw, case.policy.paths)
    rest = [d for d in resource.differences(case.desired, known, case.policy.paths) if d.name != "externalId"]
    doing = replace(doing, change=replace(doing.change, account=account), attempts=doing.attempts)
    sent = {d.name: d.to for d in (_external_id(doing.change),) if d is not None}
    if not rest:
        return doing.written(account.id, sent, account)
    told = await _write(doing, account, rest)
    if not told.done:
        return doing.failed(told)
    return doing.written(account.id, {**sent, **patch.sent(rest)}, told.account)


async def _update(doing: Doing) -> Outcome:
    remote_id = doing.change.remote_id
    assert remote_id is not None
    await doing.intend(doing.change.kind)
    told = await _write(doing, doing.change.account, doing.change.attributes)
    if not told.done:
        return await _not_written(doing, told)
    return doing.written(remote_id, patch.sent(doing.change.attributes), told.account)


async def _not_written(doing: Doing, told: Told) -> Outcome:
    if told.verdict.meaning is Meaning.UNKNOWN:
        return await recover.lost_write(doing, told)
    if told.verdict.code == "gone":
        return await recover.gone(doing, told)
    return doing.failed(told)


async def _deactivate(doing: Doing) -> Outcome:
    """`active` goes first and alone: nothing else that the SP may refuse keeps a leaver active. Done only once the account
    is seen inactive: in the answer's echo, else by one GET (X3)."""
    remote_id = doing.change.remote_id
    assert remote_id is not None
    await doing.intend(doing.change.kind)
    told = await _write(doing, doing.change.account, [d for d in doing.change.attributes if d.name == "active"])
    if not told.done:
        return await _not_written(doing, told)
    seen = told
    if not (told.account and told.account.active is False):
        seen = await doing.session.exchange.read(remote_id)
    if seen.verdict.code == "gone":
        return outcomes.removed(doing.work, doing.change, doing.attempts)
    if seen.done and seen.account and seen.account.active is False and doing.session.form.reactivation == "create":
        return outcomes.removed(doing.work, doing.change, doing.attempts)  # it can't come back: a new one is made
    if seen.done and seen.account and seen.account.active is False:
        return await _rest_of_deactivation(doing, remote_id, seen.account)
    if seen.done:
        return outcomes.unconfirmed(doing.work, doing.change, doing.attempts)
    return doing.failed(seen)


async def _rest_of_deactivation(doing: Doing, remote_id: str, account: Account) -> Outcome:
    rest = [difference for difference in doing.change.attributes if difference.name != "active"]
    if not rest:
        return doing.written(remote_id, {"active": False}, account)
    known = resource.acknowledge(doing.work.link.known, {"active": False}, account.raw)
    work = replace(doing.work, case=doing.work.case.knowing(known=known, active=False))
    doing = replace(doing, work=work, change=replace(doing.change, account=account))
    told = await _write(doing, account, rest)
    if not told.done:
        return await _not_written(doing, told)
    return doing.written(remote_id, patch.sent(doing.change.attributes), told.account)


async def _delete(doing: Doing) -> Outcome:
    remote_id = doing.change.remote_id
    assert remote_id is not None
    await doing.intend(Kind.DELETE)
    told = await doing.note(await doing.session.exchange.delete(remote_id))
    if told.done or told.verdict.code == "gone":
        return outcomes.removed(doing.work, doing.change, doing.attempts)
    if told.verdict.meaning is Meaning.UNKNOWN:  # repeating a DELETE is safe: 404 counts as done
        return outcomes.unknown(doing.work, doing.change, told.verdict, doing.attempts, again=1.0)
    return doing.failed(told)


async def _write(doing: Doing, account: Account | None, differences: Iterable[Difference]) -> Told:
    """One update, said as the SP form says: PATCH, or GET, merge and PUT. Learns once that there is no PATCH."""
    differences = tuple(differences)
    remote_id = doing.change.remote_id
    assert remote_id is not None
    if doing.session.form.update == "put":
        return await _put(doing, remote_id, account, differences)
    if account is None and not doing.session.form.value_path:
        differences = await _with_emails_as_they_are(doing, remote_id, differences)
    told = await _patch(doing, remote_id, differences)
    if told.verdict.code == "unsupported":
        await doing.session.learn(f"PATCH was answered with {told.status}.", update="put")
        return await _put(doing, remote_id, account, differences)
    return told


async def _with_emails_as_they_are(
    doing: Doing, remote_id: str, differences: tuple[Difference, ...]
) -> tuple[Difference, ...]:
    """A whole list is replaced only after a fresh read: it may hold somebody's private address by now (U5)."""
    if all(difference.name != "emails" for difference in differences):
        return differences
    read = await doing.session.exchange.read(remote_id)
    if read.account is None:
        return differences
    emails = resource.read(read.account.raw, "emails")
    return tuple(replace(d, was=emails) if d.name == "emails" else d for d in differences)


async def _patch(doing: Doing, remote_id: str, differences: tuple[Difference, ...]) -> Told:
    """PATCH; where it is refused or has no effect, once more in other words. What helped is learned (core.learning)."""
    first, tried = await _patch_as(doing, remote_id, differences, doing.session.form)
    told, words, reasons = first, dict[str, str | bool](), list[str]()
    while (other := another_form(tried)) and not doing.session.deaf_to(tried):
        words |= other[0]
        reasons.append(other[1])
        told, tried = await _patch_as(doing, remote_id, differences, replace(tried.form, **other[0]))
    if not words:
        return first
    if told.done and not tried.without_effect:
        await doing.session.learn(" ".join(reasons), **words)
        return told
    if tried.done:
        return await _put_instead(doing, remote_id, tried) or told
    return told if not first.done else first


async def _put_instead(doing: Doing, remote_id: str, tried: learning.Attempt) -> Told | None:
    """The last resort, once for each attribute: some SPs take by PUT what they drop from a PATCH. Else they drop it."""
    told = await _put(doing, remote_id, None, tuple(tried.differences))
    raw = told.account.raw if told.account else None
    if told.done and raw is not None and not replace(tried, raw=raw).without_effect:
        names = ", ".join(tried.without_effect)
        await doing.session.learn(f"A PATCH of {names} changed nothing; a PUT did.", update="put")
        return told
    await doing.session.learn_ignored(tried)
    return told if told.done else None


async def _patch_as(
    doing: Doing, remote_id: str, differences: tuple[Difference, ...], form: Form
) -> tuple[Told, learning.Attempt]:
    operations = patch.operations(differences, form)
    told = await doing.note(await doing.session.exchange.patch(remote_id, operations))
    raw = told.account.raw if told.account else None
    return told, learning.Attempt(differences, operations, form, told.done, told.scim_type, raw)


async def _put(doing: Doing, remote_id: str, account: Account | None, differences: tuple[Difference, ...]) -> Told:
    if account is None or not account.raw:
        read = await doing.session.exchange.read(remote_id)
        if read.account is None:
            return await doing.note(read)
        account = read.account
    active = next((d.to for d in differences if d.name == "active"), account.active is not False)
    form = doing.session.form
    body = patch.spelt(patch.replacement(account.raw, differences, bool(active), form.put_without), form)
    return await doing.note(await doing.session.exchange.put(remote_id, body))


_BY_KIND: dict[Kind, Callable[[Doing], Awaitable[Outcome]]] = {
    Kind.HOLD: _hold,
    Kind.CREATE: _create,
    Kind.ADOPT: _adopt,
    Kind.UPDATE: _update,
    Kind.REACTIVATE: _update,
    Kind.DEACTIVATE: _deactivate,
    Kind.DELETE: _delete,
}
