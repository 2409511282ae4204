"""What a service provider demands of the values of an account or a group beyond the published schemas: its own
attributes only, what must be there, one element only, formats, what can't change any more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisor.testing.attributes import among, short, value_of
from provisor.testing.errors import ScimError, invalid_value, mutability
from provisor.testing.profile import Profile

Resource = dict[str, Any]

_EMPTY: tuple[Any, ...] = (None, "", [], {})
_ALWAYS_KNOWN = ("schemas", "id", "meta")
_NO_TEXT = frozenset({"schemas", "id", "meta", "externalId", "profileUrl", "photos", "password", "$ref", "members"})

# Named as the formats of core.dialect, and written without a look at it: each says whether a text has the form.
FORMATS: Mapping[str, Callable[[str], bool]] = {
    "lower_case": lambda text: text == text.lower(),
    "no_at_sign": lambda text: "@" not in text,
    "short_name_21": lambda text: len(text) <= 21 and not re.search(r"[\s@]", text),
    "plain_text": lambda text: not re.search(r"[\x00-\x1f\x7f<>;:%]", text),
    "country_code": lambda text: bool(re.fullmatch(r"[A-Z]{2}", text)),
}


def refuse_unknown(endpoint: str, names: set[str], profile: Profile) -> None:
    """Raises for a written name that this provider doesn't know, or a part of one that it refuses."""
    users = endpoint == "Users"
    allowed = profile.attributes if users else profile.group_attributes
    identity = "userName" if users else "displayName"
    for name in sorted(names):
        if users and name in profile.refused_parts:
            raise ScimError(400, "invalidSyntax", f"{name} isn't supported.")
        if allowed and profile.unknown != "drop" and not among(name, (*allowed, *_ALWAYS_KNOWN, identity)):
            raise ScimError(400, profile.unknown, f"Attribute {name} isn't supported.")


def refuse_values(endpoint: str, old: Resource | None, new: Resource, profile: Profile) -> None:
    """Raises for what this provider takes from nobody. Only what differs from `old` is looked at, if there was one."""
    users = endpoint == "Users"
    for name in profile.required if users else profile.group_required:
        there_before = old is not None and value_of(old, name) not in _EMPTY
        if value_of(new, name) in _EMPTY and (old is None or (users and there_before)):
            raise invalid_value(f"{name} is required.")
    if endpoint == "Users":
        changed = {key: value for key, value in new.items() if old is None or old.get(key) != value}
        _refuse_further_elements(changed, profile)
        _refuse_formats(changed, profile)


def _refuse_further_elements(changed: Resource, profile: Profile) -> None:
    for name in profile.single_valued:
        value = changed.get(name)
        if isinstance(value, list) and len(value) > 1:
            raise invalid_value(f"{name} takes one value only.")


def _refuse_formats(changed: Resource, profile: Profile) -> None:
    for pair in profile.formats:
        name, _, format = pair.rpartition(":")
        for text in _all_text(changed) if name == "*" else _texts(value_of(changed, name)):
            if not FORMATS[format](text):
                raise invalid_value(f"The value of {short(name)} isn't accepted: {text!r} isn't {format}.")


def _texts(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        text = item.get("value") if isinstance(item, Mapping) else item
        if isinstance(text, str):
            yield text


def _all_text(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in _NO_TEXT:
                yield from _all_text(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _all_text(inner)
    elif isinstance(value, str):
        yield value


def refuse_changes(old: Resource, new: Resource, profile: Profile) -> None:
    """Raises for a change of what can't change after creation, and for any change of an account that is locked."""
    for name in profile.create_only:
        if value_of(old, name) != value_of(new, name):
            raise mutability(name, "can't be changed after creation")
    if profile.inactive_locked and old.get("active") is False and new.get("active") is False and _other(old, new):
        raise ScimError(400, "mutability", "The account is inactive: activate it first.")


def refuse_repeated(body: Resource, profile: Profile) -> None:
    """Raises for a PUT that holds what this provider takes in none."""
    for name in profile.put_refuses:
        if not absent(body, name):
            raise mutability(name, "isn't accepted in a PUT")


def absent(resource: Resource, name: str) -> bool:
    """True if nothing stands at `name`."""
    return value_of(resource, name) in _EMPTY


def _other(old: Resource, new: Resource) -> bool:
    ignored = ("meta", "schemas")
    return {k: v for k, v in old.items() if k not in ignored} != {k: v for k, v in new.items() if k not in ignored}
