"""Whose account is this? Deciding between adopting, creating and asking a person, before an account is created.

Exactly one hit whose userName and primary e-mail both match, not owned by another externalId and not linked to
someone else, is taken over. An account that carries our externalId is ours. Everything else is held with the
candidates shown (S-TAKE with decisions.md; contract, `takeover`). Never "the first hit" (F4).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from provisor.core.links import Account, Case


@dataclass(frozen=True, slots=True)
class Free:
    """Nothing at the SP stands in the way of a new account."""


@dataclass(frozen=True, slots=True)
class Ours:
    """This account is to be adopted. `reason` says why, in words."""

    account: Account
    reason: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A person has to decide. `code` is the contract's reason for holding."""

    code: str
    message: str
    candidates: tuple[Account, ...]


Judgement = Free | Ours | Ask


def key(text: str | None) -> str:
    """How user names and e-mails are compared: NFKC and casefold (A5)."""
    return unicodedata.normalize("NFKC", text or "").casefold().strip()


def judge(case: Case, found: Sequence[Account]) -> Judgement:
    """The judgement on the accounts that the look-up found. They are compared again here: an SP may answer a filter with
    anything (F4)."""
    assert case.user is not None
    if decided := _by_decision(case, found):
        return decided
    if mine := [account for account in found if account.external_id == case.user.id]:
        return _mine(case, mine)
    hits = [account for account in found if _matches(case, account)]
    if not hits:
        return Free()
    if len(hits) > 1:
        return Ask("ambiguous", f"{len(hits)} accounts there could be {case.user.name}'s.", tuple(hits))
    return _one_hit(case, hits[0])


def _by_decision(case: Case, found: Sequence[Account]) -> Judgement | None:
    decision = case.decision or {}
    if decision.get("action") == "create":
        return Free()
    if decision.get("action") != "adopt":
        return None
    chosen = [account for account in found if account.id == decision.get("remote_id")]
    if not chosen:
        return Ask("candidate_gone", "The account that was chosen is no longer there.", tuple(found))
    if chosen[0].owner:
        return _owned(case, chosen[0], "is linked to another user")
    return Ours(chosen[0], "a person chose this account")


def _mine(case: Case, mine: list[Account]) -> Judgement:
    if len(mine) > 1:
        return Ask("ambiguous", f"{len(mine)} accounts there carry this user's externalId.", tuple(mine))
    if mine[0].owner:
        return _owned(case, mine[0], "is linked to another user")
    return Ours(mine[0], "its externalId is this user's id")


def _matches(case: Case, account: Account) -> bool:
    return _same_name(case, account) or _same_email(case, account)


def _same_name(case: Case, account: Account) -> bool:
    return key(account.user_name) == key(case.desired.get("userName"))


def _same_email(case: Case, account: Account) -> bool:
    wanted = key((case.desired.get("emails") or [{}])[0].get("value"))
    return bool(wanted) and wanted in {key(email) for email in account.emails}


def _one_hit(case: Case, hit: Account) -> Judgement:
    if hit.owner:
        return _owned(case, hit, "is linked to another user")
    if hit.external_id:
        return _owned(case, hit, "carries somebody else's externalId")
    if hit.former_owner:
        return _owned(case, hit, f"belonged to {hit.former_owner}, who was deleted")
    exact = _same_name(case, hit) and _same_email(case, hit)
    if exact and case.link.creating:
        return Ours(hit, "our own create, whose answer was lost, made it")
    if case.policy.takeover == "never":
        return Ask("exists", f"An account {hit.user_name!r} exists there, and takeover is set to never.", (hit,))
    if not exact:
        return Ask("partial_match", _what_differs(case, hit), (hit,))
    if case.policy.takeover == "review":
        return Ask("match_found", f"An account {hit.user_name!r} exists there with this user name and e-mail.", (hit,))
    return Ours(hit, "its user name and primary e-mail are this user's")


def _owned(case: Case, account: Account, why: str) -> Ask:
    return Ask("owned_elsewhere", f"The account {account.user_name!r} there {why}.", (account,))


def _what_differs(case: Case, hit: Account) -> str:
    if _same_name(case, hit):
        emails = ", ".join(hit.emails) or "none"
        return f"The account {hit.user_name!r} there has this user name, but another e-mail ({emails})."
    return f"The account {hit.user_name!r} there has this e-mail, but another user name."
