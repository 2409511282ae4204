"""The filter of an application: which of the assigned are sent.

Who is left out stands in rows (OutOfScope), which the view of access leaves out: so the guard, previews and counts work on
them as on any other access. Where the filter can't be evaluated for a user, the user stays in or out; a new one is out.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection, transaction

from provisor import jobs
from provisor.administrators.actor import Actor
from provisor.applications import due
from provisor.applications.history import Changes, change
from provisor.applications.models import Application
from provisor.applications.scopes import evaluating
from provisor.applications.scopes.evaluating import Judged, Person
from provisor.errors import Busy

JOB = "scopes.compute"

_WITH_SCOPE = (
    "SELECT id, scope ->> 'expression', scope -> 'references' FROM applications_application WHERE scope IS NOT NULL"
)
_SO_FAR = """
    SELECT 'out', application_id, user_id FROM applications_outofscope
    WHERE application_id = ANY(%(applications)s) AND user_id = ANY(%(users)s)
    UNION ALL
    SELECT 'failed', application_id, user_id FROM applications_scopefailure
    WHERE application_id = ANY(%(applications)s) AND user_id = ANY(%(users)s)
"""
# FOR KEY SHARE: an application that is being deleted is waited for, and gets no rows any more.
_KEPT = "SELECT id FROM applications_application WHERE id = %(application)s FOR KEY SHARE"
_LEAVE_OUT = f"""
    WITH kept AS ({_KEPT})
    INSERT INTO applications_outofscope (application_id, user_id)
    SELECT kept.id, given.id FROM kept, unnest(%(users)s::uuid[]) AS given(id) ORDER BY given.id ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants, here and below
_LET_IN = "DELETE FROM applications_outofscope WHERE application_id = %(application)s AND user_id = ANY(%(users)s)"
_FORGET = "DELETE FROM applications_outofscope WHERE application_id = %(application)s RETURNING user_id"
_FORGET_FAILURES = "DELETE FROM applications_scopefailure WHERE application_id = %(application)s"
_MEND = f"{_FORGET_FAILURES} AND user_id = ANY(%(users)s)"
_FAIL = f"""
    WITH kept AS ({_KEPT})
    INSERT INTO applications_scopefailure (application_id, user_id, message)
    SELECT kept.id, f.user_id, f.message FROM kept, jsonb_to_recordset(%(failed)s::jsonb) AS f (user_id uuid, message text)
    ON CONFLICT (application_id, user_id) DO UPDATE SET message = EXCLUDED.message
"""  # noqa: S608
_TOTAL = "SELECT count(*) FROM directory_user WHERE state <> 'deleting'"

Ids = Sequence[uuid.UUID]
All = dict[uuid.UUID, Judged]
SoFar = dict[tuple[str, uuid.UUID], set[uuid.UUID]]


@dataclass(frozen=True)
class Scope:
    """One application's filter, as far as it concerns changed users."""

    application: uuid.UUID
    expression: str
    references: Collection[str]


def read(given: object) -> dict[str, Any] | None:
    """What `Application.scope` is to hold for a filter as somebody typed it; null is no filter. Raises Invalid."""
    if given is None:
        return None
    parsed = evaluating.condition(given, "scope")
    return {"expression": parsed.source, "references": sorted(parsed.references)}


def put(application: Application, values: dict[str, Any]) -> Changes:
    """Takes the filter out of what is to be written to the row and puts it there, unless it is the same; what changed."""
    if "scope" not in values:
        return []
    wanted = values.pop("scope")
    told = changes(application.scope, wanted)
    if told:
        application.scope = wanted
    return told


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Changes:
    """What an event tells of another filter; nothing where it is the same."""
    was, now = before and before["expression"], after and after["expression"]
    return [change("scope", was, now)] if was != now else []


def begin(actor: Actor, application: Application) -> None:
    """A filter was set, changed or taken away, after `evaluating.alone`: who it leaves out is computed from now on."""
    if application.scope is None:
        _rows(_FORGET_FAILURES, application=application.id)
        back = [row[0] for row in _rows(_FORGET, application=application.id)]
        due.mark_scope(application.id, back, due.Mark(due.SET, "set", actor.as_json(), actor.correlation))
        return
    total = _rows(_TOTAL)[0][0]
    of = {"actor": actor.as_json(), "correlation": str(actor.correlation)}
    application.scope = {**application.scope, "after": None, "done": 0, "total": total, "by": of}
    Application.objects.filter(pk=application.pk).update(scope=application.scope)
    jobs.later(JOB, application=application.id)


