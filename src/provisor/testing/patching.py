"""Applying a PATCH, by the letter of RFC 7644 3.5.2, to a resource kept as plain JSON.

It shares no code with the part of Provisor that computes patches, so that the two can test each other. Nothing is
changed in place: a refused operation leaves the resource as it was, whatever came before it in the same request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from provisor.testing.errors import ScimError, invalid_value, mutability
from provisor.testing.filters import Target, parse_path
from provisor.testing.schema import Attribute, ResourceSchema, canonical_object, canonical_value, schemas_of

Resource = dict[str, Any]


def apply_patch(
    resource: Mapping[str, Any], operations: Sequence[Mapping[str, Any]], schema: ResourceSchema
) -> Resource:
    """`resource` after all `operations`, in order. Raises ScimError 400 with invalidSyntax, invalidPath, invalidValue,
    noTarget or mutability; then none of them counts."""
    patched = dict(resource)
    for operation in operations:
        patched = _apply(patched, operation, schema)
    return {**patched, "schemas": schemas_of(patched, schema)}


def _apply(resource: Resource, operation: Mapping[str, Any], schema: ResourceSchema) -> Resource:
    op = str(operation.get("op", "")).lower()
    if op not in _CHANGES:
        raise ScimError(400, "invalidSyntax", f"{op!r} isn't an operation: use add, replace or remove.")
    path, value = operation.get("path"), operation.get("value")
    if op == "add" and value is None:
        raise invalid_value("An add needs a value.")
    if path:
        return _write(op, resource, parse_path(path, schema), value, schema)
    if op == "remove":
        raise ScimError(400, "noTarget", "A remove needs a path.")
    return _write_each(op, resource, value, schema, prefix="")


def _write_each(op: str, resource: Resource, value: Any, schema: ResourceSchema, *, prefix: str) -> Resource:
    if not isinstance(value, dict):
        raise invalid_value("Without an attribute in the path, the value must be an object of attributes.")
    for name, inner in value.items():
        if name.lower() != "schemas":
            resource = _write(op, resource, parse_path(prefix + name, schema), inner, schema)
    return resource


def _write(op: str, resource: Resource, target: Target, value: Any, schema: ResourceSchema) -> Resource:
    if target.attribute is None:
        return _write_extension(op, resource, target, value, schema)
    _refuse_unwritable(op, target)
    holder: Mapping[str, Any] = resource if target.urn is None else resource.get(target.urn, {})
    name = target.attribute.name
    before = holder.get(name)
    after = _settle_primary(before, _CHANGES[op](before, target, value), target.attribute)
    if after in (None, [], {}) and target.attribute.required:
        raise mutability(target.name, "is required and can't be removed")
    return _put(resource, target.urn, name, after)


def _write_extension(op: str, resource: Resource, target: Target, value: Any, schema: ResourceSchema) -> Resource:
    if op == "remove" or value is None:
        return {key: inner for key, inner in resource.items() if key != target.urn}
    return _write_each(op, resource, value, schema, prefix=f"{target.urn}:")


def _put(resource: Resource, urn: str | None, name: str, value: Any) -> Resource:
    if urn is None:
        kept = {**resource, name: value}
        if value in (None, [], {}):
            del kept[name]
        return kept
    return _put(resource, None, urn, _put(dict(resource.get(urn, {})), None, name, value))


def _refuse_unwritable(op: str, target: Target) -> None:
    attribute, sub = target.attribute, target.sub
    if (attribute and attribute.mutability == "readOnly") or (sub and sub.mutability == "readOnly"):
        raise mutability(target.name, "is read-only")
    if sub and sub.mutability == "immutable" and op != "add":
        raise mutability(target.name, "can't be changed once it is set")


def _added(current: Any, target: Target, value: Any) -> Any:
    """RFC 7644 3.5.2.1."""
    attribute = _attribute(target)
    if target.where:
        return _each_match(current, target, lambda element: {**element, **_part(target, value)})
    if target.sub:
        return _with_sub(current, target, value)
    settled = _checked(canonical_value(value, attribute), attribute)
    if attribute.multi:
        return _appended(current or [], settled, attribute)
    return {**(current or {}), **settled} if attribute.subs else settled


def _replaced(current: Any, target: Target, value: Any) -> Any:
    """RFC 7644 3.5.2.3. A null or empty value unassigns (RFC 7643 2.5)."""
    attribute = _attribute(target)
    if value is None:
        return _removed(current, target, None)
    if target.where and not target.sub:
        return _each_match(current, target, lambda _: _part(target, value))
    if attribute.multi and not target.where and not target.sub:
        return _checked(canonical_value(value, attribute), attribute)
    return _added(current, target, value)


def _removed(current: Any, target: Target, value: Any) -> Any:
    """RFC 7644 3.5.2.2. A value, if there is one, doesn't matter: without a filter everything goes."""
    if current is None or (target.where is None and target.sub is None):
        return None
    if not isinstance(current, list):
        return _without(current, target)
    hits = target.where.hits(current) if target.where else [True] * len(current)
    if not target.sub:
        return [element for element, hit in zip(current, hits, strict=True) if not hit]
    cleared = [_without(element, target) if hit else element for element, hit in zip(current, hits, strict=True)]
    return [element for element in cleared if element]


