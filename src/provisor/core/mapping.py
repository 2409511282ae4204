"""Which attribute of a user becomes which SCIM attribute. Pure data and one function: `desired`.

A resource is flat here: `{path: value}`, where a path is a SCIM attribute ("userName"), a sub-attribute
("name.givenName") or an extension attribute by its URN. Only paths of included rows ever leave the house (D6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from provisor.core.expression import Expression, Failed, InvalidExpression, evaluate, facts_of, parse
from provisor.core.expression_functions import as_text, kind
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
VALUE_LISTS = frozenset({"roles", "entitlements"})  # lists of plain values: from a text, or from a list of texts
MULTI_VALUED = frozenset({"emails", "phoneNumbers", "addresses"}) | VALUE_LISTS
TARGETS = frozenset(
    (
        *("externalId", "userName", "name.givenName", "name.familyName", "name.middleName", "name.formatted"),
        *("name.honorificPrefix", "name.honorificSuffix", "displayName", "nickName", "profileUrl", "title", "userType"),
        *("preferredLanguage", "locale", "timezone", "active", "emails", "phoneNumbers", "addresses"),
        *VALUE_LISTS,
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
    """One line of the attribute table. What it sends comes from an attribute, from an expression, or is a constant."""

    scim: str
    attribute: str | None = None
    constant: Any = None
    expression: Expression | None = None
    required: bool = False
    included: bool = True
    when: str = "always"


@dataclass(frozen=True, slots=True)
class Failure:
    """A row whose expression gives nothing that can be sent for one user, and why."""

    scim: str
    why: str

    def __str__(self) -> str:
        return f"{self.scim}: {self.why}"


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
    """The user's resource as it should be: `{path: value}`; what the user has no value for is left out (A6), and so is
    what an expression fails for. `external_id`: the user attribute that becomes externalId, where the SP form says another
    than the id."""
    wanted = {row.scim: _tried(user, row) for row in rows if row.included}
    if external_id != "id" and "externalId" in wanted:
        wanted["externalId"] = _plain(user, external_id) or user.id
    return {path: value for path, value in wanted.items() if value not in (None, "", [])}


def failures(user: User, rows: Iterable[Row]) -> tuple[Failure, ...]:
    """The included rows whose expressions fail for this user."""
    return tuple(
        Failure(row.scim, why) for row in rows if row.included and row.expression and (why := _failure(user, row))
    )


def _tried(user: User, row: Row) -> Any:
    try:
        return _value(user, row)
    except Failed:
        return None


def _failure(user: User, row: Row) -> str | None:
    try:
        _value(user, row)
    except Failed as error:
        return str(error)
    return None


def managed(rows: Iterable[Row]) -> tuple[str, ...]:
    """The paths that we own at the SP: those of included rows that are kept up to date."""
    return tuple(row.scim for row in rows if row.included and row.when == "always")


def only_on_create(rows: Iterable[Row]) -> frozenset[str]:
    """The paths that are sent when an account is created, and left alone afterwards."""
    return frozenset(row.scim for row in rows if row.included and row.when == "create")


def _value(user: User, row: Row) -> Any:
    """What the row sends of this user. Raises Failed where its expression gives nothing that fits."""
    if row.expression is not None:
        value = _fitting(_evaluated(user, row.expression), row)
    elif row.attribute is None:
        value = row.constant
    else:
        value = _of_attribute(user, row)
    shape = _SHAPES.get(row.scim)
    return shape(value) if shape and value else value


def _of_attribute(user: User, row: Row) -> Any:
    attribute = str(row.attribute)
    special = _SPECIAL.get(attribute)
    if special is None and row.scim in VALUE_LISTS:
        return _custom(user, attribute) if attribute.startswith("attributes.") else user.values.get(attribute)
    return special(user) if special else _plain(user, attribute)


def _evaluated(user: User, expression: Expression) -> Any:
    own = {"id": user.id, "state": user.state, "password_status": user.password_status, "active": user.active}
    return evaluate(expression, facts_of({**user.values, **own}, user.groups, user.group_values))


def _fitting(value: Any, row: Row) -> Any:
    """The value of an expression, if it fits the SCIM attribute. An attribute that every account needs can't be empty."""
    if isinstance(value, list) and row.scim not in VALUE_LISTS:
        raise Failed('It gives a list; one text is needed, as join(list, ", ") makes it.')
    if isinstance(value, bool) and (row.required or row.scim in VALUE_LISTS):
        raise Failed(f"It gives {kind(value)}; a text is needed.")
    if row.required and value in (None, ""):
        raise Failed("It gives nothing, and every account needs a value here.")
    return value if isinstance(value, bool | list) or value is None else as_text(value)


