"""Certificates and keys in forms: pasted as text, or chosen as a PEM file. A key is never sent back to a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LONGEST = 64 * 1024
FILE = "_file"  # what the name of a file's field ends in, after the name of the text's
FILES = {
    "tls_ca": _("Or a file of the authority"),
    "tls_certificate": _("Or a file of the certificate"),
    "tls_key": _("Or a file of the key"),
    "private_key": _("Or a file of the private key"),
}
_BEGINS = "-----BEGIN "


class Unshown(forms.Textarea):
    """A text area that is never sent back with what was typed into it."""

    def format_value(self, value: Any) -> str | None:
        return None


class PemFile(forms.FileField):
    """A file that has to be PEM, which is text; its content counts, and is in `text_of`."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        found = super().clean(data, initial)
        if data and text_of(data) is None:
            raise ValidationError(
                _("This file isn't PEM, which is text that begins with -----BEGIN. Convert it first.")
            )
        return found


def area(label: Any, hint: Any, *, secret: bool = False) -> Callable[[], forms.CharField]:
    """A text area for a PEM file."""
    attributes = {
        "rows": 4,
        "autocomplete": "off",
        "spellcheck": "false",
        "class": "mono",
        "placeholder": "-----BEGIN …",
    }
    widget = Unshown if secret else forms.Textarea
    return lambda: forms.CharField(
        label=label, help_text=hint, max_length=LONGEST, required=False, widget=widget(attributes)
    )


def file(label: Any) -> PemFile:
    """The field to choose a file with, beside the text area."""
    widget = forms.FileInput({"accept": ".pem,.crt,.cer,.key,application/x-pem-file"})
    return PemFile(label=label, required=False, allow_empty_file=True, widget=widget)


def text_of(upload: Any) -> str | None:
    """What an uploaded file holds, where it is PEM of a length that is looked at; else None."""
    if not upload or upload.size > LONGEST:
        return None
    upload.seek(0)
    try:
        text = str(upload.read().decode("utf-8-sig"))
    except UnicodeDecodeError:
        return None
    return text if _BEGINS in text else None
