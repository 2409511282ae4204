"""Attribute names and schema URNs are case-insensitive when read (A5): `UserName` and `USERNAME` mean userName.

The names of RFC 7643 section 4, and what turns any spelling of them into the RFC's own. Unknown names stay as they
came. Pure values.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from provisor.scim.schemas import ENTERPRISE_USER, KNOWN

_TOP: Final = (
    "schemas", "id", "externalId", "meta", "userName", "name", "displayName", "nickName", "profileUrl",
    "title", "userType", "preferredLanguage", "locale", "timezone", "active", "password", "emails",
    "phoneNumbers", "ims", "photos", "addresses", "groups", "entitlements", "roles", "x509Certificates",
    "members",
)  # fmt: skip
_SUB: Final = (
    "value", "display", "type", "primary", "$ref", "formatted", "familyName", "givenName", "middleName",
    "honorificPrefix", "honorificSuffix", "streetAddress", "locality", "region", "postalCode", "country",
    "resourceType", "created", "lastModified", "location", "version", "employeeNumber", "costCenter",
    "organization", "division", "department", "manager", "displayName",
)  # fmt: skip
MULTI_VALUED: Final = frozenset((
    "emails", "phoneNumbers", "ims", "photos", "addresses", "groups", "entitlements", "roles",
    "x509Certificates", "members",
))  # fmt: skip
_TOP_NAMES: Final = frozenset((*_TOP, *KNOWN))
_SUB_NAMES: Final = frozenset(_SUB)
_TOP_BY_KEY: Final = {name.lower(): name for name in (*_TOP, *KNOWN)}
_SUB_BY_KEY: Final = {name.lower(): name for name in _SUB}
_URN_BY_KEY: Final = {urn.lower(): urn for urn in KNOWN}
_PARENTS: Final = frozenset({"name", "meta", *MULTI_VALUED})


def canonical(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource with the RFC's names: nested, also where it came as `name.givenName` or `URN:attribute` (A14).
    Booleans that came as text are booleans (A11), a lone element of a multi-valued attribute is a list."""
    result: dict[str, Any] = {}
    for name, value in resource.items():
        if name in _TOP_NAMES and name not in result:  # the usual case, by a short way: a listing has a thousand pages
            result[name] = _value(name, value)
        else:
            _put(result, list(_way(str(name))), value)
    if isinstance(result.get("schemas"), list):
        result["schemas"] = [_urn(schema) for schema in result["schemas"]]
    return result


def boolean(value: Any) -> Any:
    """True and False where they came as text; anything else as it was."""
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    return value


def _way(name: str) -> Iterator[str]:
    """The names from the resource down to the attribute that `name` means."""
    key = name.lower()
    if key in _TOP_BY_KEY:
        yield _TOP_BY_KEY[key]
        return
    enterprise = ENTERPRISE_USER.lower()
    if key.startswith((enterprise + ":", enterprise + ".")):
        yield ENTERPRISE_USER
        yield from (_sub(part) for part in name[len(enterprise) + 1 :].split("."))
        return
    parent, dot, child = name.partition(".")
    if dot and _TOP_BY_KEY.get(parent.lower()) in ("name", "meta"):
        yield _TOP_BY_KEY[parent.lower()]
        yield _sub(child)
        return
    yield name


def _put(result: dict[str, Any], way: list[str], value: Any) -> None:
    top = way[0]
    value = _value(top, value) if len(way) == 1 else _sub_value(value)
    for name in way[:-1]:
        inner = result.get(name)
        result[name] = result = inner if isinstance(inner, dict) else {}
    kept = result.get(way[-1])
    result[way[-1]] = {**kept, **value} if isinstance(kept, dict) and isinstance(value, dict) else value


def _value(name: str, value: Any) -> Any:
    if name == "active":
        return boolean(value)
    if name in MULTI_VALUED:
        return _elements(value)
    if name in _PARENTS or name == ENTERPRISE_USER:
        return _sub_value(value)
    return value


def _elements(value: Any) -> Any:
    elements = value if isinstance(value, list) else [value] if isinstance(value, dict | str) else value
    if not isinstance(elements, list):
        return elements
    return [{"value": element} if isinstance(element, str) else _sub_value(element) for element in elements]


def _sub_value(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {
        name if name in _SUB_NAMES else _sub(str(name)): _sub_value(child) if isinstance(child, dict) else child
        for name, child in value.items()
    }
    if "primary" in inner:
        inner["primary"] = boolean(inner["primary"])
    return inner


def _sub(name: str) -> str:
    return _SUB_BY_KEY.get(name.lower(), name)


def _urn(schema: Any) -> Any:
    return _URN_BY_KEY.get(schema.lower(), schema) if isinstance(schema, str) else schema
