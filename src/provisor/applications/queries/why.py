"""Why an account is as it is: for one user and one application, every step from access to the SP's last answer.

The same decision that a pass takes (applications.trial), with what was done before and what it waits for; each step as
data and as a sentence for people.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from django.db import connection as database
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from provisor.applications import guard_statements, loading, settings
from provisor.applications.models import AccountPassword, Application, Change, Due, Link, Run, RunStatus
from provisor.applications.queries.access import access_paths, left_out
from provisor.applications.queries.accounts import error_of, password_of
from provisor.applications.trial import Trial, try_account
from provisor.audit.queries import as_event, events_selection
from provisor.core.changes import Change as Planned
from provisor.core.changes import Kind, Nothing
from provisor.core.guard import Counted, Limit
from provisor.core.links import Case
from provisor.engine.would_send import would_send

Step = dict[str, Any]
PASSWORD_TEXTS = {
    "waiting": _lazy("The password waits, sealed, to be sent there."),
    "pushed": _lazy("The password was sent, and the service provider took it."),
    "refused": _lazy("The service provider refused the password; it has to be set again."),
    "dropped": _lazy("The password was not sent, and is kept nowhere; it has to be set again."),
    "temporary": _lazy("The account was made with a temporary password that nobody knows."),
}


def why(user_id: uuid.UUID, application_id: uuid.UUID, *, look: bool = False) -> dict[str, Any]:
    """Every step: `access`, `account`, `matched`, `looked`, `decision`, `last`, `waits`, `guard`, each with a `text`.
    `look`: the SP is asked, by reading, how the account is now. Raises NotFound."""
    application = loading.application(application_id)
    trial = try_account(application, user_id, look=look)
    assert trial.case.user is not None
    link = Link.objects.filter(application=application, user_id=user_id).first()
    return {
        "user": {"id": user_id, "name": trial.case.user.name},
        "application": {"id": application.id, "name": application.name},
        "access": _access(trial.case, access_paths(user_id, application_id), left_out(application, user_id)),
        "account": _account(trial.case, link),
        "matched": _matched(trial.case),
        "looked": _looked(trial),
        "decision": _decision(trial),
        "password": _password(user_id, application_id),
        "last": _last(user_id, application_id),
        "waits": list(_waits(application, user_id, link)),
        "guard": _guard(application),
    }


def _access(case: Case, paths: list[dict[str, Any]], left_out: str | None) -> Step:
    assert case.user is not None
    if case.user.leaving:
        text = _("Is being deleted in the directory: the account is to be ended.")
    elif left_out is not None:
        text = left_out
    elif not paths:
        text = _("Has no access: no assignment, direct or by a group, leads here.")
    elif not case.user.active:
        text = _("Has access (%s), but is not active in the directory.") % _by(paths)
    else:
        text = _("Has access: %s.") % _by(paths)
    return {"access": bool(paths), "state": case.user.state, "paths": paths, "text": text}


def _by(paths: list[dict[str, Any]]) -> str:
    return ", ".join(_path(path) for path in paths)


def _path(path: dict[str, Any]) -> str:
    if path["group"] is None:
        return _("assigned directly")
    if path["member_of"] is None:
        return str(_("by the group %s") % path["group"]["name"])
    return str(
        _("by the group %(group)s, as a member of %(inner)s in it")
        % {
            "group": path["group"]["name"],
            "inner": path["member_of"]["name"],
        }
    )


def _account(case: Case, link: Link | None) -> Step:
    if link is None or link.remote_id is None:
        text = _("No account there is known.")
    else:
        state = _("active") if link.active is not False else _("inactive")
        text = _("Linked to the account %(id)s there, which is %(state)s.") % {"id": link.remote_id, "state": state}
    return {
        "id": case.link.id,
        "status": link.status if link else None,
        "remote_id": link.remote_id if link else None,
        "active": link.active if link else None,
        "last_synced": link.last_synced if link else None,
        "text": text,
    }


def _matched(case: Case) -> Step | None:
    """How the account came to be this user's: the last time that one was made or taken over."""
    ranks = [Kind.CREATE.rank, Kind.ADOPT.rank]  # with the run, what the index is by
    runs = Run.objects.filter(application_id=case.policy.application)
    made = Change.objects.filter(run__in=runs, rank__in=ranks, link_id=case.link.id)
    row = made.filter(outcome__result="success").order_by("-id").first() if case.link.remote_id else None
    if row is None:
        return None
    if row.kind == Kind.CREATE.value:
        text = _("Provisor made the account: %s.") % row.reason
    else:
        text = _("Provisor took the account over: %s.") % row.reason
    return {"how": row.kind, "reason": row.reason, "at": row.at, "run": row.run_id, "text": text}


