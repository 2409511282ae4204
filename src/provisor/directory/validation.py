"""What a user and a group may hold: the one law for REST, CSV, the command line and whatever feeds the directory.

`NewUser`, `UserChanges`, `NewGroup` and `GroupChanges` are the bodies that callers send, under the contract's names;
`bodies.parse` reads one from plain data and names each wrong field. Text holds at most 256 characters (URLs in custom
attributes 2,048) and nothing that the database or an SP's parser would choke on. "" in an optional field clears it.
"""

from __future__ import annotations

import json
import re
import unicodedata
import uuid
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from django.utils.translation import gettext as _
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from provisor.bodies import Body, Text, Time
from provisor.text import key_fits, unique_key

LONGEST_URL = 2048
MOST_BYTES_OF_ATTRIBUTES = 64 * 1024
MOST_ENTRIES = 50
_ATTRIBUTE_NAME = re.compile(r"[\w-]{1,64}\Z")


def _one_line(text: str) -> str:
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        raise ValueError(_("This holds a control character, such as a line break."))
    return text


def _name(text: str) -> str:
    """Names that carry uniqueness: white space around them would make two of one."""
    if text != text.strip():
        raise ValueError(_("This begins or ends with white space."))
    if not text:
        raise ValueError(_("This may not be empty."))
    if not key_fits(unique_key(text)):
        raise ValueError(_("This is too long once its characters are written out in full."))
    return text


def _address(text: str) -> str:
    local, at, domain = text.partition("@")
    labels = domain.split(".")
    if not (local and at and all(labels)) or "@" in domain or any(letter.isspace() for letter in text):
        raise ValueError(_("This is no e-mail address: it has one @ and a domain, such as ada@example.com."))
    return text


def _or_none(text: str | None) -> str | None:
    return text or None


Line = Annotated[Text, AfterValidator(_one_line)]
Name = Annotated[Line, AfterValidator(_name)]
Email = Annotated[Name, AfterValidator(_address)]
Clearable = Annotated[Line | None, AfterValidator(_or_none)]
ClearableText = Annotated[Text | None, AfterValidator(_or_none)]


class ByUsername(Body):
    """A user, named by username."""

    username: Text


def _manager(given: object) -> object:
    if given is None or isinstance(given, uuid.UUID | ByUsername):
        return given
    if isinstance(given, dict) and len(given) == 1 and isinstance(given.get("username"), str):
        return ByUsername(username=given["username"][:256])
    if isinstance(given, dict) and len(given) == 1:
        given = given.get("id")
    try:
        return uuid.UUID(given if isinstance(given, str) else "")
    except ValueError:
        raise ValueError(_('This must be a user\'s id, {"username": "…"} or null.')) from None


_OF_TEXT = {"type": "object", "additionalProperties": False, "minProperties": 1, "maxProperties": 1}
Manager = Annotated[
    uuid.UUID | ByUsername | None,
    BeforeValidator(_manager),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "uuid"},
                {**_OF_TEXT, "properties": {"id": {"type": "string", "format": "uuid"}}},
                {**_OF_TEXT, "properties": {"username": {"type": "string", "maxLength": 256}}},
                {"type": "null"},
            ]
        }
    ),
]


class Address(Body):
    """One postal address."""

    type: Clearable = None
    streetAddress: ClearableText = None  # noqa: N815 - the contract's names
    locality: Clearable = None
    region: Clearable = None
    postalCode: Clearable = None  # noqa: N815
    country: Clearable = None


class PhoneNumber(Body):
    """One phone number, as people write it."""

    type: Clearable = None
    number: Annotated[Line, Field(min_length=1)]


def _attribute_name(name: str) -> str:
    if not _ATTRIBUTE_NAME.match(name):
        raise ValueError(_("A custom attribute's name has 1 to 64 letters, digits, “_” or “-”."))
    return name


def _attribute_value(value: Any) -> Any:
    for text in _texts_in(value):
        longest = LONGEST_URL if text.startswith(("https://", "http://")) else 256
        if len(text) > longest:
            raise ValueError(_("This is too long: at most %(longest)s characters.") % {"longest": longest})
        if "\x00" in text:
            raise ValueError(_("This holds a NUL character."))
    return value


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for part in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from _texts_in(part)


def _not_too_much(attributes: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(attributes)) > MOST_BYTES_OF_ATTRIBUTES:
        raise ValueError(_("Custom attributes take at most 64 KB for one user."))
    return attributes


