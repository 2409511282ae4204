"""Applications and their assignments."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from provisor.applications import loading, settings
from provisor.applications.models import Application, Run, RunStatus
from provisor.applications.queries import credentials
from provisor.errors import NotFound
from provisor.selection import Selection
from provisor.text import unique_key

_GROUPS = """
    SELECT 'group' AS kind, grp.id, grp.name, grp.name_key AS key, assignment.created, assignment.values,
           assignment.priority
    FROM applications_assignment assignment JOIN directory_group grp ON grp.id = assignment.group_id
    WHERE assignment.application_id = %(application)s
"""
_USERS = """
    SELECT 'user' AS kind, person.id, person.username AS name, person.username_key AS key, assignment.created,
           NULL::jsonb AS values, NULL::int AS priority
    FROM applications_assignment assignment JOIN directory_user person ON person.id = assignment.user_id
    WHERE assignment.application_id = %(application)s
"""


def applications(
    *, search: str | None = None, provisioning: str | None = None, expiring: int | None = None
) -> QuerySet[Application]:
    """Applications, each with the id of the run that waits for a person as `waiting_run`. `expiring`: those whose
    credentials or certificates end within so many days, or have ended."""
    waiting = Run.objects.filter(application_id=OuterRef("id"), status=RunStatus.WAITING_APPROVAL)
    found = Application.objects.select_related("next_credential", "oauth_token").annotate(
        waiting_run=Subquery(waiting.order_by("kind", "-created").values("id")[:1])
    )
    if search:
        found = found.filter(Q(name_key__contains=unique_key(search)) | Q(label__icontains=search))
    if provisioning is not None:
        found = found.filter(provisioning=provisioning)
    if expiring is not None:
        found = found.filter(id__in=credentials.ending_within(expiring))
    return found


def get_application(application_id: uuid.UUID) -> Application:
    """One application as `applications` gives it. Raises NotFound."""
    found = applications().filter(id=application_id).first()
    if found is None:
        raise NotFound(_("There is no application with this id."))
    return found


def assignments_selection(application_id: uuid.UUID) -> Selection:
    """What is assigned, groups first, by name: rows of kind ("group" or "user"), id, name, created. Raises NotFound."""
    loading.application(application_id)
    return Selection((_GROUPS, _USERS), ("kind", "key", "id"), {"application": application_id})


def as_protected(application: Application) -> dict[str, Any]:
    """What of an application is never touched, as the API shows it."""
    return {"entries": application.protected, "own": application.own_account}


def as_application(application: Application) -> dict[str, Any]:
    """An application as the contract shows it; of its secrets only that there are some, and since when."""
    auth = credentials.shown(application)
    tls, proxy = auth.pop("tls"), auth.pop("proxy")
    return {
        "id": application.id,
        "name": application.name,
        "connector": application.connector,
        "parameters": application.parameters,
        "base_url": application.base_url,
        "auth": auth,
        "tls": tls,
        "proxy": proxy,
        "label": application.label,
        "show_in_portal": application.show_in_portal,
        "sign_in_url": application.sign_in_url,
        "scope": application.scope and application.scope["expression"],
        "settings": settings.as_json(application.settings),
        "settings_version": application.settings_version,
        "mapping_version": application.mapping_version,
        "provisioning": application.provisioning,
        "stopped": application.stopped,
        "paused": application.paused,
        "waiting_run": getattr(application, "waiting_run", None),
        "reconciled": application.reconciled_at,
        "created": application.created,
        "updated": application.updated,
    }
