"""Words of the SP form as fields: a value as text for its control, and what was typed as a value. Whether it may stand is
decided by core.form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from provisor.errors import Invalid

BETWEEN = "="


def as_text(value: Any, kind: str) -> str:
    """How a value stands in its control: a list has an element a line, a map a name and its value a line."""
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "list":
        return "\n".join(value)
    if kind == "map":
        return "\n".join(f"{name} {BETWEEN} {text}" for name, text in value.items())
    return str(value)


def as_value(text: str, word: Mapping[str, Any]) -> Any:
    """What was typed for a word, as the form takes it. Raises Invalid naming "value"."""
    kind, text = word["kind"], text.replace("\r\n", "\n").strip()
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind == "integer":
        return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else text
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if kind == "list":
        return lines
    return dict(map(_pair, lines)) if kind == "map" else text


def _pair(line: str) -> tuple[str, str]:
    name, between, value = line.partition(BETWEEN)
    if not (between and name.strip()):
        raise Invalid({"value": _("A line reads: name = value. This one doesn't: %(line)s") % {"line": line[:80]}})
    return name.strip(), value.strip()


def in_words(value: Any, kind: str) -> str:
    """A value as people read it."""
    if kind == "boolean":
        return _("yes") if value else _("no")
    if not value and kind in ("list", "map"):
        return _("none")
    if kind == "list":
        return ", ".join(value)
    if kind == "map":
        return as_text(value, kind)
    return str(value) if value not in ("", None) else _("empty")
