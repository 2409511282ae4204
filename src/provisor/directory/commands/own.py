"""People change some of their own attributes: those that the organisation lets them, and nothing else of anybody.

No role is asked: the person is the user who is changed. The event says that they did it themselves.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from provisor.directory import custom_attributes, organisation_settings
from provisor.directory.commands import passwords
from provisor.directory.commands.changes import change_user
from provisor.directory.commands.loading import locked_user
from provisor.directory.models import Organisation, State, User
from provisor.directory.validation import UserChanges
from provisor.errors import NotAllowed, WrongState


def editable() -> frozenset[str]:
    """What people may change of their own, by the contract's names: what the settings list, and the custom attributes whose
    schema says so, such as "attributes.team"."""
    settings = organisation_settings.from_stored(Organisation.objects.get().settings)
    return frozenset(settings.self_service.edit) | {
        f"attributes.{name}" for name in custom_attributes.editable_by_users()
    }


def update_own(user_id: uuid.UUID, changes: UserChanges, *, if_match: datetime | None = None) -> User:
    """The person changes their own attributes. Raises NotAllowed naming what isn't theirs to change, WrongState for who
    isn't active, and what update_user raises."""
    _check(changes)
    with transaction.atomic():
        user = locked_user(user_id, if_match=if_match)
        if user.state != State.ACTIVE:
            raise WrongState(_("You aren't active any more. Ask your administrator."))
        return change_user(passwords.actor_of(user), user_id, changes)


def _check(changes: UserChanges) -> None:
    closed = sorted(_named(changes) - editable())
    if closed:
        told = _("Only an administrator changes this.")
        raise NotAllowed(_("This isn't yours to change: %s.") % ", ".join(closed), fields=dict.fromkeys(closed, told))


def _named(changes: UserChanges) -> set[str]:
    sent = changes.sent()
    attributes = sent.pop("attributes", {})
    custom = {"attributes"} if attributes is None else {f"attributes.{name}" for name in attributes}
    return {*sent, *custom}
