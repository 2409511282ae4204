"""From an account at a service provider to the values of a user: the application's mapping read backwards.

A row whose source is an attribute is read backwards; what no row says is read as the RFC's attributes mean it. Pure. Whether
a value may be the directory's is not asked here: that is the directory's law. What is no single value is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from provisor.core import resource
from provisor.core.mapping import ENTERPRISE, Row
from provisor.core.names import key

# What a SCIM attribute means where no row of the mapping says something else; the first that has a value counts.
_MEANING: Final = (
    ("userName", "username"),
    ("emails", "email"),
    ("name.givenName", "firstname"),
    ("name.middleName", "middlename"),
    ("name.familyName", "lastname"),
    ("displayName", "displayname"),
    ("name.formatted", "displayname"),
    ("title", "jobTitle"),
    ("userType", "employeeType"),
    ("locale", "locale"),
    ("preferredLanguage", "locale"),
    ("addresses", "addresses"),
    ("phoneNumbers", "phoneNumbers"),
    (f"{ENTERPRISE}:employeeNumber", "employeeIdentifier"),
    (f"{ENTERPRISE}:department", "department"),
    (f"{ENTERPRISE}:organization", "company"),
    (f"{ENTERPRISE}:costCenter", "costCenter"),
)
# Not a value of a person: an id of ours, a state, a remote id.
_NOT_READ: Final = frozenset({"id", "active", "manager"})
_ADDRESS: Final = ("type", "streetAddress", "locality", "region", "postalCode", "country")
MOST_ELEMENTS: Final = 50


@dataclass(frozen=True, slots=True)
class Found:
    """What an account says of its person. `values` are under the directory's names; `emails`: every address, the primary one
    first; `primary`: the one that is marked as such, of type work, or the only one, else ""."""

    values: dict[str, Any]
    emails: tuple[str, ...]
    primary: str


def read(raw: Mapping[str, Any], rows: Iterable[Row]) -> Found:
    """The values of the account `raw` (under the RFC's names), the mapping's `rows` read backwards."""
    emails, primary = _emails(raw)
    values: dict[str, Any] = {}
    said = set()
    for row in rows:
        if row.included and row.attribute is not None and row.attribute not in _NOT_READ:
            said.add(row.scim)
            _keep(values, row.attribute, _value(raw, row.scim))
    for path, attribute in _MEANING:
        if path not in said or attribute in ("username", "email"):
            _keep(values, attribute, _value(raw, path))
    name = values.get("username")
    if "email" not in values and isinstance(name, str) and looks_like_an_address(name):
        values["email"] = name
    return Found(values, emails, primary)


def looks_like_an_address(text: str) -> bool:
    """Whether a user name is an e-mail address, as many service providers want it."""
    local, at, domain = text.partition("@")
    return bool(local and at and "." in domain and "@" not in domain and not any(part.isspace() for part in text))


def name_is(rows: Iterable[Row]) -> str | None:
    """The directory's attribute that becomes userName; None where it is computed."""
    return next((row.attribute for row in rows if row.scim == "userName"), "username")


def _keep(values: dict[str, Any], attribute: str, value: Any) -> None:
    """The first value that is there counts."""
    if value in (None, "", []):
        return
    if not attribute.startswith("attributes."):
        values.setdefault(attribute, value)
        return
    values.setdefault("attributes", {}).setdefault(attribute.removeprefix("attributes."), value)


def _value(raw: Mapping[str, Any], path: str) -> Any:
    if path == "emails":
        emails, primary = _emails(raw)
        return primary or (emails[0] if emails else None)
    if path == "phoneNumbers":
        return list(_phones(raw))[:MOST_ELEMENTS]
    if path == "addresses":
        return list(_addresses(raw))[:MOST_ELEMENTS]
    return _single(resource.read(raw, path))


def _single(value: Any) -> str | bool | None:
    """A text, without the white space around it. A number is its text; a list or an object is no single value."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None


def _emails(raw: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    """Every address once, and the primary one: as takeover takes it, so that both judge alike."""
    listed = resource.elements(raw.get("emails"))
    marked = [element for element in listed if element.get("primary") is True]
    work = [element for element in listed if str(element.get("type") or "").lower() == "work"]
    chosen = marked or work or listed
    primary = _address_of(chosen[0]) if len(chosen) == 1 else ""
    every = [primary, *map(_address_of, listed)]
    return tuple({key(address): address for address in every if address}.values()), primary


def _address_of(element: Mapping[str, Any]) -> str:
    value = element.get("value")
    return value.strip() if isinstance(value, str) else ""


def _phones(raw: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for element in resource.elements(raw.get("phoneNumbers")):
        number = _single(element.get("value"))
        if isinstance(number, str):
            yield _present({"type": _single(element.get("type")), "number": number})


def _addresses(raw: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A type alone is no address."""
    for element in resource.elements(raw.get("addresses")):
        shown = _present({name: _single(element.get(name)) for name in _ADDRESS})
        if shown.keys() - {"type"}:
            yield shown


def _present(element: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in element.items() if isinstance(value, str)}