def _looked(trial: Trial) -> Step | None:
    if trial.looked is None:
        return None
    accounts = [account.as_json() for account in trial.looked.accounts]
    if trial.looked.problem:
        text = _("The service provider was asked and told nothing: %s") % trial.looked.problem
    elif not accounts:
        text = _("The service provider was asked: there is no such account.")
    else:
        names = ", ".join(str(account["username"] or account["remote_id"]) for account in accounts)
        text = _("The service provider shows %(count)d: %(names)s.") % {"count": len(accounts), "names": names}
    return {"ok": not trial.looked.problem, "accounts": accounts, "text": text}


def _decision(trial: Trial) -> Step:
    decided = trial.decision
    if isinstance(decided, Planned):
        said = [asdict(one) for one in would_send(decided, trial.case.policy.form)]
        attributes = [one.as_json() for one in decided.attributes]
        names = ", ".join(one["name"] for one in attributes)
        text = f"{decided.kind.value}: {decided.reason}" + (f" ({names})" if names else "")
        return _step(decided.kind.value, text, code=decided.code, attributes=attributes, requests=said)
    if isinstance(decided, Nothing):
        return _step("nothing", _("Nothing: the account is as it should be, or none is wanted."))
    if decided is not None:
        return _step("wait", _("Wait: the answer to a create was lost, and the account isn't seen yet."))
    if trial.looked is not None:
        return _step("unknown", _("That can't be decided before the service provider answers."))
    return _step("look", _("First the service provider is asked for the account; ask with look to see its answer."))


def _password(user_id: uuid.UUID, application_id: uuid.UUID) -> Step | None:
    row = AccountPassword.objects.filter(application_id=application_id, user_id=user_id).first()
    if row is None:
        return None
    told = password_of(row.status, row.at, row.error) or {}
    error, title = told["error"], str(PASSWORD_TEXTS[row.status])
    return {**told, "title": title, "text": title + (f" {error['message']} {error['hint']}" if error else "")}


def _step(
    kind: str, text: str, *, code: str | None = None, attributes: list[Any] | None = None, requests: Any = None
) -> Step:
    return {"kind": kind, "code": code, "attributes": attributes or [], "requests": requests or [], "text": text}


def _last(user_id: uuid.UUID, application_id: uuid.UUID) -> Step | None:
    """The last thing that was tried at the SP for this user, and the answer."""
    found = events_selection(user=user_id, application=application_id)
    sent = tuple(f"{rows} AND (status IS NOT NULL OR type LIKE '%%_provision')" for rows in found.rows)
    row = next(iter(replace(found, rows=sent).page(limit=1)), None)
    if row is None:
        return None
    event = as_event(row)
    answer = f"{event['status'] or ''} {event['message'] or ''}".strip()
    text = _("%(type)s: %(outcome)s.") % {"type": event["type"], "outcome": event["outcome"]}
    names = ("at", "type", "outcome", "status", "message", "changes", "run", "actor")
    return {**{name: event[name] for name in names}, "text": f"{text} {answer}".strip()}


def _waits(application: Application, user_id: uuid.UUID, link: Link | None) -> Iterator[Step]:
    if application.provisioning != "active":
        text = _("The application is %s: nothing is sent.") % application.provisioning
        yield {"code": application.provisioning, "text": text, "hint": "", "run": None, "until": None}
    if link is not None and link.error:
        error = error_of(link.error) or {}
        run = _waiting_run(link) if error["code"] == "guard" else None
        until = link.next_try if link.status == "retrying" else None
        yield {"code": error["code"], "text": error["message"], "hint": error["hint"], "run": run, "until": until}
    pending = Due.objects.filter(application_id=application.id, user_id=user_id, priority__lt=3).order_by("not_before")
    if (mark := pending.first()) and not (link and link.error):
        yield {
            "code": "due",
            "text": _("It is due, and will be looked at next."),
            "hint": "",
            "run": None,
            "until": mark.not_before,
        }


def _waiting_run(link: Link) -> uuid.UUID | None:
    waiting = Run.objects.filter(application_id=link.application_id, status=RunStatus.WAITING_APPROVAL, kind="guard")
    return waiting.values_list("id", flat=True).first()


def _guard(application: Application) -> Step:
    chosen = settings.from_stored(application.settings)
    counted = _counted(application, ends=chosen.deprovision != "nothing", groups=chosen.manage_groups)
    limit = Limit(chosen.guard.max_percent, chosen.guard.max_count)
    text = _("%(count)d would end or ended within 24 hours; up to %(limit)d pass without a person.") % {
        "count": counted.set,
        "limit": limit.of(counted.active),
    }
    return {**asdict(counted), "limit": limit.of(counted.active), "text": text}


def _counted(application: Application, *, ends: bool, groups: bool) -> Counted:
    what: dict[str, Any] = {"application": application.id, "ends": ends, "groups": groups, "deletes": False}
    with database.cursor() as cursor:
        cursor.execute(guard_statements.SENT, what)
        every = dict(cursor.fetchall())
        cursor.execute(guard_statements.PENDING, what)
        every |= dict(cursor.fetchall())
        cursor.execute(guard_statements.ACTIVE, what)
        active = cursor.fetchone()[0]
    named = sum(every.values())
    return Counted(set=len(every) - named, named=named, active=active)
