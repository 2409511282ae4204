"""What the organisation says of custom attributes, and whether a value fits. An attribute without a schema holds anything.

`known` reads the schemas; `held` also keeps them from changing until the transaction ends: whoever writes values asks it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from provisor.applications import attribute_types
from provisor.core.expression_functions import as_text
from provisor.directory.custom_attributes.models import AttributeType, CustomAttribute, EditableBy
from provisor.errors import Invalid, NotFound
from provisor.text import key_fits, unique_key

Values = Mapping[str, Any]
UNIQUE = frozenset({AttributeType.TEXT, AttributeType.NUMBER, AttributeType.DATE})  # the types that can be unique


@dataclass(frozen=True)
class Definition:
    """The schema of one custom attribute."""

    name: str
    type: str
    label: str = ""
    description: str = ""
    choices: Sequence[str] = ()
    unique: bool = False
    editable_by: str = EditableBy.ADMINISTRATOR

    @property
    def title(self) -> str:
        """What people read."""
        return self.label or self.name


Schema = Mapping[str, Definition]


def definition_of(row: CustomAttribute) -> Definition:
    return Definition(row.name, row.type, row.label, row.description, tuple(row.choices), row.unique, row.editable_by)


def rows() -> QuerySet[CustomAttribute]:
    """Every schema's row, by name."""
    return CustomAttribute.objects.order_by("name")


def known() -> dict[str, Definition]:
    """Every schema by the attribute's name, in the order of names."""
    return {row.name: definition_of(row) for row in rows()}


def get(name: str) -> CustomAttribute:
    """One schema's row. Raises NotFound."""
    row = None if "\x00" in name else CustomAttribute.objects.filter(name=name).first()
    if row is None:
        raise NotFound(_("There is no schema for an attribute of this name."))
    return row


def held() -> dict[str, Definition]:
    """The same, and nobody changes one before the transaction ends."""
    attribute_types.held()
    return known()


def editable_by_users() -> dict[str, Definition]:
    """Those that people may change of their own."""
    return {name: one for name, one in known().items() if one.editable_by == EditableBy.USER}


def checked(schema: Schema, attributes: Values) -> dict[str, Any]:
    """The values as they are kept; an empty one is None. Raises Invalid naming each `attributes.<name>` that doesn't fit."""
    wrong: dict[str, str] = {}
    kept = dict(attributes)
    for name in attributes.keys() & schema.keys():
        try:
            kept[name] = fitting(schema[name], attributes[name])
        except ValueError as error:
            wrong[f"attributes.{name}"] = str(error)
    if wrong:
        raise Invalid(wrong)
    return kept


def fitting(definition: Definition, value: Any) -> Any:
    """The value as it is kept, None for an empty one. Raises ValueError in words for people."""
    if value is None or value in ("", []):
        return None
    found = _TYPES[definition.type](definition, value)
    if definition.unique and not key_fits(key_of(found)):
        raise ValueError(_("This is too long once its characters are written out in full."))
    return found


def key_of(value: Any) -> str:
    """What two values have in common that count as the same."""
    return unique_key(as_text(value).strip())


def from_text(definition: Definition, text: str) -> Any:
    """The value that somebody typed into a cell or field. What can't be one is given back as it is, to be refused."""
    plain = text.strip()
    if definition.type == AttributeType.NUMBER:
        return _number_of(plain)
    if definition.type == AttributeType.BOOLEAN:
        return _TRUTHS.get(plain.casefold(), text)
    if definition.type == AttributeType.LIST:
        return [part.strip() for part in text.replace("\n", ";").split(";") if part.strip()]
    return text if definition.type == AttributeType.TEXT else plain


def as_typed(definition: Definition, value: Any) -> str:
    """The text from which `from_text` makes the value again."""
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return as_text(value) if not isinstance(value, dict) else str(value)


_TRUTHS = {**dict.fromkeys(("true", "yes", "1", "on"), True), **dict.fromkeys(("false", "no", "0", "off"), False)}


def _number_of(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _text(_definition: Definition, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(_("This must be text."))
    return value


def _number(_definition: Definition, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**53:
        raise ValueError(_("This must be a number."))
    return value


def _boolean(_definition: Definition, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(_("This must be true or false."))
    return value


def _date(_definition: Definition, value: Any) -> str:
    try:
        found = date.fromisoformat(value if isinstance(value, str) else "").isoformat()
    except ValueError:
        found = ""
    if not found or found != value:
        raise ValueError(_("This must be a date such as 2026-01-31."))
    return found


def _choice(definition: Definition, value: Any) -> str:
    if value not in definition.choices:
        raise ValueError(_("This must be one of: %s.") % ", ".join(definition.choices))
    return str(value)


def _list(_definition: Definition, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value) or len(value) > 50:
        raise ValueError(_("This must be a list of at most 50 texts."))
    return value


_TYPES: Mapping[str, Callable[[Definition, Any], Any]] = {
    AttributeType.TEXT: _text,
    AttributeType.NUMBER: _number,
    AttributeType.BOOLEAN: _boolean,
    AttributeType.DATE: _date,
    AttributeType.CHOICE: _choice,
    AttributeType.LIST: _list,
}
