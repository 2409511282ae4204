"""Keeping a user's new password for the applications that take it, sealed, until the worker has sent it.

The clear text is never stored and never leaves this call but in a sealed box, which goes with the outcome and after an hour
in any case (docs/decisions/0013). Where pushing is off, or the user has no access, nothing is kept.
"""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from provisor import sealed_box
from provisor.administrators.actor import Actor
from provisor.applications import due
from provisor.applications.models import Application
from provisor.applications.passwords.sealed import bound_to
from provisor.applications.passwords.statements import KEEP
from provisor.applications.passwords.taking import takes_passwords

LIFETIME = timedelta(hours=1)

# Nothing is kept for somebody who is leaving or suspended: it has to be set again afterwards.
_PUSHING = """
SELECT DISTINCT a.id FROM applications_application a
JOIN applications_access x ON x.application_id = a.id AND x.user_id = %(user)s
JOIN directory_user u ON u.id = x.user_id AND u.state IN ('staged', 'active')
WHERE (a.settings ->> 'push_passwords')::boolean
"""


def keep_password(actor: Actor, user_id: uuid.UUID, password: str) -> None:
    """Seals the user's new password for each application that it is pushed to, in place of an older one, and makes those
    accounts due. In the caller's transaction, whose command has asked for the permission."""
    with connection.cursor() as cursor:
        cursor.execute(_PUSHING, {"user": user_id})
        pushing = [row[0] for row in cursor.fetchall()]
    taking = [each for each in Application.objects.filter(id__in=pushing).order_by("id") if takes_passwords(each)]
    if not taking:
        return
    _keep(actor, user_id, [each.id for each in taking], password)
    due.mark_users([user_id], due.Mark(due.EDIT, "person", actor.as_json(), actor.correlation))


def _keep(actor: Actor, user_id: uuid.UUID, applications: list[uuid.UUID], password: str) -> None:
    ids = [uuid.uuid4() for _ in applications]
    named = zip(ids, applications, strict=True)
    boxes = [sealed_box.seal(password, bound_to=bound_to(id, application, user_id)) for id, application in named]
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP,
            {
                "ids": ids,
                "applications": applications,
                "boxes": boxes,
                "user": user_id,
                "expires": timezone.now() + LIFETIME,
                "actor": json.dumps(actor.as_json()),
                "correlation": actor.correlation,
            },
        )
