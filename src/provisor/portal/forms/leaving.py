"""When a user is suspended: now, or at a time."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from provisor.portal.forms.pausing import FORMATS

NOW, LATER = "now", "later"


class Suspension(forms.Form):
    """`at` is meant in the organisation's time zone."""

    use_required_attribute = False
    when = forms.ChoiceField(label=_("When"), choices=[(NOW, _("Now")), (LATER, _("At a time"))], required=False)
    at = forms.DateTimeField(
        label=_("Time"),
        required=False,
        input_formats=FORMATS,
        error_messages={"invalid": _("A day and a time, such as 2030-01-31 18:00.")},
        widget=forms.DateTimeInput({"type": "datetime-local", "autocomplete": "off"}, format="%Y-%m-%dT%H:%M"),
    )

    def clean(self) -> dict[str, object]:
        """A time that is wanted has to be there; a time alone means it."""
        cleaned: dict[str, object] = super().clean() or {}
        if cleaned.get("when") == LATER and not cleaned.get("at") and "at" not in self.errors:
            self.add_error("at", str(_("Say when.")))
        return cleaned

    @property
    def planned(self) -> datetime | None:
        """The time, or None for now."""
        at: datetime | None = self.cleaned_data.get("at")
        return at if self.cleaned_data.get("when") == LATER else None
