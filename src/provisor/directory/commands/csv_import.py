"""Users from a CSV file: looked at first, then applied as a whole or not at all, in one transaction.

What is applied has to be what was looked at: the review's digest is compared, and every row found is locked before the
first is written. The accounts become due with the cause `set`: a file is never a decision about one person, so the
guard counts what it brings about.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import due
from provisor.audit import events
from provisor.directory import custom_attributes
from provisor.directory.commands import activation, computing, unique_values
from provisor.directory.commands.loading import later_than
from provisor.directory.commands.planned import planned_anew
from provisor.directory.commands.recording import Entry, change, mark, record
from provisor.directory.csv.managers import Managers
from provisor.directory.csv.planning import Planned
from provisor.directory.csv.reading import Mapped, Table
from provisor.directory.csv.review import Review, Watch, good_rows, review, unwatched
from provisor.directory.models import User
from provisor.directory.shapes import FIELDS
from provisor.errors import Busy, Conflict, Invalid

DEADLOCK = "40P01"
_COLUMNS = (*FIELDS.values(), "username_key", "email_key", "suspend_plan", "updated")
# Each row as it is to be, typed by the table itself.
_UPDATE = f"""
    UPDATE directory_user AS old SET {", ".join(f"{name} = new.{name}" for name in _COLUMNS)}
    FROM jsonb_populate_recordset(NULL::directory_user, %(rows)s::jsonb) AS new WHERE old.id = new.id
"""  # noqa: S608 - names of columns
_MANAGERS_TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtextextended('directory/manager', 0))"
_IMPORTS_TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtextextended('directory/csv', 0))"
_IN_CIRCLES = """
    WITH RECURSIVE above(start, id) AS (
        SELECT id, manager_id FROM directory_user WHERE id = ANY(%(users)s) AND manager_id IS NOT NULL
        UNION
        SELECT above.start, u.manager_id FROM above JOIN directory_user u ON u.id = above.id
        WHERE u.manager_id IS NOT NULL
    )
    SELECT EXISTS (SELECT 1 FROM above WHERE start = id)
