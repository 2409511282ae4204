"""The plan: deciding, account by account, what would make the SP right. Pure: the same world gives the same plan.

`to_look_up` says what has to be read at the SP before `decide` can be asked; usually nothing, because an account is
compared with what the SP last acknowledged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

from provisor.core import dialect, protection, resource, undone
from provisor.core.changes import LOOKS, Change, Kind, Nothing, Wait
from provisor.core.links import Account, Case, Policy
from provisor.core.resource import Difference
from provisor.core.takeover import Ask, Free, Ours, judge

Decision = Change | Nothing | Wait


class Look(Enum):
    """What has to be read before deciding."""

    NOTHING = "nothing"
    READ = "read"  # one GET by the id that we know: the last write's outcome is unknown, or drift was reported
    SEARCH = "search"  # look up by externalId, userName and e-mail: we know of no account


def to_look_up(case: Case) -> Look:
    """What `decide` needs to have read of this account."""
    if undone.stays(case):
        return Look.NOTHING
    if case.link.remote_id is not None:
        return Look.READ if case.link.intent is not None or _grace_over(case) else Look.NOTHING
    if case.wanted and case.user is not None and (case.user.active or case.link.creating):
        return Look.NOTHING if case.failures and not case.link.creating else Look.SEARCH
    return Look.SEARCH if case.link.creating else Look.NOTHING


def _grace_over(case: Case) -> bool:
    """It is to be deleted, after it was off for long enough: looked at once more before that."""
    return case.grace_over and not case.wanted and case.policy.deprovision != "nothing" and case.policy.form.delete


def decide(case: Case, found: Sequence[Account] = ()) -> Decision:
    """What to do about one account. `found` is what `to_look_up` asked for: the account itself, or the candidates."""
    decision = _decide(case, found)
    if not isinstance(decision, Change) or decision.kind is Kind.HOLD:
        return decision
    why = protection.touched(case.policy.protected, case.link, decision)
    return _held(case, "protected", why, (decision.account,) if decision.account else ()) if why else decision


def _decide(case: Case, found: Sequence[Account]) -> Decision:
    if undone.stays(case):
        return _held(case, undone.CODE, undone.WORDS)
    if case.link.remote_id is None:
        return _without_account(case, found)
    account = found[0] if found else None
    if account is not None:
        case = case.knowing(known=resource.observe(case.link.known, account.raw, case.policy.paths))
    return _keep(case, account) if case.wanted else _end(case, account)


def _without_account(case: Case, found: Sequence[Account]) -> Decision:
    if not case.wanted or case.user is None:
        return _end_of_lost_create(case, found)
    if not (case.user.active or case.link.creating):
        return Nothing(forget=True)
    if ignored := _still_ignored(case):
        return ignored
    if case.failures and not case.link.creating:
        return _not_computed(case)
    judgement = judge(case, found)
    if isinstance(judgement, Ask):
        return _hold(case, judgement)
    if isinstance(judgement, Ours):
        return _not_computed(case) if case.failures else _adopt(case, judgement)
    if wait := _not_yet(case):
        return wait
    if case.failures:
        return _not_computed(case)
    if not case.user.active:
        return Nothing(forget=True)
    lacking = dialect.missing(case.desired_on_create, case.policy.form)
    return _lacking(case, lacking) if lacking else _create(case)


def _not_computed(case: Case) -> Change:
    told = " ".join(map(str, case.failures))
    return _held(case, "expression_failed", f"It can't be computed what to send. {told}")


def _lacking(case: Case, lacking: Sequence[str]) -> Change:
    names = ", ".join(lacking)
    return _held(case, "missing_attribute", f"The service provider requires {names}, and this user has none.")


def _not_yet(case: Case) -> Wait | None:
    """After a lost create the SP may show the account late (C5): three look-ups, at 0, 2 and 10 s, before a new create."""
    looked = case.link.intent.get("looked", 0) if case.link.creating and case.link.intent else len(LOOKS)
    return Wait(LOOKS[looked]) if looked < len(LOOKS) else None


def _end_of_lost_create(case: Case, found: Sequence[Account]) -> Decision:
    """Access went while the answer to our create was lost: the account that it made is ended."""
    judgement = judge(replace(case, decision=None), found) if case.user and case.link.creating else Free()
    if isinstance(judgement, Ask) and judgement.code == "ambiguous":
        return _hold(case, judgement)
    if not isinstance(judgement, Ours):
        return _not_yet(case) or Nothing(status="inactive", forget=case.link.active is None)
    account = judgement.account
    known = resource.observe({}, account.raw, case.policy.paths)
    return _end(case.knowing(remote_id=account.id, known=known, active=account.active), account)


def _still_ignored(case: Case) -> Change | None:
    """A person chose to leave this account alone; that holds until the user or the mapping changes."""
    decided = (case.decision or {}).get("action")
    ignored = case.link.ignored is not None and case.link.ignored == fingerprint(case)
    if decided == "ignore" or (decided is None and ignored):
        return _held(case, "ignored", "A person chose to leave it alone until the user or the mapping changes.")
    return None


def fingerprint(case: Case) -> str:
    """Changes whenever what is desired of this account changes."""
    return hashlib.sha256(_canonical(case.desired)).hexdigest()


def _hold(case: Case, ask: Ask) -> Change:
    return _held(case, ask.code, ask.message, ask.candidates)


def _held(case: Case, code: str, message: str, candidates: tuple[Account, ...] = ()) -> Change:
    return Change(Kind.HOLD, case.link.id, message, code=code, candidates=candidates)


def _create(case: Case) -> Change:
    attributes = tuple(Difference(path, None, value) for path, value in case.desired_on_create.items())
    return Change(Kind.CREATE, case.link.id, "has access and no account there", attributes=attributes)


def _adopt(case: Case, ours: Ours) -> Change:
    known = resource.observe({}, ours.account.raw, case.policy.paths)
    attributes = resource.differences(case.desired, known, case.policy.paths)
    return Change(Kind.ADOPT, case.link.id, ours.reason, ours.account.id, attributes, account=ours.account)


def _keep(case: Case, account: Account | None) -> Change | Nothing:
    attributes = resource.differences(case.desired, case.link.known, case.policy.paths)
    ends = any(difference.name == "active" and not difference.to for difference in attributes)
    if case.failures and not ends:
        return _not_computed(case)
    if not attributes:
        return Nothing(status="synced", known=case.link.known)
    kind, reason = _kind_of(case, attributes)
    return Change(kind, case.link.id, reason, case.link.remote_id, attributes, account=account)


def _kind_of(case: Case, attributes: Iterable[Difference]) -> tuple[Kind, str]:
    activity = next((difference for difference in attributes if difference.name == "active"), None)
    if activity is None:
        return Kind.UPDATE, "differs from the directory"
    if activity.to:
        return Kind.REACTIVATE, "is active in the directory and has access"
    return Kind.DEACTIVATE, _why_inactive(case)


def _why_inactive(case: Case) -> str:
    if case.user is not None and case.user.state == "suspended":
        return "is suspended in the directory"
    return "has an expired password"


def _end(case: Case, account: Account | None) -> Change | Nothing:
    reason = "was deleted in the directory" if case.user is None or case.user.leaving else "has no access any more"
    if case.policy.deprovision == "nothing":
        return Nothing(status="inactive")
    if case.policy.deprovision == "delete" and case.policy.form.delete:
        return Change(Kind.DELETE, case.link.id, reason, case.link.remote_id, account=account)
    if _grace_over(case) and case.link.active is False:
        return Change(Kind.DELETE, case.link.id, _GRACE, case.link.remote_id, account=account)
    activity = case.link.known.get("active", {})
    if activity.get("echo") is False and case.link.active is False:
        return Nothing(status="inactive", known=case.link.known)
    attributes = (Difference("active", activity.get("echo"), False),)
    return Change(Kind.DEACTIVATE, case.link.id, reason, case.link.remote_id, attributes, account=account)


_GRACE = "has been off for as long as the application's setting says"


class PlanHash:
    """The hash of a plan: sha256 over the canonical JSON of its changes, which are added in plan order (kind rank, link
    id), each as `Change.hashed` gives it; no times and no run ids. A plan of any size takes no memory."""

    def __init__(self, policy: Policy) -> None:
        head = {
            "application": policy.application,
            "mapping": policy.mapping_version,
            "settings": policy.settings_version,
        }
        self._rolling = hashlib.sha256(_canonical(head))

    def add(self, change: Mapping[str, Any]) -> None:
        self._rolling.update(_canonical(change))

    def hexdigest(self) -> str:
        return self._rolling.hexdigest()


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
