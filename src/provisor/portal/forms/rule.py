"""The rule of a group, the filter of an application, and what an assigned group gives, as forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from provisor.applications.scopes.evaluating import LONGEST
from provisor.core.group_values import HIGHEST, LOWEST


def _condition(**more: Any) -> forms.CharField:
    attributes = {"rows": "4", "spellcheck": "false", "autocomplete": "off", "class": "mono"}
    return forms.CharField(max_length=LONGEST, widget=forms.Textarea(attributes), **more)


class RuleForm(forms.Form):
    use_required_attribute = False
    expression = _condition(
        label=gettext_lazy("Who is in this group"),
        error_messages={"required": gettext_lazy('Write a condition, such as user.department == "Sales".')},
        help_text=gettext_lazy('Such as user.department == "Sales" && user.state == "active".'),
    )
    review = forms.BooleanField(
        label=gettext_lazy("Ask before anybody comes or goes"),
        required=False,
        help_text=gettext_lazy("Later changes of people wait on this page too, until somebody approves them."),
    )


class ScopeForm(forms.Form):
    use_required_attribute = False
    scope = _condition(
        label=gettext_lazy("Who of the assigned is sent"),
        required=False,
        help_text=gettext_lazy('Such as user.location == "Germany". Empty: everybody who is assigned.'),
    )


class ValuesForm(forms.Form):
    use_required_attribute = False
    values = forms.CharField(
        label=gettext_lazy("Values, one a line"),
        required=False,
        widget=forms.Textarea({"rows": "3", "spellcheck": "false", "autocomplete": "off", "class": "mono"}),
        help_text=gettext_lazy("Such as role = editor. Several texts: licence = pro | mail"),
    )
    priority = forms.IntegerField(
        label=gettext_lazy("Priority"),
        min_value=LOWEST,
        max_value=HIGHEST,
        required=False,
        help_text=gettext_lazy("Where several groups say something under one name, the highest number wins."),
    )

    def clean_values(self) -> dict[str, Any]:
        """As the API takes them."""
        values: dict[str, Any] = {}
        for number, line in enumerate(self.cleaned_data["values"].splitlines(), 1):
            if not line.strip():
                continue
            name, sign, text = (part.strip() for part in line.partition("="))
            if not (name and sign and text):
                raise forms.ValidationError(_("Line %(number)s: write name = text.") % {"number": number})
            values[name] = [part.strip() for part in text.split("|") if part.strip()] if "|" in text else text
        return values

    def clean_priority(self) -> int:
        return self.cleaned_data["priority"] or 0


def as_lines(values: Mapping[str, Any]) -> str:
    """Values as the form takes them."""
    return "\n".join(f"{name} = {_line(value)}" for name, value in values.items())


def _line(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    return " | ".join(value) if len(value) > 1 else f"{value[0]} |"
