"""What mail about passwords says, and the one-time link in it: made when the mail is rendered, so that none waits in the
database in clear, and only if it is still wanted then.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provisor import config, mail
from provisor.directory import days
from provisor.directory.commands import one_time
from provisor.directory.commands.activation import TEMPLATES
from provisor.directory.models import Organisation, PasswordStatus, Purpose, State, User
from provisor.directory.passwords import expiry
from provisor.errors import NotFound, WrongState
from provisor.mail.models import Mail

LINK_PATH = "/my/link/"
PASSWORD_PATH = "/my/password"  # noqa: S105 - a page, no password


def register() -> None:
    """At the start."""
    mail.register(TEMPLATES[Purpose.ACTIVATION], lambda row: link_facts(row, Purpose.ACTIVATION))
    mail.register(TEMPLATES[Purpose.RESET], lambda row: link_facts(row, Purpose.RESET))
    mail.register("password_expires", expiry_facts)


def link_facts(row: Mail, purpose: Purpose) -> dict[str, Any]:
    """A new link for who the mail is about; older ones of its kind end."""
    address = _own_url()
    user = _person(row)
    try:
        token = one_time.make(user.id, purpose)
    except (NotFound, WrongState) as problem:
        raise mail.Dropped(problem.message) from problem
    return {"name": name_of(user), "username": user.username, "link": address + LINK_PATH + token, "holds": _holds()}


def expiry_facts(row: Mail) -> dict[str, Any]:
    """When the password ends, as of now: it may have been changed since the mail was written."""
    user = _person(row)
    end = expiry.current().end_of(user)
    if end is None or user.password_warned is None or user.state != State.ACTIVE:
        raise mail.Dropped(_("The password was changed meanwhile, or ends no more."))
    return {"name": name_of(user), "day": _day(end), "link": _own_url() + PASSWORD_PATH}


def name_of(user: User) -> str:
    """What to call somebody in a mail."""
    return user.displayname or " ".join(filter(None, (user.firstname, user.lastname))) or user.username


def _person(row: Mail) -> User:
    """Who the mail is about. Whose address is another one by now gets nothing at the old one."""
    user = User.objects.filter(pk=row.user).first() if row.user else None
    if user is None or user.email != row.to:
        raise mail.Dropped(_("The user is gone, or has another e-mail address by now."))
    if user.password_status == PasswordStatus.PENDING and row.template != TEMPLATES[Purpose.ACTIVATION]:
        raise mail.Dropped(_("The user has no password."))
    return user


def _own_url() -> str:
    found = config.own_url()
    if found is None:
        raise mail.Kept(_("This mail holds a link, and its address isn't known: set PROVISOR_PUBLIC_URL."))
    return found


def _holds() -> str:
    hours = one_time.hours()
    if hours % 24 == 0:
        return ngettext("%(count)d day", "%(count)d days", hours // 24) % {"count": hours // 24}
    return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}


def _day(end: datetime) -> str:
    """The last day on which the password holds, as people read it."""
    last = days.day_of(end, Organisation.objects.get().time_zone) - days.days(1)
    return date_format(last, "j F Y")
