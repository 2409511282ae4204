"""Who a condition holds for: group rules (directory) and the filters of applications are judged over stored users here.

What is computed is kept in rows, and two locks keep it right. Whoever changes a user holds that user's row, then asks
`shared` and recomputes. Whoever changes a rule or a filter takes `alone` for a moment: afterwards every edit of a user that
is still under way knows the new rule. The users that were there before are then judged slice by slice, each slice
holding its users' rows, so that no older value is written over a newer one (docs/decisions/0015).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from provisor.applications import attribute_types
from provisor.core import expression
from provisor.core.expression import Expression, Facts, InvalidExpression
from provisor.errors import Busy, Invalid

SLICE = 2000  # users that are judged in one transaction
AT_ONCE = 2000  # so many users are judged while the caller waits; more are a job's
WAIT = "3s"
LONGEST = 1024
_LOCK_TIMEOUT = "55P03"

_SHARED = "SELECT pg_advisory_xact_lock_shared(hashtextextended('directory/rules', 0))"
_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('directory/rules', 0))"
_PEOPLE = """
    SELECT {columns} FROM directory_user u
    WHERE u.id = ANY(%(users)s::uuid[]) AND u.state <> 'deleting' ORDER BY u.id
"""
_NEXT = """
    SELECT {columns} FROM directory_user u
    WHERE u.id > %(after)s AND u.state <> 'deleting' ORDER BY u.id LIMIT %(limit)s
"""
_NEXT_ASSIGNED = """
    SELECT {columns} FROM directory_user u
    WHERE u.id > %(after)s AND u.id IN (SELECT user_id FROM applications_assigned WHERE application_id = %(application)s)
    ORDER BY u.id LIMIT %(limit)s
"""
# What a condition may read, and the column that holds it. Only what is read is loaded: that takes half the time.
_COLUMNS = {
    **{name: name for name in ("id", "username", "email", "firstname", "middlename", "lastname", "displayname")},
    **{name: name for name in ("company", "department", "location", "locale", "state", "addresses", "attributes")},
    "jobTitle": "job_title",
    "employeeIdentifier": "employee_identifier",
    "employeeType": "employee_type",
    "costCenter": "cost_center",
    "phoneNumbers": "phone_numbers",
    "manager": "manager_id",
}
_JSON = frozenset({"addresses", "attributes", "phoneNumbers"})
_IDS = frozenset({"id", "manager"})
FIRST = uuid.UUID(int=0)
# What changes by itself, or by something else than the user's own values: a condition that read it would go stale.
UNREADABLE = frozenset({"groups", "active", "password_status"})


class Person(NamedTuple):
    """One user as an expression sees them."""

    id: uuid.UUID
    facts: Facts


class Judged(NamedTuple):
    """Whether a condition holds for a user; None where it can't be evaluated, with the reason in `message`."""

    holds: bool | None
    message: str = ""


def shared() -> None:
    """Before what is computed for changed users is looked at: nobody changes a rule or filter until the transaction ends."""
    _execute(_SHARED)


def alone() -> None:
    """Before a rule or filter is changed: no edit of a user is under way that knows the former one. Raises Busy."""
    try:
        with transaction.atomic():
            _execute(f"SET LOCAL lock_timeout = '{WAIT}'")
            _execute(_ALONE)
            _execute("SET LOCAL lock_timeout = DEFAULT")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != _LOCK_TIMEOUT:
            raise
        raise Busy(_("Many users are being changed at this moment. Try again in a minute.")) from error


def condition(source: object, field: str) -> Expression:
    """A condition as somebody typed it. Raises Invalid naming `field`, with the place of the mistake."""
    if not isinstance(source, str) or not source.strip():
        raise Invalid({field: _('A condition such as user.department == "Sales".')})
    if len(source) > LONGEST:
        raise Invalid({field: _("At most %d characters.") % LONGEST})
    try:
        parsed = expression.parse(source.strip(), types())
    except InvalidExpression as error:
        raise Invalid({field: error.words}) from None
    if wrong := sorted(name for name in parsed.references if name in UNREADABLE or name.startswith("values.")):
        told = _("A condition reads the user's own values and state, not %s: those change by themselves.")
        raise Invalid({field: told % ", ".join(wrong)})
    return parsed


def types() -> dict[str, str]:
    """The types of the custom attributes that have a schema."""
    return attribute_types.known()


def stored(source: str) -> Expression:
    """A condition that was accepted before, with the types of custom attributes as they are by now."""
    return expression.parse(source, types() if "attributes" in source else {})


def judge(asked: Expression, person: Person) -> Judged:
    """Whether the condition holds for this user. Never raises."""
    try:
        return Judged(expression.holds(asked, person.facts))
    except expression.Failed as error:
        return Judged(None, str(error)[:512])


def reads(references: Collection[str], touched: Collection[str] | None) -> bool:
    """Whether a condition with these references may come out otherwise once what is `touched` has changed; None: all."""
    return touched is None or not set(references).isdisjoint(touched)


def people(users: Iterable[uuid.UUID], references: Iterable[str]) -> Iterator[list[Person]]:
    """These users as they are now, in slices, with what conditions with these references read; who is being deleted is
    left out."""
    ids, read = sorted(set(users)), frozenset(references)
    for start in range(0, len(ids), SLICE):
        yield _persons(_PEOPLE, read, users=ids[start : start + SLICE])


def next_people(after: uuid.UUID | None, references: Iterable[str]) -> list[Person]:
    """The users after this id. Who is changing one of them is waited for, and nobody does until the transaction ends."""
    return _persons(f"{_NEXT} FOR SHARE", references, after=after or FIRST, limit=SLICE)


def everybody(references: Iterable[str], application: uuid.UUID | None = None) -> Iterator[list[Person]]:
    """All users in slices, or those who are assigned to an application, filter or not. To look at only."""
    after = FIRST
    statement, what = (_NEXT_ASSIGNED, {"application": application}) if application else (_NEXT, {})
    while people := _persons(statement, references, after=after, limit=SLICE, **what):
        yield people
        after = people[-1].id


def held(users: Sequence[uuid.UUID]) -> None:
    """These users: who is changing one of them is waited for, and nobody does until the transaction ends."""
    _execute("SELECT id FROM directory_user WHERE id = ANY(%(u)s::uuid[]) ORDER BY id FOR SHARE", u=list(users))


def few_users() -> bool:
    """Whether all users can be judged while somebody waits."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM (SELECT 1 FROM directory_user LIMIT {AT_ONCE + 1}) AS found")  # noqa: S608
        return bool(cursor.fetchone()[0] <= AT_ONCE)


def _persons(statement: str, references: Iterable[str], **parameters: Any) -> list[Person]:
    names = sorted({one.partition(".")[0] for one in references} & _COLUMNS.keys())
    columns = ", ".join(["u.id", *(f"u.{_COLUMNS[name]}" for name in names)])
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("{columns}", columns), parameters)
        return [Person(id, expression.facts_of(_values(names, row))) for id, *row in cursor.fetchall()]


def _values(names: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    return {name: _plain(name, value) for name, value in zip(names, row, strict=True)}


def _plain(name: str, value: Any) -> Any:
    if name in _JSON:
        return parsed(value)
    return str(value) if name in _IDS and value is not None else value


def parsed(value: Any) -> Any:
    """A JSON column as Django's connection gives it, which may be its text."""
    return orjson.loads(value) if isinstance(value, str) else value


def _execute(statement: str, **parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
