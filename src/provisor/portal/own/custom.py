"""A custom attribute as a field of one's own profile, by its schema (directory/custom_attributes/__init__.py)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from provisor.directory.custom_attributes import Definition, as_typed, from_text
from provisor.directory.models import AttributeType


def name_of(definition: Definition) -> str:
    """The field's name, as the column's."""
    return f"attribute.{definition.name}"


def field(definition: Definition) -> forms.CharField:
    """Takes text; what can't be a value is refused by the command, in words."""
    made = forms.CharField(
        label=definition.title, required=False, strip=True, widget=_widget(definition), help_text=_hint(definition)
    )
    made.optional = True  # type: ignore[attr-defined]
    return made


def typed(definition: Definition, value: Any) -> str:
    """A value as the field shows it."""
    return "" if value is None else as_typed(definition, value)


def value(definition: Definition, text: str) -> Any:
    """What was typed, as a value; None for an empty one."""
    return from_text(definition, text) if text else None


def _widget(definition: Definition) -> forms.Widget:
    none = ("", "–")
    if definition.type == AttributeType.BOOLEAN:
        return forms.Select(choices=[none, ("true", _("Yes")), ("false", _("No"))])
    if definition.type == AttributeType.CHOICE:
        return forms.Select(choices=[none, *((one, one) for one in definition.choices)])
    more = {AttributeType.DATE: {"type": "date"}, AttributeType.NUMBER: {"inputmode": "decimal"}}
    return forms.TextInput({"autocomplete": "off", **more.get(AttributeType(definition.type), {})})


def _hint(definition: Definition) -> str:
    if definition.type == AttributeType.LIST:
        return " ".join([definition.description, _("Several, with semicolons between them.")]).strip()
    return definition.description
