"""Applying a PATCH of SCIM 1.1 to a resource: draft-scim-api-01, section 3.3.2.

Names in `meta.attributes` are removed first. Then elements with "operation": "delete" go, simple values replace, the parts
of complex attributes are merged, and elements of lists are added, or merged into the one with the same `value`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisor.testing.errors import ScimError, invalid_value, mutability
from provisor.testing.filters import Target, parse_path
from provisor.testing.schema import Attribute, Attributes, ResourceSchema, canonical_value, schemas_of
from provisor.testing.version_1_1.reading import path

Resource = dict[str, Any]


def patched(found: Resource, body: Mapping[str, Any], schema: ResourceSchema) -> Resource:
    """`found` after the PATCH. Raises ScimError 400; then nothing of it counts."""
    gone = _removed_names(body)
    result = dict(found)
    for name in gone:
        result = _without(result, parse_path(path(name), schema))
    plain = {name.lower() for name in gone}
    for name, value in body.items():
        if name.lower() in ("schemas", "meta", "id"):
            continue
        if name.lower() in schema.extensions:
            urn, attributes = schema.extensions[name.lower()]
            result[urn] = _merged(dict(result.get(urn, {})), value, attributes, plain)
        else:
            result = _merged(result, {name: value}, schema.attributes, plain)
    settled = {name: value for name, value in result.items() if value not in (None, [], {})}
    return {**settled, "schemas": schemas_of(settled, schema)}


def _removed_names(body: Mapping[str, Any]) -> list[str]:
    meta = body.get("meta")
    names = meta.get("attributes", []) if isinstance(meta, Mapping) else []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise invalid_value("meta.attributes is a list of names.")
    return names


def _without(resource: Resource, target: Target) -> Resource:
    attribute = target.attribute
    if attribute is None or target.where is not None:
        raise invalid_value(f"{target.name} can't be removed.")
    if attribute.subs and not attribute.multi and target.sub is None:
        raise invalid_value(f"{target.name} is complex: name the part that is to go.")
    leaf = target.sub or attribute
    if (leaf is attribute and leaf.required) or leaf.mutability == "readOnly":
        raise mutability(target.name, "can't be removed")
    holder = resource.get(target.urn, {}) if target.urn else resource
    held = holder.get(attribute.name)
    left = {part: value for part, value in held.items() if part != leaf.name} if target.sub and held else None
    after = {**holder, attribute.name: left}
    after = {name: value for name, value in after.items() if value not in (None, {})}
    return {**resource, target.urn: after} if target.urn else after


def _merged(held: Resource, given: Any, attributes: Attributes, gone: set[str]) -> Resource:
    if not isinstance(given, Mapping):
        raise invalid_value("An object is expected.")
    for name, value in given.items():
        attribute = attributes.get(name.lower())
        if attribute is None:
            raise ScimError(400, "invalidSyntax", f"Attribute {name} isn't known.")
        if attribute.mutability != "readOnly":  # what is read-only is passed over
            key = attribute.name
            held = {**held, key: _after(held.get(key), value, attribute, ignoring_deletes=name.lower() in gone)}
    return held


def _after(held: Any, value: Any, attribute: Attribute, *, ignoring_deletes: bool) -> Any:
    if value is None:
        raise invalid_value(f"{attribute.name} is null: name it in meta.attributes to remove it.")
    if attribute.multi:
        return _list_after(held or [], value, attribute, ignoring_deletes=ignoring_deletes)
    settled = canonical_value(value, attribute)
    return {**(held or {}), **settled} if attribute.subs else settled


def _list_after(held: list[Any], value: Any, attribute: Attribute, *, ignoring_deletes: bool) -> list[Any]:
    if not isinstance(value, list):
        raise invalid_value(f"{attribute.name} is a list.")
    leaving = [_plain(item) for item in value if _deletes(item)]
    coming = [_plain(item) for item in value if not _deletes(item)]
    left = held if ignoring_deletes else [item for item in held if not any(_is(item, other) for other in leaving)]
    for item in canonical_value(coming, attribute):
        left = _with(left, item, attribute)
    return left


def _with(held: list[Any], item: Any, attribute: Attribute) -> list[Any]:
    """Added, or merged into the only one that has the same value; who is primary now takes it from all others."""
    if "primary" in attribute.subs and item.get("primary") is True:
        held = [{**other, "primary": False} if other.get("primary") else other for other in held]
    twins = [place for place, other in enumerate(held) if _is(other, item)]
    if len(twins) != 1:
        return held if twins and item in held else [*held, item]
    return [{**other, **item} if place == twins[0] else other for place, other in enumerate(held)]


def _deletes(item: Any) -> bool:
    if not isinstance(item, Mapping) or "operation" not in item:
        return False
    if item["operation"] != "delete":
        raise invalid_value('The only operation of an element is "delete".')
    return True


def _plain(item: Any) -> Any:
    return {name: value for name, value in item.items() if name != "operation"} if isinstance(item, Mapping) else item


def _is(one: Any, other: Any) -> bool:
    """By `value` where there is one, else by all parts."""
    if isinstance(one, Mapping) and isinstance(other, Mapping) and "value" in other:
        return bool(one.get("value") == other["value"])
    return bool(one == other)
