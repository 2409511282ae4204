"""Carrying out at once what is due for one user in one application."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import due, loading
from provisor.applications.commands.accounts import again
from provisor.applications.models import Link, Provisioning
from provisor.applications.queries.accounts import error_of
from provisor.errors import Conflict


def sync_account(actor: Actor, application_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """The user's account is looked at next, whatever it waited for, as by Retry.

    Raises Conflict `not_active` for an application that isn't active, and NotFound."""
    actor.require("runs.start")
    with transaction.atomic():
        application = loading.kept(application_id)
        if application.provisioning != Provisioning.ACTIVE:
            message = _("The application is %s: nothing may be sent. Activate it first; a plan works without.")
            raise Conflict(message % application.provisioning, code="not_active")
        link = Link.objects.filter(application=application, user_id=user_id).first()
        code = (error_of(link.error) or {}).get("code") if link else None
        due.mark_account(
            application_id, user_id, due.Mark(due.EDIT, "person", actor.as_json(), actor.correlation, again(code))
        )
