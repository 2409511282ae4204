"""Switching the pushing of passwords on: the administrator's own password once more, and nothing else."""

from __future__ import annotations

from typing import Any

from allauth.core import ratelimit
from django import forms
from django.utils.translation import gettext_lazy as _

from provisor.portal.pages import Visit

ACTION = "reauthenticate"  # django-allauth's limit on tries counts for every page that asks for the password again


class OnceMore(forms.Form):
    """Who left a session open must not be somebody who lets passwords go out: so it is asked for again (step-up)."""

    use_required_attribute = False
    password = forms.CharField(
        label=_("Your own password"),
        max_length=1024,
        strip=False,
        error_messages={"required": _("Type the password that you sign in with.")},
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def __init__(self, *arguments: Any, request: Visit, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._request = request

    def clean_password(self) -> str:
        given: str = self.cleaned_data["password"]
        if not ratelimit.consume(self._request, action=ACTION, user=self._request.user):
            raise forms.ValidationError(_("Too many tries. Wait some minutes, then try again."))
        if not self._request.user.check_password(given):
            raise forms.ValidationError(_("That is not the password that you sign in with."))
        return given
