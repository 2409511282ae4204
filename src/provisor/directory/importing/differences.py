"""An account's values beside the directory's, field by field: what an update would change, before anybody confirms it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisor.directory.commands import values as columns
from provisor.directory.models import User
from provisor.directory.shapes import FIELDS

NAMES = ("username", "email")  # by which people sign in and accounts are found: only where it is asked for


def differences(user: User, values: Mapping[str, Any], *, names: bool = True) -> list[dict[str, Any]]:
    """`{name, from, to}` for each value that the account has otherwise. What it has no value for stays as it is. `names`:
    user name and e-mail too."""
    found: list[dict[str, Any]] = []
    for name, value in values.items():
        if name not in FIELDS or (name in NAMES and not names):
            continue
        held = getattr(user, FIELDS[name])
        if name == "attributes":
            parts = [(f"attributes.{part}", held.get(part), wanted) for part, wanted in value.items()]
            found += [{"name": path, "from": was, "to": to} for path, was, to in parts if was != to]
        elif held != value:
            found.append({"name": name, "from": columns.as_shown(held), "to": value})
    return sorted(found, key=lambda each: str(each["name"]))


def wanted_changes(user: User, values: Mapping[str, Any], *, names: bool) -> dict[str, Any]:
    """The same as the body of an update: only what differs."""
    changed = {each["name"].partition(".")[0] for each in differences(user, values, names=names)}
    return {name: value for name, value in values.items() if name in changed}
