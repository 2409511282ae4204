"""How names of people and groups are compared, here and everywhere."""

from __future__ import annotations

import unicodedata


def key(text: str | None) -> str:
    """How user names and e-mails are compared: NFKC and casefold (A5)."""
    return unicodedata.normalize("NFKC", text or "").casefold().strip()
