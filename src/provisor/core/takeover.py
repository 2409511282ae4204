"""Whose account is this? Deciding between adopting, creating and asking a person, before an account is created.

Exactly one hit whose userName and primary e-mail both match, not owned by another externalId and not linked to
someone else, is taken over. An account that carries our externalId is ours. Everything else is held with the
candidates shown (S-TAKE with decisions.md; contract, `takeover`). Never "the first hit" (F4).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from provisor.core import protection, resource
from provisor.core.links import Account, Case
from provisor.core.names import key as key


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
_WORDS = re.compile(r"[a-z]+")
_PRIVILEGED = frozenset({"admin", "admins", "administrator", "administrators", "owner", "owners", "root", "superadmin",
                         "superuser"})  # fmt: skip
MATCHED = "its user name and primary e-mail are this user's"


def judge(case: Case, found: Sequence[Account]) -> Judgement:
    """The judgement on the accounts that the look-up found. They are compared again here: an SP may answer a filter with
    anything (F4). What is protected is never anybody's, whoever says so."""
    judgement = _judge(case, found)
    if isinstance(judgement, Ours) and (why := protection.account(case.policy.protected, judgement.account)):
        return Ask("protected", why, (judgement.account,))
    return judgement


def _judge(case: Case, found: Sequence[Account]) -> Judgement:
    assert case.user is not None
    mine = [account for account in found if account.external_id == case.external_id or _came_back(account)]
    if decided := _by_decision(case, found, mine):
        return decided
    if mine:
        return _mine(case, mine)
    hits = [account for account in found if _matches(case, account)]
    if not hits:
        return Free()
    if len(hits) > 1:
        return Ask("ambiguous", f"{len(hits)} accounts there could be {case.user.name}'s.", tuple(hits))
    return _one_hit(case, hits[0])


def _by_decision(case: Case, found: Sequence[Account], mine: list[Account]) -> Judgement | None:
    decision = case.decision or {}
    if decision.get("action") == "create":
        return _mine(case, mine) if mine and case.link.creating else Free()  # it was created, and the answer was lost
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
    if mine[0].former_owner:
        return _owned(case, mine[0], f"belonged to {mine[0].former_owner}, who was deleted")
    return Ours(mine[0], "it was this user's before" if mine[0].came_back else "its externalId is this user's id")


def _came_back(account: Account) -> bool:
    """It was this user's until the user was deleted; unless another system put its mark on it since."""
    return account.came_back and not account.external_id


def _matches(case: Case, account: Account) -> bool:
    return _same_name(case, account) or _same_email(case, account)


def _same_name(case: Case, account: Account) -> bool:
    wanted = key(case.desired.get("userName"))
    return bool(wanted) and key(account.user_name) == wanted


def _same_email(case: Case, account: Account) -> bool:
    wanted = key(_email(case))
    return bool(wanted) and wanted in {key(email) for email in account.emails}


def _email(case: Case) -> str:
    return str((case.desired.get("emails") or [{}])[0].get("value") or "")


def _primary_email(account: Account) -> str:
    """The e-mail that is marked as primary; where none is, the one of type work, or the only one. Else nobody knows."""
    listed = resource.elements(account.raw.get("emails"))
    marked = [element for element in listed if element.get("primary") is True]
    work = [element for element in listed if str(element.get("type") or "").lower() == "work"]
    chosen = marked or work or listed
    return str(chosen[0].get("value") or "") if len(chosen) == 1 else ""


def _same_but_for_case(one: str, other: str) -> bool:
    """S-TAKE 7. What only NFKC or casefold makes equal (full-width letters, ß and ss) may be two people."""
    plain = all(unicodedata.normalize("NFKC", text) == text for text in (one, other))
    return one == other or (plain and one.lower() == other.lower())


def _one_hit(case: Case, hit: Account) -> Judgement:
    if hit.owner:
        return _owned(case, hit, "is linked to another user")
    if hit.external_id:
        return _owned(case, hit, "carries somebody else's externalId")
    if hit.former_owner:
        return _owned(case, hit, f"belonged to {hit.former_owner}, who was deleted")
    exact = _same_name(case, hit) and key(_primary_email(hit)) == key(_email(case)) != ""
    if exact and case.link.creating:
        return Ours(hit, "our own create, whose answer was lost, made it")
    if case.policy.takeover == "never":
        return Ask("exists", f"An account {hit.user_name!r} exists there, and takeover is set to never.", (hit,))
    if not exact:
        return Ask("partial_match", _what_differs(case, hit), (hit,))
    if case.policy.takeover == "review":
        return Ask("match_found", f"An account {hit.user_name!r} exists there with this user name and e-mail.", (hit,))
    same_name = _same_but_for_case(hit.user_name or "", str(case.desired.get("userName")))
    if not (same_name and _same_but_for_case(_primary_email(hit), _email(case))):
        return Ask(
            "match_found", f"The account {hit.user_name!r} there is written differently: is it the same?", (hit,)
        )
    if rights := _special_rights(hit):
        return Ask("privileged", f"The account {hit.user_name!r} there has special rights ({rights}).", (hit,))
    return Ours(hit, MATCHED)


def _special_rights(account: Account) -> str:
    """What makes this account an administrator's, as far as it shows (S-TAKE 2): its kind, roles, entitlements, groups."""
    shown = [str(account.raw.get("userType") or "")]
    for path in ("roles", "entitlements", "groups"):
        listed = account.raw.get(path)
        for element in resource.elements(listed):
            shown += [str(element.get(name) or "") for name in ("value", "display", "type")]
        shown += [text for text in (listed if isinstance(listed, list) else [listed]) if isinstance(text, str)]
    return ", ".join(dict.fromkeys(text for text in shown if _PRIVILEGED & set(_WORDS.findall(key(text)))))


def _owned(case: Case, account: Account, why: str) -> Ask:
    return Ask("owned_elsewhere", f"The account {account.user_name!r} there {why}.", (account,))


def _what_differs(case: Case, hit: Account) -> str:
    if _same_name(case, hit) and _same_email(case, hit):
        return f"The account {hit.user_name!r} there has this user name, but this e-mail isn't its primary one."
    if _same_name(case, hit):
        emails = ", ".join(hit.emails) or "none"
        return f"The account {hit.user_name!r} there has this user name, but another e-mail ({emails})."
    return f"The account {hit.user_name!r} there has this e-mail, but another user name."
