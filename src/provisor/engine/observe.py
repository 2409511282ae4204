"""Looking at the SP, only where it is needed: one account by its id, or the accounts that could be this user's.

Most of the time nothing is read: an account is compared with what the SP last acknowledged. Reading all of them is in
`engine.census`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from provisor.core import resource, verdict
from provisor.core.form import Form
from provisor.core.links import Account, Case
from provisor.core.plan import Look, to_look_up
from provisor.core.takeover import key
from provisor.core.verdict import Meaning, Verdict
from provisor.engine.exchange import Found
from provisor.engine.listing import unique
from provisor.engine.session import Session


@dataclass(frozen=True, slots=True)
class Observed:
    """The case after looking, and the accounts that were found. `problem` is set where the look itself failed."""

    case: Case
    accounts: tuple[Account, ...] = ()
    problem: Verdict | None = None


async def observe(case: Case, session: Session) -> Observed:
    """What `plan.decide` needs to know of this account at the SP, read now."""
    look = to_look_up(case)
    if look is Look.READ:
        return await _read(case, session)
    if look is Look.SEARCH:
        return await search(case, session)
    return Observed(case)


async def _read(case: Case, session: Session) -> Observed:
    assert case.link.remote_id is not None
    told = await session.exchange.read(case.link.remote_id)
    if told.done and told.account is not None:
        known = resource.observe(case.link.known, told.account.raw, case.policy.paths)
        return Observed(case.knowing(active=told.account.active, known=known), (told.account,))
    if told.verdict.code == "gone":
        return await gone(case, session)
    return Observed(case, problem=told.verdict if not told.done else verdict.lost("the account can't be read"))


async def gone(case: Case, session: Session) -> Observed:
    """The account isn't there under its id. One look-up says whether it lives on under another one (decisions.md, 404)."""
    if not case.wanted:
        return Observed(case.knowing(remote_id=None, known={}, intent=None, active=False))
    return await search(case.knowing(remote_id=None, known={}, intent=None, active=None), session)


async def search(case: Case, session: Session) -> Observed:
    """The accounts that could be this user's: by externalId, userName and primary e-mail (F3), with their owners."""
    found = await _candidates(case, session)
    if found.verdict.meaning is not Meaning.DONE:
        return Observed(case, problem=found.verdict)
    accounts = await _with_owners(case, session, found.accounts)
    return Observed(case, tuple(accounts))


async def _candidates(case: Case, session: Session) -> Found:
    chosen = (case.decision or {}).get("remote_id")
    if chosen:
        told = await session.exchange.read(chosen)
        known = told.done or told.verdict.code == "gone"
        return Found(verdict.DONE if known else told.verdict, (told.account,) if told.account else ())
    await session.listing.consulted(
        session.exchange.client, lambda: session.store.unlinked(session.connection), session.form
    )
    fresh = case.link.intent is None and case.link.attempts == 0
    if session.listing.complete and (fresh or not session.form.filter_user_name):
        return await _from_listing(case, session)
    return await _ask(case, session) if session.form.filter_user_name else Found(CANNOT_LOOK_UP)


async def _from_listing(case: Case, session: Session) -> Found:
    wanted = _keys(case)
    hits = session.listing.find(
        external_id=wanted["externalId"], user_name=wanted["userName"], email=wanted["emails.value"]
    )
    accounts: list[Account] = []
    for hit in hits:
        told = await session.exchange.read(hit.id)
        if told.account is not None:
            accounts.append(told.account)
        elif told.verdict.code != "gone":
            return Found(told.verdict)
    return Found(verdict.DONE, tuple(accounts))


def _keys(case: Case) -> dict[str, str]:
    desired = case.desired
    email = (desired.get("emails") or [{}])[0].get("value") or ""
    return {
        "externalId": str(desired.get("externalId") or ""),
        "userName": str(desired.get("userName") or ""),
        "emails.value": email,
    }


def _wanted(case: Case, form: Form) -> list[tuple[str, str]]:
    """What to look up, in the order of the SP form; its user name always, because accounts are unique by it."""
    keys = _keys(case)
    order = dict.fromkeys((*(f"{name}.value" if name == "emails" else name for name in form.match), "userName"))
    return [(attribute, keys[attribute]) for attribute in order if keys[attribute]]


# Which part of the SP form says whether this attribute can be looked up.
_FILTERS = {
    "externalId": "filter_external_id",
    "userName": "filter_user_name",
    "emails.value": "filter_email",
}


async def _ask(case: Case, session: Session) -> Found:
    """One filter after the other. An account with our externalId ends the search: it is ours."""
    accounts: list[Account] = []
    for attribute, value in _wanted(case, session.form):
        if not getattr(session.form, _FILTERS[attribute]):
            continue
        found = await session.exchange.find(attribute, value)
        hits = [account for account in found.accounts if _is_hit(attribute, value, account)]
        if _cannot_filter(found) or (found.accounts and not hits):  # an error, or an answer that ignores the filter
            await session.learn(f"A filter on {attribute} was refused or ignored.", **{_FILTERS[attribute]: False})
            continue
        if found.verdict.meaning is not Meaning.DONE:
            return found
        accounts += hits
        if attribute == "externalId" and accounts:
            break
    return Found(verdict.DONE if session.form.filter_user_name else CANNOT_LOOK_UP, tuple(unique(accounts)))


# Without any look-up a create could make a second account: a listing has to do it, and the next pass reads one.
CANNOT_LOOK_UP = Verdict(
    Meaning.RETRY,
    "no_look_up",
    "The service provider can't look up accounts by user name.",
    "All its accounts are read instead, before anything is created.",
)


def _cannot_filter(found: Found) -> bool:
    if found.scim_type in ("invalidFilter", "invalidPath"):
        return True
    return found.status == 501 or (found.status == 400 and found.scim_type is None)


def _is_hit(attribute: str, value: str, account: Account) -> bool:
    """The filter is applied again: an SP may answer with anything (F4)."""
    if attribute == "externalId":
        return account.external_id == value
    if attribute == "userName":
        return key(account.user_name) == key(value)
    return key(value) in {key(email) for email in account.emails}


async def _with_owners(case: Case, session: Session, accounts: Sequence[Account]) -> list[Account]:
    if not accounts:
        return []
    owners = await session.store.owners(session.connection, [account.id for account in accounts])
    mine = case.user.id if case.user else None
    return [
        replace(
            account,
            owner=owner.user if owner.user != mine else None,
            former_owner=owner.former if owner.former_user != mine else None,
            came_back=owner.former_user is not None and owner.former_user == mine,
        )
        if (owner := owners.get(account.id))
        else account
        for account in accounts
    ]
