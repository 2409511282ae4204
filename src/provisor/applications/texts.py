"""Texts that people type: what is wrong with one that can't be kept."""

from __future__ import annotations

import unicodedata

from django.utils.translation import gettext as _

LONGEST = 256
LONGEST_TOKEN = 8192


def wrong_with(text: object, *, longest: int = LONGEST) -> str | None:
    """Why `text` can't be kept as a one-line text, or None."""
    if not isinstance(text, str):
        return _("Text expected.")
    if not text.strip():
        return _("May not be empty.")
    if text != text.strip():
        return _("May not begin or end with white space.")
    if len(text) > longest:
        return _("At most %(longest)d characters; this has %(length)d.") % {"longest": longest, "length": len(text)}
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        return _("Holds a control character.")
    return None


def wrong_with_token(token: object) -> str | None:
    """Why `token` can't stand in an Authorization header, or None. The answer never repeats the token."""
    if not isinstance(token, str) or not token:
        return _("The bearer token is missing.")
    if len(token) > LONGEST_TOKEN:
        return _("A token has at most %d characters.") % LONGEST_TOKEN
    if not all("!" <= letter <= "~" for letter in token):
        return _("A token is printable ASCII without white space or line breaks. Paste it again, without quotes.")
    return None
