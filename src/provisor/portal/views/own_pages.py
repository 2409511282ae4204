"""What people may do on their own pages: which attributes they may change, and whether they may reset their password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from provisor.directory import commands, organisation_settings
from provisor.directory.organisation_settings import SELF_SERVICE
from provisor.directory.validation import OrganisationChanges
from provisor.errors import Invalid
from provisor.portal import pages, typed
from provisor.portal.forms import problems
from provisor.portal.forms.user import LABELS

NAMES = {"self_service.contact": "contact", "settings.self_service.contact": "contact"}
LISTS = {"addresses": gettext_lazy("Addresses"), "phoneNumbers": gettext_lazy("Phone numbers")}


class OwnPages(forms.Form):
    """The settings `self_service`."""

    use_required_attribute = False
    edit = forms.MultipleChoiceField(
        label=gettext_lazy("People may change"),
        required=False,
        choices=[(name, LISTS.get(name) or LABELS[name]) for name in SELF_SERVICE],
        widget=forms.CheckboxSelectMultiple,
    )
    reset = forms.BooleanField(
        label=gettext_lazy("A link for a new password"),
        required=False,
        help_text=gettext_lazy(
            "Who forgot theirs may ask for a mail with a link. Off: an administrator sets a new one."
        ),
    )
    contact = forms.CharField(
        label=gettext_lazy("Whom to ask"),
        required=False,
        max_length=256,
        help_text=gettext_lazy("An e-mail address, shown to people where something is missing."),
        widget=forms.EmailInput({"autocomplete": "off", "type": "text", "inputmode": "email"}),
    )

    def changes(self) -> dict[str, Any]:
        """As the command takes them."""
        given = self.cleaned_data
        return {"edit": given["edit"], "reset": given["reset"], "contact": given["contact"].strip() or None}


@pages.page("directory.read", post="organisation.write")
def own_pages(request: pages.Visit) -> HttpResponse:
    """The form, and saving it."""
    now = organisation_settings.from_stored(request.organisation.settings).self_service
    initial = {"edit": list(now.edit), "reset": now.reset, "contact": now.contact or ""}
    form = OwnPages(typed.given(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            changes = OrganisationChanges(settings={"self_service": form.changes()})
            commands.update_organisation(request.actor, changes)
            messages.success(request, _("Saved."))
            return redirect("settings_own_pages")
        except Invalid as problem:
            problems.show(form, problem, NAMES)
    return render(request, "portal/own_pages.html", {"form": form}, status=422 if form.errors else 200)
