"""A file is flat, a user is not: these are the names of the columns, and how each finds its place in a user.

    username, email, firstname … manager, locale, state, start_date, suspend_at: the contract's; `manager` is a username
    phone.work  phone.mobile  phone                            the number of that type; without a type
    address.work.locality  address.locality                    one part of the address of that type; without a type
    phone.work#2  address.work#2.locality                      the second one of that type
    attribute.badge                                            a custom attribute that is text
    attribute.badge:json                                       one that is anything else, as JSON

A dot, "#" or "%" within a type is written as "%2E", "%23", "%25". Nothing else may stand in a header.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from provisor.bodies import LONGEST

SCALARS = (
    "username", "email", "firstname", "middlename", "lastname", "displayname", "company", "department", "jobTitle",
    "employeeIdentifier", "employeeType", "costCenter", "location", "manager", "locale", "state", "start_date",
    "suspend_at",
)  # fmt: skip
PARTS = ("streetAddress", "locality", "region", "postalCode", "country")
COMMON = (
    *SCALARS, "phone.work", "phone.mobile", "phone.home", *(f"address.work.{part}" for part in PARTS),
    *(f"address.home.{part}" for part in PARTS),
)  # fmt: skip
_OTHER_WORDS = {
    "username": ("user", "login", "loginname", "userid", "accountname"),
    "email": ("mail", "emailaddress", "primaryemail", "workemail"),
    "firstname": ("givenname", "forename"),
    "middlename": ("middlenames", "secondname"),
    "lastname": ("surname", "familyname", "sn"),
    "displayname": ("name", "fullname", "commonname"),
    "company": ("organisation", "organization", "employer"),
    "jobTitle": ("title", "position", "role"),
    "employeeIdentifier": ("employeenumber", "employeeid", "personnelnumber", "staffid"),
    "costCenter": ("costcentre",),
    "locale": ("language", "preferredlanguage"),
    "suspend_at": ("enddate", "lastday", "suspendat", "terminationdate", "leavedate"),
    "start_date": ("startdate", "firstday", "hiredate", "dateofjoining"),
    "phone.work": ("phone", "workphone", "telephone", "phonenumber", "telephonenumber", "officephone"),
    "phone.mobile": ("mobile", "mobilephone", "cell", "cellphone"),
    "phone.home": ("homephone",),
    "address.work.streetAddress": ("street", "streetaddress", "address"),
    "address.work.locality": ("city", "town", "locality"),
    "address.work.region": ("region", "province", "county"),
    "address.work.postalCode": ("zip", "zipcode", "postcode", "postalcode"),
    "address.work.country": ("country",),
}
_ESCAPED = str.maketrans({".": "%2E", "#": "%23", "%": "%25"})
_ESCAPE = re.compile("%(2E|23|25)")
_LABEL = re.compile(r"(?P<type>[^#]*?)(?:#(?P<nth>[1-9]\d?))?\Z", re.DOTALL)
_ATTRIBUTE = re.compile(r"attribute\.(?P<name>[\w-]{1,64})(?P<json>:json)?\Z")


@dataclass(frozen=True)
class Column:
    """Where a cell goes. `kind`: scalar, phone, address or attribute.

    `name` is the field, the address part or the custom attribute; `type` and `nth` (from 1) tell entries of a list
    apart; `as_json`: the cell of a custom attribute holds JSON."""

    kind: str
    name: str
    type: str | None = None
    nth: int = 1
    as_json: bool = False

    def __str__(self) -> str:
        if self.kind == "scalar":
            return self.name
        if self.kind == "attribute":
            return f"attribute.{self.name}{':json' if self.as_json else ''}"
        label = (self.type or "").translate(_ESCAPED) + (f"#{self.nth}" if self.nth > 1 else "")
        part = [self.name] if self.kind == "address" else []
        return ".".join([self.kind, *([label] if label else []), *part])

    @property
    def order(self) -> tuple[int, str, int, int]:
        """In a file: the contract's fields, then phones, addresses and custom attributes."""
        if self.kind == "scalar":
            return 0, "", 0, SCALARS.index(self.name)
        if self.kind == "attribute":
            return 3, self.name, 0, int(self.as_json)
        part = PARTS.index(self.name) if self.kind == "address" else 0
        return ("phone", "address").index(self.kind) + 1, self.type or "", self.nth, part


def column(name: str) -> Column | None:
    """The column with this name, or None for a name that no column has."""
    if name in SCALARS:
        return Column("scalar", name)
    if found := _ATTRIBUTE.match(name):
        return Column("attribute", found["name"], as_json=bool(found["json"]))
    head, *rest = name.split(".")
    if head == "phone" and len(rest) < 2:
        return _labelled("phone", "number", rest[0] if rest else "")
    if head == "address" and len(rest) in (1, 2) and rest[-1] in PARTS:
        return _labelled("address", rest[-1], rest[0] if len(rest) == 2 else "")
    return None


def _labelled(kind: str, name: str, label: str) -> Column | None:
    found = _LABEL.match(label)
    if found is None:
        return None
    type = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), found["type"])
    return Column(kind, name, type or None, int(found["nth"] or 1)) if len(type) <= LONGEST else None


def suggested(header: str) -> str:
    """The column that a header seems to mean, or "" where nothing comes near: `E-Mail` is `email`."""
    if column(header):
        return header
    plain = _letters(header)
    for name in COMMON:
        if plain == _letters(name) or plain in _OTHER_WORDS.get(name, ()):
            return name
    return ""


def in_order(columns: Iterable[Column]) -> list[Column]:
    """Columns as a file lists them."""
    return sorted(set(columns), key=lambda one: one.order)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