def _without(element: Any, target: Target) -> Any:
    return {name: value for name, value in element.items() if target.sub and name != target.sub.name}


_CHANGES: Mapping[str, Callable[[Any, Target, Any], Any]] = {
    "add": _added,
    "replace": _replaced,
    "remove": _removed,
}


def _attribute(target: Target) -> Attribute:
    assert target.attribute is not None
    return target.attribute


def _part(target: Target, value: Any) -> Resource:
    """What `value` says about one element: its sub-attribute alone, or the element as a whole."""
    if target.sub:
        return {target.sub.name: value}
    if not isinstance(value, dict):
        raise invalid_value(f"An element of {target.name} must be an object.")
    return canonical_object(value, _attribute(target).subs)


def _each_match(current: Any, target: Target, change: Callable[[Resource], Resource]) -> list[Any]:
    assert target.where is not None
    hits = target.where.hits(current or [])
    if not any(hits):
        raise ScimError(400, "noTarget", f"No element of {target.name} matches the filter in the path.")
    return [change(element) if hit else element for element, hit in zip(current, hits, strict=True)]


def _with_sub(current: Any, target: Target, value: Any) -> Any:
    part = _part(target, value)
    if not _attribute(target).multi:
        return {**(current or {}), **part}
    return [{**element, **part} for element in current or [{}]]


def _checked(value: Any, attribute: Attribute) -> Any:
    for element in value if attribute.multi else [value]:
        if attribute.subs and not isinstance(element, dict):
            raise invalid_value(f"{attribute.name} must be made of objects.")
    return value


def _appended(current: list[Any], values: list[Any], attribute: Attribute) -> list[Any]:
    """Values that are there already aren't added again (RFC 7644 3.5.2.1)."""
    known = {_identity(element, attribute) for element in current}
    fresh = {key: value for value in values if (key := _identity(value, attribute)) not in known}
    return [*current, *fresh.values()]


def _identity(element: Any, attribute: Attribute) -> bytes:
    """What makes an element itself. A reference is its `value`: type and $ref are filled in by the provider."""
    if "$ref" in attribute.subs:
        element = element.get("value")
    return orjson.dumps(element, option=orjson.OPT_SORT_KEYS)


def _settle_primary(before: Any, after: Any, attribute: Attribute) -> Any:
    """At most one element is primary: the newly named one takes it from the old one (RFC 7644 3.5.2)."""
    if "primary" not in attribute.subs or not isinstance(after, list):
        return after
    primaries = [element for element in after if element.get("primary") is True]
    if len(primaries) < 2:
        return after
    fresh = [element for element in primaries if element not in (before or [])]
    if len(fresh) > 1:
        raise invalid_value(f"Only one element of {attribute.name} can be primary.")
    winner = (fresh or primaries)[-1]
    return [_stripped(element) if element is not winner else element for element in after]


def _stripped(element: Resource) -> Resource:
    return {**element, "primary": False} if element.get("primary") is True else element
