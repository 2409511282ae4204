"""An application's settings (the contract's vocabulary): their defaults, how a change is merged, and what is wrong
with a value. Only what was chosen is stored, so a better default in a later version reaches every application.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from provisor.core import form
from provisor.errors import Invalid

JSON = Mapping[str, Any]


@dataclass(frozen=True)
class RateLimit:
    """At most `requests` in any `per_seconds` seconds."""

    requests: int
    per_seconds: int


@dataclass(frozen=True)
class Guard:
    """How many destructive changes may flow without a person: the larger of the two, in 24 hours."""

    max_percent: float = 5
    max_count: int = 5


@dataclass(frozen=True)
class Settings:
    """All settings of one application. `reconcile_every` in minutes, 0 is off. `delete_after_days`: so long after it was
    deactivated an account is deleted, 0 is never."""

    push_passwords: bool = False
    manage_groups: bool = False
    deprovision: str = "deactivate"
    delete_after_days: int = 0
    takeover: str = "exact"
    drift: str = "repair"
    rate_limit: RateLimit | None = None
    concurrency: int = 8
    guard: Guard = Guard()
    reconcile_every: int = 1440
    form: JSON = field(default_factory=dict)


# A change of one of these can change what is sent for accounts that are in order or held now.
SENT_DIFFERENTLY = frozenset({"push_passwords", "manage_groups", "deprovision", "takeover", "form"})


def from_stored(stored: JSON) -> Settings:
    """The settings that `stored`, an application's row, stands for: what it leaves out has its default."""
    values = dict(stored)
    if values.get("rate_limit"):
        values["rate_limit"] = RateLimit(**values["rate_limit"])
    if "guard" in values:
        values["guard"] = Guard(**values["guard"])
    return Settings(**values)


def as_json(stored: JSON) -> dict[str, Any]:
    """Every setting with its value, as the API shows it."""
    settings = from_stored(stored)
    limit = settings.rate_limit
    return {
        **{name: getattr(settings, name) for name in Settings.__dataclass_fields__},
        "rate_limit": limit and {"requests": limit.requests, "per_seconds": limit.per_seconds},
        "guard": {"max_percent": settings.guard.max_percent, "max_count": settings.guard.max_count},
        "form": dict(settings.form),
    }


def merged(stored: JSON, given: JSON) -> dict[str, Any]:
    """`stored` with `given` merged over it, one level deep; null takes a setting back to its default. Of `form` each word
    is one of its own: null takes that override back, null or {} in place of the whole takes back all of them.

    Raises Invalid naming every field that can't be used, such as "settings.guard.max_count"."""
    if wrong := _wrong(given):
        raise Invalid(wrong)
    both = {**stored, **given}
    if given.get("form"):
        both["form"] = _words(stored.get("form") or {}, given["form"])
    return {name: value for name, value in both.items() if value is not None}


def _words(stored: JSON, given: JSON) -> dict[str, Any]:
    return {word: value for word, value in {**stored, **given}.items() if value is not None}


def _wrong(given: JSON) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in given.items():
        check = _CHECKS.get(name)
        if check is None:
            found[f"settings.{name}"] = _("There is no such setting. Known: %s.") % ", ".join(_CHECKS)
        elif value is not None:
            found |= check(f"settings.{name}", value)
    return found


Check = Callable[[str, Any], dict[str, str]]


def _choice(*allowed: str) -> Check:
    def check(path: str, value: Any) -> dict[str, str]:
        if not isinstance(value, str) or value not in allowed:
            return {path: _("One of %s.") % ", ".join(allowed)}
        return {}

    return check


def _switch(path: str, value: Any) -> dict[str, str]:
    return {} if isinstance(value, bool) else {path: _("true or false.")}


def _whole(low: int, high: int) -> Check:
    def check(path: str, value: Any) -> dict[str, str]:
        right = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return {} if right else {path: _("A whole number from %(low)d to %(high)d.") % {"low": low, "high": high}}

    return check


def _percent(path: str, value: Any) -> dict[str, str]:
    right = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100
    return {} if right else {path: _("A number from 0 to 100.")}


def _object(required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    known = {**required, **optional}

    def check(path: str, value: Any) -> dict[str, str]:
        if not isinstance(value, dict):
            return {path: _("An object with %s.") % ", ".join(known)}
        found = {f"{path}.{name}": _("Missing.") for name in required if name not in value}
        for name, part in value.items():
            if name not in known:
                found[f"{path}.{name}"] = _("There is no such field. Known: %s.") % ", ".join(known)
            else:
                found |= known[name](f"{path}.{name}", part)
        return found

    return check


def _form(path: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {path: _("An object.")}
    try:
        form.check({word: given for word, given in value.items() if given is not None or word not in _KNOWN_WORDS})
    except form.InvalidForm as error:
        name, _colon, message = str(error).partition(": ")
        return {f"settings.{name}": message}
    return {}


_KNOWN_WORDS = frozenset(form.json_schema()["properties"])
_CHECKS: dict[str, Check] = {
    "push_passwords": _switch,
    "manage_groups": _switch,
    "deprovision": _choice("deactivate", "delete", "nothing"),
    "delete_after_days": _whole(0, 3650),
    "takeover": _choice("exact", "review", "never"),
    "drift": _choice("repair", "report", "adopt"),
    "rate_limit": _object({"requests": _whole(1, 1_000_000), "per_seconds": _whole(1, 86_400)}, {}),
    "concurrency": _whole(1, 256),
    "guard": _object({}, {"max_percent": _percent, "max_count": _whole(0, 1_000_000)}),
    "reconcile_every": _whole(0, 525_600),
    "form": _form,
}
