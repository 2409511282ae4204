"""The SP form: how this service provider wants things said. Data, so that no code asks who the SP is.

It comes from three places, later ones win: the default, what was learned from the SP's behaviour (D2), and
`settings.form`, which a person wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Form:
    """`update`: "patch" or "put". `value_path`: understands `emails[type eq "work"].value`. `filter_*`: can look up by it.
    `external_id`: keeps what we sent as externalId. `page`: how many to ask for at once (P5)."""

    update: str = "patch"
    value_path: bool = True
    filter_user_name: bool = True
    filter_email: bool = True
    filter_external_id: bool = True
    external_id: bool = True
    page: int = 100


class InvalidForm(ValueError):
    """An override is not in the vocabulary; the message names it."""


def make(learned: Mapping[str, Any], overrides: Mapping[str, Any]) -> Form:
    """The form in force. Raises InvalidForm for an override that is not in the vocabulary; what was learned by another
    version and is unknown here is left out."""
    check(overrides)
    known = {field.name for field in fields(Form)}
    return Form(**{name: value for name, value in {**learned, **overrides}.items() if name in known})


def check(overrides: Mapping[str, Any]) -> None:
    """Raises InvalidForm unless every override is a known name with a value of its type."""
    defaults = asdict(Form())
    for name, value in overrides.items():
        if name not in defaults:
            raise InvalidForm(f"form.{name}: unknown; known are {', '.join(sorted(defaults))}.")
        if type(value) is not type(defaults[name]):
            raise InvalidForm(f"form.{name}: {type(defaults[name]).__name__} expected.")
    if overrides.get("update", "patch") not in ("patch", "put"):
        raise InvalidForm("form.update: patch or put.")
    if not 1 <= overrides.get("page", 100) <= 1000:
        raise InvalidForm("form.page: 1 to 1000.")
