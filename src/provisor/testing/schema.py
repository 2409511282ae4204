"""Attribute names, kinds and rights of users and groups, in tables: JSON arrives with names in any case (RFC 7643 2.1),
and what may be written, appended to or compared by case depends on the attribute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scim2_models import EnterpriseUser, Group, User

from provisor.testing.errors import invalid_value

USER_URN = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP_URN = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE_URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@dataclass(frozen=True)
class Attribute:
    """One attribute (RFC 7643 2.2): `mutability` is readWrite, readOnly, immutable or writeOnly."""

    name: str
    multi: bool = False
    mutability: str = "readWrite"
    case_exact: bool = False
    required: bool = False
    subs: Mapping[str, Attribute] = field(default_factory=dict)


Attributes = Mapping[str, Attribute]


@dataclass(frozen=True)
class ResourceSchema:
    """A resource type. Keys of `attributes` and `extensions` are lower case; an extension is (urn, attributes)."""

    name: str
    endpoint: str
    urn: str
    attributes: Attributes
    extensions: Mapping[str, tuple[str, Attributes]]


def _attribute(described: dict[str, Any]) -> Attribute:
    return Attribute(
        name=described["name"],
        multi=described["multiValued"],
        mutability=described["mutability"],
        case_exact=described["caseExact"],
        required=described["required"],
        subs=_attributes(described.get("subAttributes", ())),
    )


def _attributes(described: Any) -> Attributes:
    return {entry["name"].lower(): _attribute(entry) for entry in described}


def _of(model: Any) -> Attributes:
    return _attributes(model.to_schema().model_dump()["attributes"])


_META = ("resourceType", "created", "lastModified", "location", "version")
_COMMON: Attributes = {
    "id": Attribute("id", mutability="readOnly", case_exact=True),
    "externalid": Attribute("externalId", case_exact=True),
    "schemas": Attribute("schemas", multi=True, mutability="readOnly", case_exact=True),
    "meta": Attribute(
        "meta",
        mutability="readOnly",
        subs={name.lower(): Attribute(name, mutability="readOnly", case_exact=True) for name in _META},
    ),
}

USERS = ResourceSchema(
    name="User",
    endpoint="Users",
    urn=USER_URN,
    attributes={**_COMMON, **_of(User)},
    extensions={ENTERPRISE_URN.lower(): (ENTERPRISE_URN, _of(EnterpriseUser))},
)
GROUPS = ResourceSchema(
    name="Group", endpoint="Groups", urn=GROUP_URN, attributes={**_COMMON, **_of(Group)}, extensions={}
)
BY_ENDPOINT: Mapping[str, ResourceSchema] = {"Users": USERS, "Groups": GROUPS}


def canonical(body: Mapping[str, Any], schema: ResourceSchema) -> dict[str, Any]:
    """`body` as the service provider keeps it: names in their defined case, unassigned and read-only values left out,
    `schemas` recomputed. Names that the schema doesn't know stay as they are. Raises ScimError 400 for a value of the
    wrong kind."""
    core = {key: value for key, value in body.items() if key.lower() not in schema.extensions}
    kept = canonical_object(core, schema.attributes)
    for key, value in body.items():
        urn, attributes = schema.extensions.get(key.lower(), ("", {}))
        if urn and isinstance(value, dict) and (inside := canonical_object(value, attributes)):
            kept[urn] = inside
    return {"schemas": schemas_of(kept, schema), **kept}


def canonical_object(value: Mapping[str, Any], attributes: Attributes) -> dict[str, Any]:
    """One JSON object, its names and those below it in their defined case, nothing unassigned or read-only in it."""
    kept: dict[str, Any] = {}
    for key, inner in value.items():
        attribute = attributes.get(key.lower())
        if inner is None or (attribute and attribute.mutability == "readOnly"):
            continue
        settled = canonical_value(inner, attribute)
        if settled not in ([], {}):
            kept[attribute.name if attribute else key] = settled
    return kept


def canonical_value(value: Any, attribute: Attribute | None) -> Any:
    """One attribute's value; a single value of a multi-valued attribute becomes a list."""
    if attribute is None:
        return value
    if attribute.multi:
        listed = value if isinstance(value, list) else [value]
        return [_element(item, attribute) for item in listed if item is not None]
    return _element(value, attribute)


def _element(value: Any, attribute: Attribute) -> Any:
    if isinstance(value, dict) is not bool(attribute.subs) or isinstance(value, list):
        kind = "an object" if attribute.subs else "a single value"
        raise invalid_value(f"{attribute.name} must be {kind}.")
    return canonical_object(value, attribute.subs) if attribute.subs else value


def schemas_of(resource: Mapping[str, Any], schema: ResourceSchema) -> list[str]:
    """Core schema and the extensions that hold something."""
    return [schema.urn, *(urn for urn, _ in schema.extensions.values() if resource.get(urn))]
