"""What a service provider makes of the values it is given: lower case, trimmed, dropped, fixed; and how it shows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from provisor.testing.attributes import only, value_of, with_value_of
from provisor.testing.profile import Profile
from provisor.testing.schema import USERS

Resource = dict[str, Any]

_KEPT_ALWAYS = ("schemas", "id", "meta")


def normalised(resource: Resource, profile: Profile) -> Resource:
    """`resource` with its values in the form in which this provider keeps them."""
    if not profile.normalises:
        return resource
    if profile.trim:
        resource = _mapped(resource, str.strip)
    if profile.lowercase_user_name and isinstance(resource.get("userName"), str):
        resource = {**resource, "userName": resource["userName"].lower()}
    if profile.lowercase_emails:
        resource = _elements(resource, "emails", str.lower)
    if profile.phone_digits:
        resource = _elements(resource, "phoneNumbers", lambda number: re.sub(r"[^\d+]", "", number))
    if profile.truncate:
        resource = _mapped(
            resource, lambda text: text[: profile.truncate], ("displayName", "name", "title", "nickName")
        )
    return _filled(resource) if profile.fill_display_name else resource


def _mapped(value: Any, change: Callable[[str], str], names: tuple[str, ...] = ()) -> Any:
    if isinstance(value, Mapping):
        return {
            key: inner
            if key in ("id", "meta", "schemas", "password") or (names and key not in names)
            else _mapped(inner, change)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_mapped(inner, change) for inner in value]
    return change(value) if isinstance(value, str) else value


def _elements(resource: Resource, name: str, change: Callable[[str], str]) -> Resource:
    if not isinstance(resource.get(name), list):
        return resource
    return {**resource, name: [_changed(element, change) for element in resource[name]]}


def _changed(element: Any, change: Callable[[str], str]) -> Any:
    if isinstance(element, dict) and isinstance(element.get("value"), str):
        return {**element, "value": change(element["value"])}
    return element


def _filled(resource: Resource) -> Resource:
    name = resource.get("name")
    if resource.get("displayName") or not isinstance(name, Mapping) or "userName" not in resource:
        return resource
    made = " ".join(str(name[part]) for part in ("givenName", "familyName") if name.get(part))
    return {**resource, "displayName": made} if made else resource


def kept(resource: Resource, profile: Profile, endpoint: str = "Users") -> Resource:
    """`resource` without what this provider silently drops."""
    users = endpoint == "Users"
    keeps_external_id = profile.keep_external_id if users else profile.keep_group_external_id
    for name in profile.drop if keeps_external_id else (*profile.drop, "externalId"):
        resource = _without(resource, name)
    allowed = profile.attributes if users else profile.group_attributes
    if not allowed or profile.unknown != "drop":
        return resource
    return only(resource, (*allowed, *_KEPT_ALWAYS, "userName" if users else "displayName"))


def _without(resource: Resource, name: str) -> Resource:
    head, _, rest = name.partition(".")
    if rest and isinstance(resource.get(head), dict):
        return {**resource, head: _without(resource[head], rest)}
    left = {key: value for key, value in resource.items() if key != name}
    for urn in [key for key, value in left.items() if key.startswith("urn:") and isinstance(value, dict)]:
        left[urn] = _without(left[urn], name)
    return {key: value for key, value in left.items() if value != {}}


def as_updated(old: Resource, new: Resource, profile: Profile) -> Resource:
    """What this provider makes of an update of a user from `old` to `new`."""
    for name in ("active", *profile.ignore_updates) if profile.ignore_active else profile.ignore_updates:
        if value_of(new, name) != value_of(old, name):
            new = with_value_of(new, name, old, USERS)
    return new


def as_answered(resource: Resource, profile: Profile) -> Resource:
    """`resource` in the form in which this provider shows it."""
    if not profile.shows_otherwise:
        return resource
    hidden = not profile.active_in_answer or (resource.get("active") is True and not profile.active_true_in_answer)
    if hidden:
        resource = {key: value for key, value in resource.items() if key != "active"}
    if profile.numeric_ids and str(resource.get("id", "")).isdigit():
        resource = {**resource, "id": int(resource["id"])}
    if profile.string_booleans:
        resource = _string_booleans(resource)
    return _lowercase_names(resource) if profile.lowercase_names else resource


def _string_booleans(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _string_booleans(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_string_booleans(inner) for inner in value]
    return str(value) if isinstance(value, bool) else value


def _lowercase_names(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key.lower(): _lowercase_names(inner) for key, inner in value.items()}
    return [_lowercase_names(inner) for inner in value] if isinstance(value, list) else value


def members_as_shown(resource: Resource, profile: Profile) -> Resource:
    """A group with its members as this provider shows them: not at all, or as an empty list."""
    shown = {key: value for key, value in resource.items() if key != "members"}
    return {**shown, "members": []} if profile.members_shown == "empty" else shown
