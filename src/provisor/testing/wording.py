"""How the operations of a PATCH have to be said here: their case, their paths, booleans as text. What comes out is what
the RFC's own applier understands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisor.testing.attributes import short, value_of
from provisor.testing.errors import ScimError, invalid_value, mutability
from provisor.testing.profile import Profile

Resource = dict[str, Any]
Operation = Mapping[str, Any]

_BOOLEANS = frozenset({"active", "primary"})
_CAPITAL = ("Add", "Replace", "Remove")


def with_booleans(body: Any, profile: Profile) -> Any:
    """A body with its booleans as JSON has them. Raises for a boolean that isn't said as this provider reads it."""
    return body if profile.booleans == "json" else _settled("", body, profile)


def _settled(name: str, value: Any, profile: Profile) -> Any:
    if isinstance(value, Mapping):
        path = str(value.get("path", ""))
        about = path.rpartition(".")[2] if path else "value"
        return {key: _settled(about if key == "value" else key, inner, profile) for key, inner in value.items()}
    if isinstance(value, list):
        return [_settled(name, inner, profile) for inner in value]
    if isinstance(value, bool) and profile.booleans == "text":
        raise invalid_value(f"{name} must be the text “True” or “False”.")
    if isinstance(value, str) and short(name) in _BOOLEANS and value in ("True", "False"):
        return value == "True"
    return value


def understood(operations: list[Resource], found: Resource, endpoint: str, profile: Profile) -> list[Resource]:
    """The operations that count. Raises ScimError 400 for one that is said otherwise than this provider wants it."""
    if not profile.words_otherwise:
        return operations
    for operation in operations:
        _refuse_case(operation, profile)
        _refuse_path(operation, endpoint, profile)
        if endpoint == "Users":
            _refuse_attribute(operation, found, profile)
    return [operation for operation in operations if endpoint != "Users" or not _without_effect(operation, profile)]


def _refuse_case(operation: Operation, profile: Profile) -> None:
    op = str(operation.get("op"))
    known = {"lower": op.islower(), "capital": op in _CAPITAL}
    if not known.get(profile.op_case, True):
        raise ScimError(400, "invalidSyntax", f"{op!r} isn't an operation here.")


def _refuse_path(operation: Operation, endpoint: str, profile: Profile) -> None:
    wanted, value = profile.patch_path, operation.get("value")
    if operation.get("path"):
        if wanted == "forbidden" and endpoint == "Users" and str(operation.get("op")).lower() != "remove":
            raise ScimError(400, "invalidPath", "Paths aren't supported: name the attributes in the value.")
        return
    several = endpoint != "Users" or not isinstance(value, Mapping) or _width(value) > 1
    if wanted == "required" or (wanted == "one" and several):
        raise ScimError(400, "invalidPath", "Every operation needs a path.")


def _width(value: Mapping[str, Any]) -> int:
    """How many attributes an object writes, parts counted one by one."""
    return sum(_width(inner) if isinstance(inner, Mapping) else 1 for inner in value.values())


def _refuse_attribute(operation: Operation, found: Resource, profile: Profile) -> None:
    op, path = str(operation.get("op")).lower(), str(operation.get("path") or "")
    if op == "remove" and path in profile.unremovable:
        raise mutability(path, "can't be removed")
    if "[" in path:
        if profile.value_path in ("invalidPath", "noTarget"):
            raise ScimError(400, profile.value_path, f"{path} can't be resolved.")
        return
    if path and op == "replace" and not profile.replace_unassigned and value_of(found, path) in (None, [], {}):
        raise ScimError(400, "noTarget", f"{path} has no value to replace.")


def _without_effect(operation: Operation, profile: Profile) -> bool:
    return profile.value_path == "ignored" and "[" in str(operation.get("path") or "")
