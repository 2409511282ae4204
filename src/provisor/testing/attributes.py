"""Attributes by their names in a profile: "title", "name.givenName", "emails", "emails.type", "department" or, in full,
"urn:...:User:department". What stands there, putting something there, and which of them a body writes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from provisor.testing.errors import ScimError
from provisor.testing.filters import parse_path
from provisor.testing.schema import ResourceSchema

Resource = dict[str, Any]


def short(name: str) -> str:
    """A name without the URN in front of it."""
    return name.rpartition(":")[2] if name.startswith("urn:") else name


def value_of(resource: Mapping[str, Any], name: str) -> Any:
    """What stands at `name`, in the core or in an extension; None if nothing does."""
    head, _, sub = short(name).partition(".")
    for holder in _holders(resource):
        if head in holder:
            found = holder[head]
            if not sub:
                return found
            return found.get(sub) if isinstance(found, Mapping) else [item.get(sub) for item in _objects(found)]
    return None


def _holders(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield resource
    yield from (value for key, value in resource.items() if key.startswith("urn:") and isinstance(value, Mapping))


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    return (item for item in (value if isinstance(value, list) else ()) if isinstance(item, Mapping))


def with_value_of(resource: Resource, name: str, other: Mapping[str, Any], schema: ResourceSchema) -> Resource:
    """`resource` with what `other` has at `name`."""
    head, _, sub = short(name).partition(".")
    if head.lower() in schema.attributes:
        return _copied(resource, other, head, sub)
    for urn, known in schema.extensions.values():
        if head.lower() in known:
            holder = _copied(dict(resource.get(urn, {})), other.get(urn, {}), head, sub)
            kept = {key: value for key, value in resource.items() if key != urn}
            return {**kept, urn: holder} if holder else kept
    return resource


def _copied(resource: Resource, other: Mapping[str, Any], head: str, sub: str) -> Resource:
    kept = {key: value for key, value in resource.items() if key != head}
    value = other.get(head)
    if sub and (isinstance(value, Mapping) or isinstance(resource.get(head), Mapping)):
        value = _copied(dict(resource.get(head) or {}), value or {}, sub, "")
    return kept if value in (None, {}, []) else {**kept, head: value}


def written(body: Mapping[str, Any], schema: ResourceSchema) -> set[str]:
    """The names that the body of a POST or PUT writes: parts of complex attributes, and of elements, one by one."""
    return {name for key, value in body.items() for name in _named(key, value, schema)}


def written_by(operations: list[Any], schema: ResourceSchema) -> set[str]:
    """The names that the operations of a PATCH write. A path that can't be read names nothing."""
    names: set[str] = set()
    for operation in _objects(operations):
        path, value = operation.get("path"), operation.get("value")
        if path:
            names |= set(_below(_plain(str(path), schema), value))
        elif isinstance(value, Mapping):
            names |= written(value, schema)
    return names - {""}


def _plain(path: str, schema: ResourceSchema) -> str:
    try:
        target = parse_path(path, schema)
    except ScimError:
        return ""
    return target.name if target.attribute else ""


def _named(key: str, value: Any, schema: ResourceSchema) -> Iterator[str]:
    if key.lower() in schema.extensions and isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _below(name, inner)
    elif key.startswith("urn:") and not isinstance(value, Mapping):
        yield short(key)
    else:
        yield from _below(key, value)


def _below(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from (f"{name}.{part}" for part in value)
        return
    yield name
    yield from (f"{name}.{part}" for item in _objects(value) for part in item)


def among(name: str, names: Collection[str]) -> bool:
    """True if `name`, or the attribute that it is a part of, is one of `names`; a whole if one of its parts is."""
    head = name.partition(".")[0]
    known = {short(each) for each in names}
    return name in known or head in known or any(each.startswith(f"{name}.") for each in known)


def only(resource: Resource, names: Collection[str]) -> Resource:
    """`resource` without what isn't among `names`."""
    kept: Resource = {}
    for key, value in resource.items():
        if key.startswith("urn:") and isinstance(value, Mapping):
            settled: Any = only(dict(value), names)
        elif isinstance(value, Mapping):
            settled = {part: inner for part, inner in value.items() if among(f"{key}.{part}", names)}
        else:
            settled = value if among(key, names) else None
        if settled not in (None, {}):
            kept[key] = settled
    return kept
