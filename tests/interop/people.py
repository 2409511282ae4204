"""The invented people of a walk, and what a service provider should hold of each: independent of Provisor's mapping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
Flat = dict[str, Any]

_NAMES = (
    ("Zoë", "O'Neill"), ("Jürgen", "Müßig-Groß"), ("Łucja", "Żółć"), ("Søren", "Ærø"), ("Máire", "Ní Bhriain"),
    ("Nguyễn", "Ánh"), ("李", "小龙"), ("Ольга", "Петрова"), ("Anne-Marie", "D'Arcy"), ("José", "Núñez"),
    ("Ada", "Quill"), ("Ben", "Ray"), ("Cleo", "Stone"), ("Dan", "Thorn"), ("Eve", "Umber"),
    ("Finn", "Vale"), ("Gil", "West"), (None, "Onlylast"), ("Onlyfirst", None), (None, None),
)  # fmt: skip


def people(*, names_are_addresses: bool) -> list[dict[str, Any]]:
    """Twenty users as the REST contract takes them. Some SPs take nothing but an address as a user name."""
    return [person(n, given, family, names_are_addresses) for n, (given, family) in enumerate(_NAMES)]


def person(n: int, given: str | None, family: str | None, names_are_addresses: bool) -> dict[str, Any]:
    """One user; every third has two phones, every fourth an address."""
    email = f"person{n:02}@example.com"
    phones = [{"type": "work", "number": f"+49 30 1000{n:02}"}, {"type": "mobile", "number": f"+49 170 2000{n:02}"}]
    home = {"type": "work", "streetAddress": f"Ring {n}", "locality": "Köln", "postalCode": "50667", "country": "DE"}
    made = {
        "username": email if names_are_addresses else f"person{n:02}",
        "email": email,
        "firstname": given,
        "lastname": family,
        "displayname": f"Person {n}" if n % 5 else None,
        "jobTitle": "Engineer",
        "department": "Research",
        "company": "Example Ltd",
        "employeeIdentifier": f"E{n:04}",
        "phoneNumbers": phones[: 2 if n % 3 == 0 else 1],
        "addresses": [home] if n % 4 == 0 else [],
    }
    return {name: value for name, value in made.items() if value not in (None, [])}


def wanted(user: Mapping[str, Any]) -> Flat:
    """What the account should hold, one value for each attribute. `user` is as the contract shows it."""
    flat = {
        "userName": user["username"],
        "externalId": user["id"],
        "active": user.get("active", True),
        "emails": [user["email"]],
        "emails.type": ["work"],
        "name.givenName": user.get("firstname"),
        "name.familyName": user.get("lastname"),
        "displayName": user.get("displayname"),
        "title": user.get("jobTitle"),
        "enterprise.department": user.get("department"),
        "enterprise.organization": user.get("company"),
        "enterprise.employeeNumber": user.get("employeeIdentifier"),
        **_phones((phone.get("type"), phone["number"]) for phone in user.get("phoneNumbers") or []),
        **_addresses(user.get("addresses") or []),
    }
    return _present(flat)


def held(raw: Mapping[str, Any]) -> Flat:
    """What an account holds, as its service provider shows it."""
    name, enterprise = raw.get("name") or {}, raw.get(ENTERPRISE) or {}
    flat = {
        **{plain: raw.get(plain) for plain in ("userName", "externalId", "active", "displayName", "title")},
        "emails": sorted(email.get("value") for email in raw.get("emails") or []),
        "emails.type": sorted(email["type"] for email in raw.get("emails") or [] if email.get("type")),
        **{f"name.{part}": name.get(part) for part in ("givenName", "familyName")},
        **{f"enterprise.{part}": enterprise.get(part) for part in ("department", "organization", "employeeNumber")},
        **_phones((phone.get("type"), phone.get("value")) for phone in raw.get("phoneNumbers") or []),
        **_addresses(raw.get("addresses") or []),
    }
    return _present(flat)


def _phones(pairs: Iterable[tuple[Any, Any]]) -> Flat:
    listed = list(pairs)
    return {
        "phoneNumbers": sorted(str(number) for _, number in listed),
        "phoneNumbers.type": sorted(str(kind) for kind, _ in listed if kind),
    }


def _addresses(listed: Iterable[Mapping[str, Any]]) -> Flat:
    parts = ("type", "streetAddress", "locality", "region", "postalCode", "country")
    return {
        f"addresses.{part}": sorted(str(address[part]) for address in listed if address.get(part)) for part in parts
    }


def _present(flat: Flat) -> Flat:
    return {path: value for path, value in flat.items() if value not in (None, "", [])}
