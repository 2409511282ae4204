"""A group as a form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class GroupForm(forms.Form):
    use_required_attribute = False
    name = forms.CharField(
        label=_("Name"),
        max_length=256,
        error_messages={"required": _("A group needs a name.")},
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=256,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=_("What it is for, for the next administrator."),
    )

    def body(self) -> dict[str, Any]:
        """As the API takes it."""
        return {"name": self.cleaned_data["name"], "description": self.cleaned_data["description"] or None}
