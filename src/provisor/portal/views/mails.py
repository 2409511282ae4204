"""The outbox: what Provisor has written to whom, what became of it, and how mail goes out."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from pydantic import ValidationError

from provisor.directory import commands as directory
from provisor.directory import organisation_settings
from provisor.directory.validation import OrganisationChanges
from provisor.errors import Invalid, Problem
from provisor.mail import commands, queries, sending
from provisor.mail.models import Status
from provisor.mail.transport import Away
from provisor.portal import pages, typed
from provisor.portal.listing import listed
from provisor.portal.parts import Chip, Choice
from provisor.portal.words import mail_name

OPEN = (Status.WAITING, Status.SENDING)


class Sender(forms.Form):
    """Whom mail comes from."""

    use_required_attribute = False
    mail_from = forms.CharField(
        label=gettext_lazy("Mail comes from"),
        max_length=256,
        required=False,
        widget=forms.EmailInput({"autocomplete": "off", "spellcheck": "false"}),
    )


@pages.page("directory.read", post="organisation.write")
def list_mails(request: pages.Visit) -> HttpResponse:
    """Filters in the address: status, template, user. A POST sets the sender."""
    chosen = organisation_settings.from_stored(request.organisation.settings).mail_from
    form = Sender(typed.given(request), initial={"mail_from": chosen or ""})
    if request.method == "POST" and form.is_valid() and _saved(request, form):
        messages.success(request, _("Saved. The next mail comes from there."))
        return redirect("mails")
    found = listed(queries.mails(**_filters(request)), request, scope="mails", order=queries.NEWEST_FIRST)
    context = {
        "listed": found,
        "chips": _chips(request),
        "form": form,
        "way": queries.way(),
        "sender": _sender(),
        "counts": queries.counts(),
    }
    return render(request, "portal/mail/list.html", context, status=422 if form.errors else 200)


@pages.page("directory.read")
def mail(request: pages.Visit, mail_id: uuid.UUID) -> HttpResponse:
    """One mail, without what it says; live as long as it may still go out."""
    row = queries.get_mail(mail_id)
    return render(request, "portal/mail/show.html", {"mail": row, "live": row.status in OPEN, "way": queries.way()})


@pages.action("users.password")
def mail_text(request: pages.Visit, mail_id: uuid.UUID) -> HttpResponse:
    """The same, with what it says: an event, for a link in it is as good as a password."""
    try:
        said = commands.read(request.actor, mail_id)
    except Problem as problem:
        messages.error(request, problem.message)
        return redirect("mail", mail_id=mail_id)
    context = {"mail": queries.get_mail(mail_id), "said": said, "way": queries.way()}
    return render(request, "portal/mail/show.html", context)


@pages.action("users.write")
def send_again(request: pages.Visit, mail_id: uuid.UUID) -> HttpResponse:
    """Sends it now; how far that is stands on its page."""
    try:
        commands.send_again(request.actor, mail_id)
    except Problem as problem:
        messages.error(request, problem.message)
    return redirect("mail", mail_id=mail_id)


@pages.action("users.write")
def send_kept(request: pages.Visit) -> HttpResponse:
    """Sends every kept mail; how far that is stands in the list."""
    try:
        count = commands.send_kept(request.actor)
    except Problem as problem:
        messages.error(request, problem.message)
    else:
        told = ngettext("%(count)d mail goes out now.", "%(count)d mails go out now.", count)
        messages.success(request, told % {"count": count})
    return redirect("mails")


@pages.action("organisation.write")
def send_test(request: pages.Visit) -> HttpResponse:
    """A test mail to who asks for it."""
    try:
        row = commands.send_test(request.actor, request.user.email)
    except Problem as problem:
        messages.error(request, problem.message)
        return redirect("mails")
    return redirect("mail", mail_id=row.id)


def _saved(request: pages.Visit, form: Sender) -> bool:
    given: dict[str, Any] = {"settings": {"mail_from": form.cleaned_data["mail_from"] or None}}
    try:
        directory.update_organisation(request.actor, OrganisationChanges(**given))
    except ValidationError as refused:
        form.add_error("mail_from", str(refused.errors()[0]["msg"]).removeprefix("Value error, "))
        return False
    except Invalid as problem:
        form.add_error("mail_from", next(iter(problem.fields.values()), problem.message))
        return False
    return True


def _sender() -> str:
    try:
        return sending.sender().addr_spec
    except Away:
        return ""


def _filters(request: pages.Visit) -> dict[str, Any]:
    """What the address asks for; a status that is none, or an id that is none, finds nothing."""
    status = request.GET.get("status") or None
    return {"status": status and status[:8], "template": request.GET.get("template") or None, "user": _user(request)}


def _user(request: pages.Visit) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.GET["user"]) if request.GET.get("user") else None
    except ValueError:
        return uuid.UUID(int=0)


def _chips(request: pages.Visit) -> list[Chip]:
    choices = [Choice(str(label), _with(request, status=name)) for name, label in Status.choices]
    labels = {str(name): str(label) for name, label in Status.choices}
    chosen = request.GET.get("status", "")
    chips = [Chip(_("Status"), choices, labels.get(chosen) or chosen[:20] or None, _with(request, status=None))]
    for name, label in {"template": _("What it is"), "user": _("User")}.items():
        if given := request.GET.get(name):
            shown = mail_name(given) if name == "template" else given
            chips.append(Chip(label, (), shown[:40], _with(request, **{name: None})))
    return chips


def _with(request: pages.Visit, **changed: str | None) -> str:
    query = request.GET.copy()
    query.pop("cursor", None)
    for name, value in changed.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"?{query.urlencode()}" if query else reverse("mails")
