"""Until when an application waits, and why; and why all writes are stopped."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from provisor.applications.commands.pausing import LONGEST_REASON

FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]


class Reason(forms.Form):
    """Everybody who looks reads it."""

    use_required_attribute = False
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        required=False,
        help_text=_("Everybody who works here reads it."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )


class Pausing(Reason):
    """`until` is meant in the organisation's time zone; nothing: until somebody resumes."""

    field_order = ["until", "reason"]
    until = forms.DateTimeField(
        label=_("Until"),
        required=False,
        input_formats=FORMATS,
        help_text=_("Empty: until somebody resumes it."),
        error_messages={"invalid": _("A day and a time, such as 2030-01-31 18:00.")},
        widget=forms.DateTimeInput({"type": "datetime-local", "autocomplete": "off"}, format="%Y-%m-%dT%H:%M"),
    )
    NAMES = {"until": "until", "reason": "reason"}
