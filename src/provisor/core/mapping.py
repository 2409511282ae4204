"""Which attribute of a user becomes which SCIM attribute. Pure data and one function: `desired`.

A resource is flat here: `{path: value}`, where a path is a SCIM attribute ("userName"), a sub-attribute
("name.givenName") or an extension attribute by its URN. Only paths of included rows ever leave the house (D6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from provisor.core.users import User

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
Attributes = Mapping[str, Any]

# The attributes of a user that a row may name. "attributes.<name>" reads a custom one.
SOURCES = frozenset(
    (
        *("id", "username", "email", "firstname", "middlename", "lastname", "displayname", "company", "department"),
        *("jobTitle", "employeeIdentifier", "employeeType", "costCenter", "location", "manager", "locale"),
        *("addresses", "phoneNumbers", "active"),
    )
)
MULTI_VALUED = frozenset({"emails", "phoneNumbers", "addresses"})
TARGETS = frozenset(
    (
        *("externalId", "userName", "name.givenName", "name.familyName", "name.middleName", "name.formatted"),
        *("name.honorificPrefix", "name.honorificSuffix", "displayName", "nickName", "profileUrl", "title", "userType"),
        *("preferredLanguage", "locale", "timezone", "active", "emails", "phoneNumbers", "addresses"),
    )
)
ENTERPRISE_TARGETS = frozenset(
    f"{ENTERPRISE}:{name}"
    for name in ("employeeNumber", "costCenter", "organization", "division", "department", "manager")
)
WHEN = frozenset({"create", "always"})


class InvalidMapping(Exception):
    """A mapping can't be used; `fields` says which row and why."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("; ".join(f"{where}: {why}" for where, why in fields.items()))
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the attribute table. `attribute` is None for a constant."""

    scim: str
    attribute: str | None = None
    constant: Any = None
    required: bool = False
    included: bool = True
    when: str = "always"


def _default(scim: str, attribute: str, **more: Any) -> Row:
    return Row(scim=scim, attribute=attribute, **more)


# The seed product's attribute table. Locked rows carry identity and access; the last block is there to be included.
DEFAULT_ROWS: tuple[Row, ...] = (
    _default("externalId", "id", required=True),
    _default("userName", "username", required=True),
    _default("emails", "email", required=True),
    _default("active", "active", required=True),
    _default("name.givenName", "firstname"),
    _default("name.familyName", "lastname"),
    _default("name.middleName", "middlename"),
    _default("displayName", "displayname"),
    _default("addresses", "addresses"),
    _default("phoneNumbers", "phoneNumbers"),
    _default(f"{ENTERPRISE}:employeeNumber", "employeeIdentifier"),
    _default(f"{ENTERPRISE}:department", "department"),
    _default(f"{ENTERPRISE}:organization", "company"),
    _default("title", "jobTitle"),
    _default(f"{ENTERPRISE}:costCenter", "costCenter", included=False),
    _default(f"{ENTERPRISE}:manager", "manager", included=False),
    _default("userType", "employeeType", included=False),
    _default("locale", "locale", included=False),
)
REQUIRED = frozenset(row.scim for row in DEFAULT_ROWS if row.required)


def desired(user: User, rows: Iterable[Row], external_id: str = "id") -> dict[str, Any]:
    """The user's resource as it should be: `{path: value}`; what the user has no value for is left out (A6).
    `external_id`: the user attribute that becomes externalId, where the SP form says another than the id."""
    wanted = {row.scim: _value(user, row) for row in rows if row.included}
    if external_id != "id" and "externalId" in wanted:
        wanted["externalId"] = _plain(user, external_id) or user.id
    return {path: value for path, value in wanted.items() if value not in (None, "", [])}


def managed(rows: Iterable[Row]) -> tuple[str, ...]:
    """The paths that we own at the SP: those of included rows that are kept up to date."""
    return tuple(row.scim for row in rows if row.included and row.when == "always")


def only_on_create(rows: Iterable[Row]) -> frozenset[str]:
    """The paths that are sent when an account is created, and left alone afterwards."""
    return frozenset(row.scim for row in rows if row.included and row.when == "create")


def _value(user: User, row: Row) -> Any:
    if row.attribute is None:
        return row.constant
    special = _SPECIAL.get(row.attribute)
    value = special(user) if special else _plain(user, row.attribute)
    return [{"value": value, "type": "work", "primary": True}] if row.scim == "emails" and value else value


def _plain(user: User, attribute: str) -> Any:
    if attribute.startswith("attributes."):
        return _single((user.values.get("attributes") or {}).get(attribute.removeprefix("attributes.")))
    return user.values.get(attribute)


def _single(value: Any) -> Any:
    """A custom attribute as a single SCIM value: a number becomes text, a list or an object has no place in one."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str | bool) else None


def _phones(user: User) -> list[dict[str, Any]]:
    return [_present({"type": p.get("type"), "value": p.get("number")}) for p in user.values.get("phoneNumbers") or ()]


