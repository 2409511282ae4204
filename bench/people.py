"""Invented people, the same ones in every run: as directory rows, and as the SCIM bodies that a bare loop sends."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zlib import crc32

import orjson

from provisor.core import mapping, resource
from provisor.core.users import User

_FIRST = ("Zoë", "Jörg", "Siobhán", "Mehmet", "Łukasz", "Aiko", "Chidi", "Ines", "Renée", "Olu", "Anaïs", "Sven")
_LAST = ("O'Brien", "Müller", "Nguyễn", "García", "Kowalski", "Sørensen", "Okafor", "D'Angelo", "Yıldız", "Ferreira")
_DEPARTMENTS = ("Engineering", "Finance", "Field Service", "People", "Research", "Legal")


def person(number: int, team: str) -> dict[str, Any]:
    """The values of one person under the contract's names. `team` keeps two sets of people apart."""
    first, last = _FIRST[number % len(_FIRST)], _LAST[number // len(_FIRST) % len(_LAST)]
    username = f"{team}.{number:06}"
    return {
        "id": str(UUID(int=(crc32(team.encode()) << 64) + number)),
        "username": username,
        "email": f"{username}@example.com",
        "firstname": first,
        "lastname": last,
        "displayname": f"{first} {last}",
        "company": "Example Industries",
        "department": _DEPARTMENTS[number % len(_DEPARTMENTS)],
        "jobTitle": "Senior Specialist",
        "employeeIdentifier": f"E{number:06}",
        "phoneNumbers": [{"type": "work", "number": f"+44 1632 96{number % 10000:04}"}],
        "addresses": [{"type": "work", "locality": "Sample Town", "postalCode": f"{number:06}", "country": "GB"}],
    }


def body(values: dict[str, Any]) -> bytes:
    """What has to be sent to create this person's account, by the default mapping."""
    user = User(values["id"], "active", "pending", values)
    return orjson.dumps(resource.body(mapping.desired(user, mapping.DEFAULT_ROWS)))
