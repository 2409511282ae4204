"""What a person decides about single accounts: try again, or what to do with one that is held."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import connection, due, loading
from provisor.applications.history import Entry, change, record
from provisor.applications.models import Due, Link, LinkStatus
from provisor.applications.queries.accounts import Account, get_account
from provisor.core import undone
from provisor.errors import Conflict, Invalid, NotFound, Problem, WrongState

ACTIONS = ("adopt", "create", "ignore")
Seen = Mapping[uuid.UUID, connection.Seen]


@dataclass(frozen=True)
class Decision:
    """What is to become of a held account. `remote_id` names the candidate to adopt."""

    account_id: uuid.UUID
    action: str
    remote_id: str | None = None

    def as_json(self) -> dict[str, str]:
        """How the due mark carries it to the worker."""
        chosen = {"remote_id": self.remote_id} if self.remote_id is not None else {}
        return {"action": self.action, **chosen}


def retry_account(actor: Actor, account_id: uuid.UUID) -> Account:
    """The account, due now, whatever it waited for. Raises NotFound."""
    actor.require("accounts.retry")
    with transaction.atomic():
        account = get_account(account_id)
        mark = due.Mark(
            due.EDIT, "person", actor.as_json(), actor.correlation, again((account["error"] or {}).get("code"))
        )
        due.mark_account(account["application"]["id"], account["user"]["id"], mark)
        return get_account(account_id)


def again(code: str | None) -> dict[str, Any] | None:
    """What Retry decides about what is held for `code`: what was undone is to be as the directory says."""
    return {"retry": True} if code == undone.CODE else None


def retry_accounts(actor: Actor, application_id: uuid.UUID, code: str) -> int:
    """Every account of an application that waits for the same reason (the code of its error), due now. How many they
    are. Raises NotFound."""
    actor.require("accounts.retry")
    with transaction.atomic():
        loading.kept(application_id)
        waiting = Link.objects.filter(status__in=(LinkStatus.HELD, LinkStatus.RETRYING), error__code=code)
        users = list(waiting.filter(application_id=application_id).values_list("user_id", flat=True))
        mark = due.Mark(due.EDIT, "person", actor.as_json(), actor.correlation, again(code))
        due.mark_assignment(application_id, [], users, mark)
    return len(users)


def resolve_hold(actor: Actor, decision: Decision) -> Account:
    """The account, due with what a person decided.

    Raises WrongState for one that isn't held, Conflict `candidate_changed` when the account to adopt is no candidate or
    is not as it was shown, `connection_failed` when that can't be seen, Invalid and NotFound."""
    actor.require("accounts.resolve")
    return _resolved(actor, decision, _look([decision]))


def resolve_holds(actor: Actor, application_id: uuid.UUID, decisions: Sequence[Decision]) -> list[Account | Problem]:
    """What became of each decision about this application's accounts, in order: the account, or what stands in the
    way. One never stops the others. Raises NotFound for the application."""
    actor.require("accounts.resolve")
    loading.application(application_id)
    ids = [decision.account_id for decision in decisions]
    here = set(Link.objects.filter(id__in=ids, application_id=application_id).values_list("id", flat=True))
    seen = _look([decision for decision in decisions if decision.account_id in here])
    return [_outcome(actor, decision, seen, here=decision.account_id in here) for decision in decisions]


def _outcome(actor: Actor, decision: Decision, seen: Seen, *, here: bool) -> Account | Problem:
    try:
        if not here:
            raise NotFound(_("This application has no account with this id that could be held."))
        return _resolved(actor, decision, seen)
    except Problem as problem:
        return problem


def _resolved(actor: Actor, decision: Decision, seen: Seen) -> Account:
    _check(decision)
    with transaction.atomic():
        link = _held(decision.account_id)
        if decision.action == "adopt":
            _as_shown(link, decision, seen.get(link.id))
        mark = due.Mark(due.EDIT, "person", actor.as_json(), actor.correlation, decision.as_json())
        due.mark_account(link.application_id, link.user_id, mark)
        account = get_account(link.id)
        _record(actor, link, account, decision)
    return account


def _check(decision: Decision) -> None:
    if decision.action not in ACTIONS:
        raise Invalid({"action": _("One of %s.") % ", ".join(ACTIONS)})
    if decision.action == "adopt" and not decision.remote_id:
        raise Invalid({"remote_id": _("Name the candidate to adopt.")})
    if decision.action != "adopt" and decision.remote_id is not None:
        raise Invalid({"remote_id": _("Only adopting takes a remote id.")})


def _held(account_id: uuid.UUID) -> Link:
    link = Link.objects.filter(id=account_id).select_related("application").first()
    if link is None:
        get_account(account_id)  # there is one, but nothing is known of it yet; or NotFound
        raise WrongState(_("Only a held account waits for a decision; this one is due."))
    if link.status != LinkStatus.HELD:
        raise WrongState(_("Only a held account waits for a decision; this one is %s.") % link.status)
    pending = Due.objects.filter(user_id=link.user_id, application_id=link.application_id, decision__isnull=False)
    if pending.exists():
        raise WrongState(_("A decision about this account was made already and is being carried out."))
    return link


def _look(decisions: Sequence[Decision]) -> dict[uuid.UUID, connection.Seen]:
    """How the chosen candidates are at their SPs now, by account; one connection for each application."""
    chosen = {decision.account_id: decision.remote_id for decision in decisions if decision.remote_id}
    links = Link.objects.filter(id__in=chosen, status=LinkStatus.HELD).select_related("application")
    by_application = defaultdict(list)
    for link in links:
        if _candidate(link, chosen[link.id]) is not None:
            by_application[link.application].append(link.id)
    seen: dict[uuid.UUID, connection.Seen] = {}
    for application, ids in by_application.items():
        found = connection.look_at(application, [chosen[id] or "" for id in ids])
        seen |= {id: found[chosen[id] or ""] for id in ids}
    return seen


def _candidate(link: Link, remote_id: str | None) -> Mapping[str, Any] | None:
    return next((shown for shown in link.candidates or () if shown.get("remote_id") == remote_id), None)


def _as_shown(link: Link, decision: Decision, seen: connection.Seen | None) -> None:
    """Raises Conflict unless the chosen account still is the one that the person saw."""
    as_it_was_shown(_candidate(link, decision.remote_id), seen)


def as_it_was_shown(shown: Mapping[str, Any] | None, seen: connection.Seen | None) -> None:
    """Raises Conflict unless what a person was `shown` is still there as it was. `seen` is what is there now."""
    if shown is None or seen is None:
        raise _candidate_changed(_("It is not among the candidates (any more). Look at them again."))
    if seen.problem is not None:
        raise Conflict(seen.problem, code="connection_failed")
    if seen.account is None:
        raise _candidate_changed(_("It is gone from the application. Try the held one again."))
    if not connection.unchanged(shown, seen.account):
        raise _candidate_changed(_("It was changed since it was shown. Try the held one again and look."))


def _candidate_changed(message: str) -> Conflict:
    return Conflict(message, code="candidate_changed")


def _record(actor: Actor, link: Link, account: Account, decision: Decision) -> None:
    user = (link.user_id, account["user"]["name"] or "")
    changes = [change("remote_id", None, decision.remote_id)] if decision.remote_id else None
    record(actor, link.application, [Entry(f"takeover_{decision.action}", changes, user=user)])
