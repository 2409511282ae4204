"""From the account as it should be to the account as this SP can hold it: pure, and switched on by data alone.

What an SP can't hold is left out of what is desired, so that it is neither sent nor ever seen as a difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from provisor.core.form import Form

Flat = dict[str, Any]


def adapted(wanted: Flat, form: Form) -> Flat:
    """`wanted` as this SP takes it: filled, allowed, single-valued and formatted."""
    if not (form.attributes or form.fill or form.single_valued or form.never_sent or form.formats):
        return wanted
    filled = {**{path: value for path in form.fill if (value := _FILL[path](wanted))}, **wanted}
    return {
        path: shaped
        for path, value in filled.items()
        if not form.attributes or path in form.attributes
        if (shaped := _shaped(path, value, form)) not in (None, "", [])
    }


def allowed(paths: Iterable[str], form: Form) -> tuple[str, ...]:
    """Those of the mapping's paths that this SP is ever sent after creation, with those that are filled in."""
    found = dict.fromkeys((*paths, *form.fill))
    return tuple(
        path for path in found if (not form.attributes or path in form.attributes) and path not in form.create_only
    )


def missing(wanted: Mapping[str, Any], form: Form) -> list[str]:
    """The attributes that the SP requires and this user has no value for."""
    return [path for path in form.required if wanted.get(path) in (None, "", [])]


def _shaped(path: str, value: Any, form: Form) -> Any:
    if path in form.single_valued and isinstance(value, list):
        value = _first(value)
    if isinstance(value, list):
        return [_element(path, element, form) for element in value]
    name = form.formats.get(path)
    return FORMATS[name](value) if name and isinstance(value, str) else value


def _first(elements: list[Any]) -> list[Any]:
    """The primary element; where none is, the first."""
    primary = [element for element in elements if element.get("primary")]
    return (primary or elements)[:1]


def _element(path: str, element: Mapping[str, Any], form: Form) -> Flat:
    kept = {name: value for name, value in element.items() if f"{path}.{name}" not in form.never_sent}
    country = form.formats.get(f"{path}.country")
    if country and "country" in kept:
        kept["country"] = FORMATS[country](kept["country"])
    named = form.formats.get(path)
    if named and isinstance(kept.get("value"), str):
        kept["value"] = FORMATS[named](kept["value"])
    return {name: value for name, value in kept.items() if value not in (None, "")}


def _full_name(wanted: Mapping[str, Any]) -> str:
    given, family = wanted.get("name.givenName") or "", wanted.get("name.familyName") or ""
    return f"{given} {family}".strip() or str(wanted.get("displayName") or wanted.get("userName") or "")


def _given(wanted: Mapping[str, Any]) -> str:
    whole = str(wanted.get("displayName") or wanted.get("userName") or "")
    return whole.partition("@")[0].partition(" ")[0]


def _family(wanted: Mapping[str, Any]) -> str:
    whole = str(wanted.get("displayName") or wanted.get("userName") or "")
    return whole.partition("@")[0].rpartition(" ")[2]


_FILL: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "name.formatted": _full_name,
    "displayName": _full_name,
    "name.givenName": _given,
    "name.familyName": _family,
}


def _short_name(value: str) -> str:
    """At most 21 characters, no spaces, the part before @ of an address."""
    return re.sub(r"\s", "", value.partition("@")[0])[:21]


def _plain_text(value: str) -> str:
    """Without control characters and the signs < > ; : % (as some SPs refuse them); what they stood between stays."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f<>;:%]", " ", value).split())


def _country_code(value: str) -> str | None:
    """ISO 3166-1 alpha-2, or nothing: a country's name is not guessed at."""
    return value.upper() if re.fullmatch(r"[A-Za-z]{2}", value) else None


FORMATS: dict[str, Callable[[str], str | None]] = {
    "lower_case": str.lower,
    "no_at_sign": lambda value: value.replace("@", " ").strip(),
    "short_name_21": _short_name,
    "plain_text": _plain_text,
    "country_code": _country_code,
}
