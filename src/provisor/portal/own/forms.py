"""The forms of the users' own pages. No field that holds a password is ever filled in by us."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from provisor.directory.passwords.policy import LONGEST
from provisor.mail.defusing import JOINER

TEXT = 256


def _password(label: Any, missing: Any, *, autocomplete: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=LONGEST,
        widget=forms.PasswordInput({"autocomplete": autocomplete, "spellcheck": "false"}),
        error_messages={"required": missing, "max_length": _("At most %(limit_value)d characters.")},
    )


class Login(forms.CharField):
    """A username or e-mail. Mails break up names that look like web addresses by an invisible word joiner: one that was
    copied out of a mail has to work too."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(str(value or "").replace(JOINER, "")))


class SignIn(forms.Form):
    """Username or e-mail, and the password."""

    use_required_attribute = False
    login = Login(
        label=_("Username or e-mail"),
        max_length=TEXT,
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _("Type your username or e-mail address.")},
    )
    password = _password(_("Password"), _("Type your password."), autocomplete="current-password")


class Forgotten(forms.Form):
    """Who forgot their password."""

    use_required_attribute = False
    login = Login(
        label=_("Username or e-mail"),
        max_length=TEXT,
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _("Type your username or e-mail address.")},
    )


class NewPassword(forms.Form):
    """A new password, typed twice."""

    use_required_attribute = False
    password = _password(_("New password"), _("Type the new password."), autocomplete="new-password")
    password_again = _password(_("The same again"), _("Type it a second time."), autocomplete="new-password")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        both = given.get("password"), given.get("password_again")
        if None not in both and both[0] != both[1]:
            self.add_error("password_again", _("The two are not the same."))
        return given


class ChangedPassword(NewPassword):
    """With the one that it replaces."""

    current = _password(
        _("Present password"), _("Type the password that you have now."), autocomplete="current-password"
    )
    field_order = ("current", "password", "password_again")