@jobs.job(JOB, long=True)
def compute(application: str) -> None:
    """Judges all users by an application's filter, slice by slice, from where it stopped. Twice is as once."""
    while _next_slice(uuid.UUID(application)):
        jobs.checkpoint()


def compute_at_once(application: Application) -> None:
    """As the job, for a directory that is small enough to wait for. It stays the job's where others are in the way."""
    if application.scope and "after" in application.scope and evaluating.few_users():
        try:
            compute(str(application.id))
        except Busy:
            return
        application.refresh_from_db(fields=["scope"])


def recompute(actor: Actor, people: Sequence[Person], scopes: Sequence[Scope], *, new: bool = False) -> None:
    """Users were changed, whose rows this transaction holds: whom the filters leave out from now on."""
    mark = due.Mark(due.SET, "set", actor.as_json(), actor.correlation)
    so_far = _so_far([scope.application for scope in scopes], people)
    for scope in scopes:
        _place(scope.application, _judged(scope.expression, people), so_far, mark, new=new)


def concerned(touched: Collection[str] | None) -> list[Scope]:
    """The filters that may come out otherwise once what is `touched` has changed."""
    rows = [Scope(id, source, evaluating.parsed(references)) for id, source, references in _rows(_WITH_SCOPE)]
    return [scope for scope in rows if evaluating.reads(scope.references, touched)]


def _next_slice(application_id: uuid.UUID) -> bool:
    """Judges the next users; whether there may be more."""
    with transaction.atomic():
        evaluating.shared()
        row = Application.objects.select_for_update(no_key=True).filter(pk=application_id).first()
        if row is None or row.scope is None or "after" not in row.scope:
            return False
        scope = row.scope
        after = scope["after"] and uuid.UUID(scope["after"])
        people = evaluating.next_people(after, scope["references"])
        if people:
            judged, so_far = _judged(scope["expression"], people), _so_far([application_id], people)
            _place(application_id, judged, so_far, _mark_of(scope))
            row.scope = {**scope, "after": str(people[-1].id), "done": scope["done"] + len(people)}
        else:
            row.scope = {name: scope[name] for name in ("expression", "references")}
        row.save(update_fields=["scope"])
        return bool(people)


def _judged(source: str, people: Sequence[Person]) -> All:
    asked = evaluating.stored(source)
    return {person.id: evaluating.judge(asked, person) for person in people}


def _mark_of(scope: dict[str, Any]) -> due.Mark:
    return due.Mark(due.SET, "set", scope["by"]["actor"], uuid.UUID(scope["by"]["correlation"]))


def _so_far(applications: Ids, people: Sequence[Person]) -> SoFar:
    """Who is left out, and for whom a filter can't be evaluated: one look for all filters and users."""
    found: SoFar = defaultdict(set)
    if applications:
        users = [person.id for person in people]
        for kind, application, user in _rows(_SO_FAR, applications=list(applications), users=users):
            found[kind, application].add(user)
    return found


def _place(application: uuid.UUID, judged: All, so_far: SoFar, mark: due.Mark, *, new: bool = False) -> None:
    """Writes who is out from now on, and marks the accounts of those who weren't, or no longer are."""
    out = so_far["out", application]
    leave = [id for id, one in judged.items() if id not in out and (one.holds is False or (new and one.holds is None))]
    let_in = [id for id in out if judged[id].holds]
    if let_in:
        _rows(_LET_IN, application=application, users=let_in)
    if leave:
        _rows(_LEAVE_OUT, application=application, users=leave)
    due.mark_scope(application, let_in, mark)
    due.mark_scope(application, leave, due.Mark(due.LEAVING, mark.cause, mark.actor, mark.correlation))
    _note_failures(application, judged, so_far["failed", application])


def _note_failures(application: uuid.UUID, judged: All, before: set[uuid.UUID]) -> None:
    failed = [{"user_id": str(id), "message": one.message} for id, one in judged.items() if one.holds is None]
    if mended := [id for id in before if judged[id].holds is not None]:
        _rows(_MEND, application=application, users=mended)
    if failed:
        _rows(_FAIL, application=application, failed=orjson.dumps(failed).decode())


def _rows(statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return list(cursor.fetchall()) if cursor.description else []
