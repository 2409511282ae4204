"""The schema of a custom attribute as a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from provisor.directory.models import AttributeType, CustomAttribute, EditableBy


class AttributeForm(forms.Form):
    """The name can't be changed later: values stand under it."""

    use_required_attribute = False
    name = forms.CharField(
        label=_("Name"),
        max_length=64,
        help_text=_("Letters, digits, “_” and “-”. It stands in expressions, files and the API, and stays."),
        error_messages={"required": _("An attribute needs a name.")},
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    label = forms.CharField(
        label=_("Label"),
        max_length=256,
        required=False,
        help_text=_("What people read in forms; the name where it is empty."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=256,
        required=False,
        help_text=_("Stands below the field."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    type = forms.ChoiceField(label=_("Type"), choices=AttributeType.choices, initial=AttributeType.TEXT)
    choices = forms.CharField(
        label=_("Choices"),
        required=False,
        max_length=60_000,
        help_text=_("For “One of a list”: one in each line."),
        widget=forms.Textarea({"rows": 4, "spellcheck": "false"}),
    )
    unique = forms.BooleanField(
        label=_("Unique"), required=False, help_text=_("No two users have the same value. For text, numbers and dates.")
    )
    by_user = forms.BooleanField(
        label=_("People may change their own"),
        required=False,
        help_text=_(
            "On their own pages. Not for what decides about access: a rule or filter that reads it follows them."
        ),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, row: CustomAttribute | None = None) -> None:
        super().__init__(data, initial=_initial(row) if row else None)
        if row:
            del self.fields["name"]

    def body(self) -> dict[str, Any]:
        """As the API takes it."""
        given = self.cleaned_data
        lines = [line.strip() for line in given["choices"].splitlines() if line.strip()]
        body: dict[str, Any] = {
            name: given[name] for name in ("name", "label", "description", "type", "unique") if name in given
        }
        choices = lines if given["type"] == AttributeType.CHOICE else []
        edited = EditableBy.USER if given["by_user"] else EditableBy.ADMINISTRATOR
        return {**body, "choices": choices, "editable_by": str(edited)}


def _initial(row: CustomAttribute) -> dict[str, Any]:
    return {
        "label": row.label,
        "description": row.description,
        "type": row.type,
        "choices": "\n".join(row.choices),
        "unique": row.unique,
        "by_user": row.editable_by == EditableBy.USER,
    }