def _addresses(user: User) -> list[dict[str, Any]]:
    """A type alone is no address."""
    return [kept for address in user.values.get("addresses") or () if (kept := _present(address)).keys() - {"type"}]


def _manager(user: User) -> dict[str, str] | None:
    return {"value": user.manager_remote_id} if user.manager_remote_id else None  # A15: only `value`


def _present(element: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in element.items() if value not in (None, "")}


_SPECIAL = {
    "id": lambda user: user.id,
    "active": lambda user: user.active,
    "phoneNumbers": _phones,
    "addresses": _addresses,
    "manager": _manager,
}


def rows_as_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows as the API shows and the database keeps them."""
    return [
        {
            "scim": row.scim,
            "source": {"constant": row.constant} if row.attribute is None else {"attribute": row.attribute},
            "required": row.required,
            "included": row.included,
            "when": row.when,
        }
        for row in rows
    ]


def parse_rows(given: list[dict[str, Any]]) -> tuple[Row, ...]:
    """Rows from JSON. Raises InvalidMapping naming every row that can't be used; locked rows must be there."""
    problems: dict[str, str] = {}
    rows: dict[str, Row] = {}
    for index, item in enumerate(given):
        try:
            row = _row(item)
        except ValueError as error:
            problems[f"rows.{index}"] = str(error)
            continue
        if row.scim in rows:
            problems[f"rows.{index}.scim"] = f"{row.scim} stands in two rows; one attribute has one source."
        rows[row.scim] = row
    problems |= {f"rows.{path}": "This row is locked: it can't be left out." for path in REQUIRED - rows.keys()}
    problems |= {f"rows.{row.scim}": why for row in rows.values() if (why := _locked(row))}
    if problems:
        raise InvalidMapping(problems)
    return tuple(rows.values())


def _locked(row: Row) -> str | None:
    if row.scim not in REQUIRED:
        return None
    if not row.included or row.when != "always":
        return "This row is locked: it is always included."
    if row.scim in ("externalId", "active") and row != _DEFAULTS[row.scim]:
        return "This row is locked: accounts are found and ended by it, so its source can't change."
    return None


_DEFAULTS = {row.scim: row for row in DEFAULT_ROWS}


def _row(item: Any) -> Row:
    if not isinstance(item, dict):
        raise ValueError("A row is an object with scim, source, included and when.")
    if unknown := set(item) - {"scim", "source", "required", "included", "when"}:
        raise ValueError(f"Unknown: {', '.join(sorted(map(str, unknown)))}.")
    scim, when, included = item.get("scim"), item.get("when", "always"), item.get("included", True)
    if not isinstance(scim, str) or scim not in TARGETS | ENTERPRISE_TARGETS:
        raise ValueError(f"scim: {scim!r} is no SCIM attribute that can be mapped.")
    if not isinstance(when, str) or when not in WHEN:
        raise ValueError("when: create or always.")
    if not isinstance(included, bool):
        raise ValueError("included: true or false.")
    attribute, constant = _source(item.get("source"), scim)
    return Row(scim, attribute, constant, required=scim in REQUIRED, included=included, when=when)


def _source(source: Any, scim: str) -> tuple[str | None, Any]:
    if not isinstance(source, dict) or len(source) != 1:
        raise ValueError('source: {"attribute": name} or {"constant": value}.')
    ((kind, value),) = source.items()
    if kind == "constant":
        return None, _constant(value, scim)
    if kind != "attribute":
        raise ValueError(f"source: {kind!r} isn't available; use attribute or constant.")
    if not isinstance(value, str) or not (value in SOURCES or value.removeprefix("attributes.") not in ("", value)):
        raise ValueError(f"source: {value!r} is no attribute of a user.")
    _same_shape(value, scim)
    return value, None


def _constant(value: Any, scim: str) -> Any:
    if scim in MULTI_VALUED - {"emails"} or scim in (f"{ENTERPRISE}:manager", *REQUIRED):
        raise ValueError(f"source: {scim} can't be a constant.")
    if not isinstance(value, str | bool) or (isinstance(value, str) and len(value) > 256):
        raise ValueError("source: a constant is text of at most 256 characters, or true or false.")
    return value


_SHAPED = {"addresses": "addresses", "phoneNumbers": "phoneNumbers", "manager": f"{ENTERPRISE}:manager"}


def _same_shape(attribute: str, scim: str) -> None:
    """Lists go to lists, the manager to the manager, `active` to active: anything else is a mistake."""
    wanted = _SHAPED.get(attribute)
    if (wanted and wanted != scim) or (scim in _SHAPED.values() and wanted != scim):
        raise ValueError(f"source: {attribute} doesn't fit {scim}.")
    if (attribute == "active") != (scim == "active"):
        raise ValueError(f"source: {attribute} doesn't fit {scim}.")
