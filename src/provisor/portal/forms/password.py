"""A new password for somebody, and the organisation's rules for passwords and activation."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from provisor.directory.organisation_settings import PasswordPolicy, Settings


class PasswordForm(forms.Form):
    """A new password, typed twice; it is in no page and no log."""

    use_required_attribute = False
    password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        error_messages={"required": _("Type the new password.")},
    )
    again = forms.CharField(
        label=_("The same again"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        error_messages={"required": _("Type it a second time.")},
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if "password" in given and "again" in given and given["password"] != given["again"]:
            self.add_error("again", _("The two are not the same."))
        return given


def _number(label: Any, hint: Any, low: int, high: int) -> forms.IntegerField:
    told = _("A whole number from %(limit_value)s on.")
    return forms.IntegerField(
        label=label,
        help_text=hint,
        min_value=low,
        max_value=high,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": _("A whole number."),
            "invalid": _("A whole number."),
            "min_value": told,
            "max_value": _("A whole number up to %(limit_value)s."),
        },
    )


class RulesForm(forms.Form):
    """The settings `password` and `activation`, in words. Fields are named as the settings."""

    use_required_attribute = False
    min_length = _number(_("Characters at least"), _("From 8 to 128. Length helps more than anything else."), 8, 128)
    min_classes = _number(
        _("Kinds of characters"),
        _("How many of: small letters, capital letters, digits, others. 0: any will do."),
        *(0, 4),
    )
    history = _number(_("Former passwords that can't come again"), _("0: any may come again. At most 24."), 0, 24)
    expires_after_days = _number(
        _("Days that a password holds"), _("0: for ever. An expired one switches the accounts off."), 0, 3650
    )
    warn_before_days = _number(_("Days before that with a mail"), _("0: no mail."), 0, 90)
    lock_after = _number(_("Wrong tries that lock"), _("0: never. Tries are counted until the right one."), 0, 100)
    lock_minutes = _number(
        _("Minutes that a lock lasts"), _("An administrator, or a new password, ends it before."), 1, 1440
    )
    mail = forms.BooleanField(
        label=_("Mail who becomes active"),
        required=False,
        help_text=_("A link for setting a password. Files, imports and batches ask each time."),
    )
    link_hours = _number(_("Hours that a link holds"), _("From 1 to 720. A newer link ends the one before."), 1, 720)

    @staticmethod
    def initial_of(settings: Settings) -> dict[str, Any]:
        return asdict(settings.password) | asdict(settings.activation)

    def policy(self) -> PasswordPolicy:
        """The rules as far as what was typed can be read; its default for a field that can't."""
        self.full_clean()
        given = {
            name: value for name, value in self.cleaned_data.items() if name in PasswordPolicy.__dataclass_fields__
        }
        return PasswordPolicy(**given)

    def changes(self) -> dict[str, Any]:
        """As the command takes them."""
        given = self.cleaned_data
        activation = {"mail": given["mail"], "link_hours": given["link_hours"]}
        return {"password": asdict(PasswordPolicy(**{name: given[name] for name in given if name not in activation})),
                "activation": activation}  # fmt: skip
