"""The sign-in form: e-mail kept, password emptied, one sentence for whatever was wrong."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.utils.translation import gettext_lazy as _


class SignInForm(LoginForm):  # type: ignore[misc]
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        login = {"autocomplete": "username", "inputmode": "email", "autofocus": True, "spellcheck": "false"}
        self.fields["login"] = forms.CharField(
            label=_("E-mail"),
            max_length=256,
            widget=forms.TextInput(login),
            error_messages={"required": _("Type your e-mail address.")},
        )
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""
        self.fields["password"].error_messages["required"] = _("Type your password.")
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.order_fields(["login", "password"])