"""


class BadRows(Enum):
    """What becomes of a file with bad rows: nothing is imported, or they are left out."""

    REFUSE = "refuse"
    LEAVE_OUT = "leave out"


@dataclass
class _Import:
    """One import under way. `ids`: of users that the file makes, known before they are written, by username key."""

    actor: Actor
    managers: Managers
    ids: dict[str, uuid.UUID] = field(default_factory=dict)
    with_manager: list[uuid.UUID] = field(default_factory=list)
    mail: bool = False
    written: dict[str, int] = field(default_factory=lambda: {"create": 0, "update": 0})


def review_users_file(actor: Actor, table: Table, meant: Mapped, *, watch: Watch = unwatched) -> Review:
    """What the file would do. Writes nothing."""
    actor.require("users.write")
    found, _managers = review(table, meant, watch=watch)
    return found


def import_users_file(
    actor: Actor,
    table: Table,
    meant: Mapped,
    *,
    bad: BadRows,
    seen: str | None = None,
    mail: bool = False,
    watch: Watch = unwatched,
) -> Review:
    """Does what a review tells, all of it or nothing. `seen` is the digest of the review that a person saw; with `mail`,
    new active users get a link for setting a password.

    Raises Invalid naming `rows[7].email` where bad rows are refused, Conflict `review_changed` where the file would do
    something else than was seen, Busy where others wrote the same users meanwhile."""
    actor.require("users.write")
    try:
        with transaction.atomic():
            _take_turns(_IMPORTS_TAKE_TURNS)
            found, managers = review(table, meant, locked=True, watch=lambda done, total: watch(done // 2, total))
            _check(found, bad, seen)
            _apply(_Import(actor, managers, mail=mail), table, meant, found, watch)
            _record_whole(actor, found)
    except IntegrityError as error:
        raise _busy() from error
    except OperationalError as error:
        raise (_busy() if getattr(error.__cause__, "sqlstate", None) == DEADLOCK else error) from error
    return found


def _check(found: Review, bad: BadRows, seen: str | None) -> None:
    if seen is not None and found.digest != seen:
        text = _("The directory was changed since the file was looked at. Nothing was imported. Look at it again.")
        raise Conflict(text, code="review_changed")
    if found.bad and bad is BadRows.REFUSE:
        raise Invalid(
            {
                f"rows[{row}]{'.' if header else ''}{header}": text
                for row, wrong in sorted(found.bad.items())
                for header, text in wrong.items()
            }
        )


def _apply(run: _Import, table: Table, meant: Mapped, found: Review, watch: Watch) -> None:
    for piece in good_rows(table, meant, found):
        _write(run, piece)
        last = piece[-1].number - 1 if piece else 0
        watch((table.total + min(last, table.total)) // 2, table.total)
    _refuse_surprises(run, found)
    watch(table.total, table.total)


def _write(run: _Import, piece: list[Planned]) -> None:
    made = [_made(run, plan) for plan in piece if plan.kind == "create"]
    changed = [_changed(run, plan) for plan in piece if plan.kind == "update"]
    User.objects.bulk_create([entry.user for entry in made if entry.user])
    users = [entry.user for entry in changed if entry.user]
    _update(users)
    _keep_unique([*(entry.user for entry in made if entry.user), *users])
    due.mark_users([user.id for user in users], mark(run.actor, due.SET, "set"))
    record(run.actor, [*made, *changed])
    computing.recompute(run.actor, [entry.user.id for entry in made if entry.user], new=True)
    computing.recompute(run.actor, [user.id for user in users])
    activation.welcome(run.actor, [entry.user.id for entry in made if entry.user], run.mail)
    run.written["create"] += len(made)
    run.written["update"] += len(changed)


def _keep_unique(users: list[User]) -> None:
    """The review has found what is there twice; what is so only by now was written since."""
    given = [user for user in users if user.attributes]
    if given and unique_values.keep(custom_attributes.held(), users):
        raise _busy()


def _made(run: _Import, plan: Planned) -> Entry:
    user = User(id=_id_of(run, plan.key), updated=timezone.now(), **plan.fields)
    planned_anew(run.actor, user, [name for name, value in plan.fields.items() if value], "set")
    _set_manager(run, user, plan)
    return Entry("user_create", user=user, changes=_told(plan, None, user.manager_id))


def _changed(run: _Import, plan: Planned) -> Entry:
    user = plan.user
    assert user is not None
    manager = user.manager_id
    for column, value in plan.fields.items():
        setattr(user, column, value)
    planned_anew(run.actor, user, plan.fields, "set")
    _set_manager(run, user, plan)
    user.updated = later_than(user.updated)
    return Entry("user_update", user=user, changes=_told(plan, manager, user.manager_id))


def _told(plan: Planned, old: uuid.UUID | None, new: uuid.UUID | None) -> list[dict[str, Any]]:
    """The changes as events have them: a manager by id."""
    told = [one for one in plan.changes if one["name"] != "manager"]
    return told if old == new else [*told, change("manager", old and str(old), new and str(new))]


def _set_manager(run: _Import, user: User, plan: Planned) -> None:
    if plan.manager == "":
        return
    user.manager_id = _id_of(run, plan.manager) if plan.manager else None
    run.with_manager.append(user.id)


def _id_of(run: _Import, key: str) -> uuid.UUID:
    """The id of who has this username, or will have it once their row is written."""
    return run.managers.known.get(key) or run.ids.setdefault(key, uuid.uuid4())


def _update(users: list[User]) -> None:
    names = ("id", *_COLUMNS)
    rows = [{name: getattr(user, name) for name in names} for user in users]
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, {"rows": json.dumps(rows, default=str)})


def _refuse_surprises(run: _Import, found: Review) -> None:
    """Since the review others may have made a user of the file, or closed a circle of managers with it."""
    if any(found.counts[kind] != count for kind, count in run.written.items()):
        raise _busy()
    if not run.with_manager:
        return
    _take_turns(_MANAGERS_TAKE_TURNS)
    with connection.cursor() as cursor:
        cursor.execute(_IN_CIRCLES, {"users": run.with_manager})
        if cursor.fetchone()[0]:
            raise _busy()


def _busy() -> Busy:
    return Busy(_("Others changed the same users at that moment. Nothing was imported. Try again."))


def _take_turns(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _record_whole(actor: Actor, found: Review) -> None:
    changes = [{"name": kind, "from": None, "to": count} for kind, count in found.counts.items()]
    events.record("users_import", actor=actor.as_json(), correlation=actor.correlation, changes=changes)
