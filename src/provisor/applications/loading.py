"""Reading the application that a command is about, under the lock that keeps the right commands apart.

Three strengths, so that nobody waits without need: `kept` only keeps it from being deleted (assignments, runs),
`locked` keeps two edits of its own fields apart, `locked_to_delete` waits for all of them.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.applications.models import Application
from provisor.errors import NotFound, Stale

_KEPT = "SELECT * FROM applications_application WHERE id = %s FOR KEY SHARE"


def application(application_id: uuid.UUID) -> Application:
    """The application, as it is now. Raises NotFound."""
    return _found(Application.objects.filter(id=application_id).first())


def kept(application_id: uuid.UUID) -> Application:
    """The application, which can't be deleted until the transaction ends. Raises NotFound."""
    return _found(next(iter(Application.objects.raw(_KEPT, [application_id])), None))


def locked(application_id: uuid.UUID, *, if_match: datetime | None = None) -> Application:
    """The application, not edited by others until the transaction ends. Raises NotFound, and Stale if it isn't as of
    `if_match`."""
    rows = Application.objects.select_for_update(no_key=True)
    return _as_of(if_match, _found(rows.filter(id=application_id).first()))


def locked_to_delete(application_id: uuid.UUID, *, if_match: datetime | None = None) -> Application:
    """The application, once nobody adds anything to it any more. Raises NotFound and Stale."""
    return _as_of(if_match, _found(Application.objects.select_for_update().filter(id=application_id).first()))


def later_than(before: datetime) -> datetime:
    """Now, and later than `before` in any case: `updated` never stands still."""
    return max(timezone.now(), before + timedelta(microseconds=1))


def one_at_a_time(*what: object) -> None:
    """Keeps two transactions that do `what` apart until they end. For rare things without a row to lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", ["/".join(map(str, what))])


def _found(application: Application | None) -> Application:
    if application is None:
        raise NotFound(_("There is no application with this id."))
    return application


def _as_of(if_match: datetime | None, application: Application) -> Application:
    if if_match is not None and application.updated != if_match:
        raise Stale(_("The application was changed in the meantime. Read it again and repeat the change."))
    return application