def _email(value: Any) -> list[dict[str, Any]]:
    return [{"value": value, "type": "work", "primary": True}]


def _values(given: Any) -> list[dict[str, Any]]:
    """Roles or entitlements: each once, the first one primary."""
    texts = dict.fromkeys(
        text for one in (given if isinstance(given, list) else [given]) if _is_single(one) and (text := as_text(one))
    )
    return [{"value": text, "primary": True} if at == 0 else {"value": text} for at, text in enumerate(texts)]


def _is_single(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


_SHAPES: Mapping[str, Callable[[Any], list[dict[str, Any]]]] = {"emails": _email, **dict.fromkeys(VALUE_LISTS, _values)}


def _plain(user: User, attribute: str) -> Any:
    return _single(_custom(user, attribute)) if attribute.startswith("attributes.") else user.values.get(attribute)


def _custom(user: User, attribute: str) -> Any:
    return (user.values.get("attributes") or {}).get(attribute.removeprefix("attributes."))


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
            "source": _source_as_json(row),
            "required": row.required,
            "included": row.included,
            "when": row.when,
        }
        for row in rows
    ]


def _source_as_json(row: Row) -> dict[str, Any]:
    if row.expression is not None:
        return {"expression": row.expression.source}
    return {"constant": row.constant} if row.attribute is None else {"attribute": row.attribute}


def parse_rows(given: list[dict[str, Any]], types: Mapping[str, str] = MappingProxyType({})) -> tuple[Row, ...]:
    """Rows from JSON. `types`: the type of each custom attribute that has a schema (core.expression). Raises InvalidMapping
    naming every row that can't be used; locked rows must be there."""
    problems: dict[str, str] = {}
    rows: dict[str, Row] = {}
    for index, item in enumerate(given):
        try:
            row = _row(item, types)
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


def parse_row(item: Any, types: Mapping[str, str] = MappingProxyType({})) -> Row:
    """One row from JSON, taken as included. Raises ValueError."""
    return replace(_row(item, types), included=True)


def _locked(row: Row) -> str | None:
    if row.scim not in REQUIRED:
        return None
    if not row.included or row.when != "always":
        return "This row is locked: it is always included."
    if row.scim in ("externalId", "active") and row != _DEFAULTS[row.scim]:
        return "This row is locked: accounts are found and ended by it, so its source can't change."
    return None


_DEFAULTS = {row.scim: row for row in DEFAULT_ROWS}


def _row(item: Any, types: Mapping[str, str]) -> Row:
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
    source = _source(item.get("source"), scim, types)
    return Row(scim, **source, required=scim in REQUIRED, included=included, when=when)


def _source(source: Any, scim: str, types: Mapping[str, str]) -> dict[str, Any]:
    if not isinstance(source, dict) or len(source) != 1:
        raise ValueError('source: {"attribute": name}, {"constant": value} or {"expression": text}.')
    ((kind, value),) = source.items()
    reads = {"constant": _constant, "attribute": _attribute}.get(kind)
    if kind == "expression":
        return {"expression": _expression(value, scim, types)}
    if reads is None:
        raise ValueError(f"source: {kind!r} isn't available; use attribute, constant or expression.")
    return {kind: reads(value, scim)}


def _expression(value: Any, scim: str, types: Mapping[str, str]) -> Expression:
    if scim in _SHAPED.values() or scim in ("externalId", "active"):
        raise ValueError(f"source: {scim} can't come from an expression.")
    if not isinstance(value, str):
        raise ValueError("source: an expression is a text.")
    try:
        return parse(value, types)
    except InvalidExpression as error:
        raise ValueError(f"source: {error.words}") from None


def _attribute(value: Any, scim: str) -> str:
    if not isinstance(value, str) or not (value in SOURCES or value.removeprefix("attributes.") not in ("", value)):
        raise ValueError(f"source: {value!r} is no attribute of a user.")
    _same_shape(value, scim)
    return value


def _constant(value: Any, scim: str) -> Any:
    if scim in _SHAPED.values() or scim in REQUIRED:
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
