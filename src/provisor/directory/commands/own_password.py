"""People change their own password: with the one they have, or after it expired."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from provisor.directory.commands import passwords, sign_in
from provisor.directory.commands.loading import locked_user
from provisor.directory.models import State, User
from provisor.directory.queries import get_user
from provisor.errors import Invalid, WrongState


def set_own_password(user_id: uuid.UUID, password: str, *, current: str) -> User:
    """The person changes their password. Raises Invalid naming `current` where that isn't it (a wrong try like one at the
    sign-in: too many lock), or naming `password`; WrongState for who isn't active any more."""
    try:
        user = sign_in.check_again(user_id, current)
    except sign_in.Refused:
        raise Invalid({"current": _("This isn't your password.")}) from None
    return _set(user, password)


def renew_password(user_id: uuid.UUID, password: str) -> User:
    """The person, who has just signed in with an expired password, sets a new one. Raises WrongState where it isn't
    expired, Invalid naming `password`."""
    user = get_user(user_id)
    if not passwords.is_over(user):
        raise WrongState(_("This password isn't expired. Change it with the one that you have."))
    return _set(user, password)


def _set(user: User, password: str) -> User:
    ready = passwords.ready(user, password)
    with transaction.atomic():
        locked = locked_user(user.id)
        if locked.state != State.ACTIVE:
            raise WrongState(_("You aren't active any more. Ask your administrator."))
        passwords.store(passwords.actor_of(locked), locked, ready, changed=True)
    return locked
