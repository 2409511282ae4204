"""A single user's direct access to applications, seen from the user."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications.commands.assignments import change_assignments
from provisor.applications.models import Application
from provisor.directory.commands.loading import locked_user
from provisor.directory.models import User
from provisor.errors import Invalid


def change_user_assignments(
    actor: Actor, user_id: uuid.UUID, *, add: Iterable[uuid.UUID] = (), remove: Iterable[uuid.UUID] = ()
) -> User:
    """Grants and takes away direct access, for all the applications or none. Raises NotFound and WrongState for the
    user, Invalid naming `applications.add[0]` for an unknown application."""
    actor.require("assignments.write")
    adding, removing = list(dict.fromkeys(add)), list(dict.fromkeys(remove))
    with transaction.atomic():
        user = locked_user(user_id)
        _check(add=adding, remove=removing)
        for application in removing:
            change_assignments(actor, application, users_remove=[user_id])
        for application in adding:
            change_assignments(actor, application, users_add=[user_id])
    return user


def _check(**lists: list[uuid.UUID]) -> None:
    wanted = {id for ids in lists.values() for id in ids}
    found = set(Application.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    unknown = {
        f"applications.{name}[{index}]": _("There is no application with this id.")
        for name, ids in lists.items()
        for index, id in enumerate(ids)
        if id not in found
    }
    if unknown:
        raise Invalid(unknown)
