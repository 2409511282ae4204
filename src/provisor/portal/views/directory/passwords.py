"""A user's password: setting one, sending a link so that they set one, opening a lock."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from provisor import config
from provisor.directory import commands, organisation_settings, queries
from provisor.directory.commands import one_time
from provisor.directory.models import PasswordStatus, State, User
from provisor.directory.passwords import expiry, policy
from provisor.errors import Invalid
from provisor.portal import pages
from provisor.portal.forms.password import PasswordForm
from provisor.portal.views.directory.listing import name_of

REFUSED = 422


@pages.page("directory.read", post="users.password")
def set_password(request: pages.Visit, user_id: uuid.UUID) -> HttpResponse:
    """A new password, set for somebody."""
    user = queries.get_user(user_id)
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            commands.set_password(request.actor, user.id, form.cleaned_data["password"])
            messages.success(request, _("%(name)s has a new password.") % {"name": name_of(user)})
            return redirect("user", user_id=user.id)
        except Invalid as problem:
            form.add_error("password", problem.fields.get("password", problem.message))
    rules = organisation_settings.from_stored(request.organisation.settings).password
    form.fields["password"].help_text = " ".join(text for _code, text in policy.requirements(rules))
    context = {"user": user, "name": name_of(user), "form": form}
    return render(request, "portal/users/password.html", context, status=REFUSED if form.errors else 200)


@pages.page("directory.read", post="users.suspend")
def send_link(request: pages.Visit, user_id: uuid.UUID) -> HttpResponse:
    """Asks first, with the address that it goes to; then writes the mail."""
    user = queries.get_user(user_id)
    first = user.password_status == PasswordStatus.PENDING
    if request.method == "POST":
        send = commands.send_activation if first else commands.send_reset
        send(request.actor, user.id)
        messages.success(request, _told() % {"email": user.email})
        return redirect("user", user_id=user.id)
    context = {"user": user, "name": name_of(user), "first": first, "hours": one_time.hours()}
    return render(request, "portal/users/send_link.html", context)


@pages.action("users.suspend")
def unlock(request: pages.Visit, user_id: uuid.UUID) -> HttpResponse:
    """Ends a lock."""
    user = commands.unlock_user(request.actor, user_id)
    messages.success(request, _("%(name)s may try again.") % {"name": name_of(user)})
    return redirect("user", user_id=user.id)


def _told() -> str:
    if config.read().email_url is None:
        return _("The mail to %(email)s waits in the outbox: no mail server is set.")
    return _("A link is on its way to %(email)s.")


def card_of(request: pages.Visit, user: User) -> dict[str, object]:
    """What a user's page says of the password."""
    return {
        "ends": expiry.rule_of(request.organisation).end_of(user),
        "locked": user.locked_until is not None,
        "sends": user.state == State.ACTIVE,
        "first": user.password_status == PasswordStatus.PENDING,
    }