AttributeName = Annotated[str, AfterValidator(_attribute_name), WithJsonSchema({"type": "string"})]
Attributes = Annotated[
    dict[AttributeName, Annotated[Any, AfterValidator(_attribute_value)]], AfterValidator(_not_too_much)
]


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def _day(given: object) -> object:
    if given is None or (isinstance(given, date) and not isinstance(given, datetime)):
        return given
    try:
        return date.fromisoformat(given) if isinstance(given, str) and _DAY.match(given) else _no_day()
    except ValueError:
        return _no_day()


def _no_day() -> date:
    raise ValueError(_("This must be a day such as 2026-01-31."))


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]


class UserFields(Body):
    """What both a new user and a change of one may carry. Optional ones take null: cleared."""

    firstname: Clearable = None
    middlename: Clearable = None
    lastname: Clearable = None
    displayname: Clearable = None
    company: Clearable = None
    department: Clearable = None
    jobTitle: Clearable = None  # noqa: N815
    employeeIdentifier: Clearable = None  # noqa: N815
    employeeType: Clearable = None  # noqa: N815
    costCenter: Clearable = None  # noqa: N815
    location: Clearable = None
    locale: Clearable = None
    manager: Manager = None
    addresses: Annotated[list[Address], Field(max_length=MOST_ENTRIES)] | None = None
    phoneNumbers: Annotated[list[PhoneNumber], Field(max_length=MOST_ENTRIES)] | None = None  # noqa: N815
    attributes: Attributes | None = None
    start_date: Annotated[Day | None, BeforeValidator(_or_none)] = None
    suspend_at: Annotated[Time | None, BeforeValidator(_or_none)] = None


class NewUser(UserFields):
    """A user to be created: only username and email are required."""

    username: Name
    email: Email
    state: Literal["active", "staged"] = "active"


class UserChanges(UserFields):
    """Changes of a user: absent is unchanged, null is cleared, lists are replaced, `attributes` merged one level."""

    username: Name = Field(default_factory=str)
    email: Email = Field(default_factory=str)


class NewGroup(Body):
    """A group to be created."""

    name: Name
    description: ClearableText = None


class GroupChanges(Body):
    """Changes of a group."""

    name: Name = Field(default_factory=str)
    description: ClearableText = None


@cache
def _zones() -> frozenset[str]:
    """Reading them takes a while; they change with the installed tzdata only."""
    return frozenset(available_timezones())


def _zone(text: str) -> str:
    if text not in _zones():
        raise ValueError(_("This is no time zone: take a name of the IANA list, such as Europe/Berlin or UTC."))
    return text


AttributeKind = Literal["text", "number", "boolean", "date", "choice", "list"]
EditedBy = Literal["administrator", "user"]
Choices = Annotated[list[Annotated[Line, Field(min_length=1)]], Field(max_length=200)]


class NewAttribute(Body):
    """The schema of a custom attribute. `choices`: what a value of type choice may be."""

    name: AttributeName
    type: AttributeKind = "text"
    label: Line = ""
    description: Line = ""
    choices: Choices = []
    unique: bool = False
    editable_by: EditedBy = "administrator"


class AttributeChanges(Body):
    """Changes of a schema; the name stays."""

    type: AttributeKind = "text"
    label: Line = ""
    description: Line = ""
    choices: Choices = []
    unique: bool = False
    editable_by: EditedBy = "administrator"


class OrganisationChanges(Body):
    """Changes of the organisation."""

    name: Clearable = None
    time_zone: Annotated[Text, AfterValidator(_zone)] = "UTC"
    settings: dict[str, Any] = {}


class NewPassword(Body):
    """A password to be set. It is never shown again."""

    password: Annotated[str, Field(min_length=1, max_length=1024, repr=False)]


class IdChanges(Body):
    """Ids to add and to remove."""

    add: list[Annotated[uuid.UUID, Field(strict=False)]] = []
    remove: list[Annotated[uuid.UUID, Field(strict=False)]] = []

    @model_validator(mode="after")
    def _one_or_the_other(self) -> IdChanges:
        if set(self.add) & set(self.remove):
            raise ValueError(_("The same id stands in “add” and in “remove”."))
        return self


class MemberChanges(IdChanges):
    """Users to add to a group and to remove, and groups likewise."""

    groups: IdChanges = IdChanges()
