"""From a resource of a service provider to the row of a candidate. Everything in it is from outside: cut to what a row can
hold, keyed as the directory keys it, and checked by the directory's law."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from provisor.applications.importing import checking
from provisor.applications.importing.checking import Check
from provisor.core import inverse
from provisor.core.mapping import ENTERPRISE, Row
from provisor.core.protected import Protected
from provisor.scim.reader import Page, Resource
from provisor.text import key_fits, unique_key

LONGEST = 256
LONGEST_ID = 1024  # bytes: what a link's index can hold with room
MOST_EMAILS = 20
MOST_RAW = 8 * 1024  # characters of an account's own words that are kept to be shown
_SHOWN = (
    *("userName", "externalId", "active", "name", "displayName", "nickName", "emails", "title", "userType"),
    *("phoneNumbers", "addresses", "locale", "preferredLanguage", "timezone", "profileUrl", "roles", ENTERPRISE),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What each row is made by: the import, its kind, the application's mapping, and what is protected there."""

    id: uuid.UUID
    kind: str
    rows: tuple[Row, ...]
    protected: Protected


def rows_of(page: Page, reading: Reading, before: int) -> list[dict[str, Any]]:
    """The rows of one page; `before`: how many unreadable ones came before it."""
    check = checking.check_by_law(reading.kind)
    good = [_row(resource, reading, check) for resource in page.resources]
    return [*good, *(_unreadable(reading, before + n, why) for n, why in enumerate(page.unreadable))]


def candidate_id(import_id: uuid.UUID, named: str) -> uuid.UUID:
    """The id of a candidate, the same however often it is read."""
    return uuid.UUID(hashlib.md5(f"{import_id}{named}".encode(), usedforsecurity=False).hexdigest())


def _row(resource: Resource, reading: Reading, check: Check) -> dict[str, Any]:
    if len(resource.id.encode()) > LONGEST_ID:
        return _unreadable(reading, resource.id, "The resource's id is longer than an id can be.")
    made = _group(resource, check) if reading.kind == "groups" else _account(resource, reading, check)
    names = [made["name"], *made.pop("emails")]
    return {
        **made,
        "id": str(candidate_id(reading.id, resource.id)),
        "remote_id": resource.id,
        "external_id": (resource.external_id or "")[:LONGEST] or None,
        "own_id": _uuid(resource.external_id),
        "barred": _barred(reading.protected, resource.id, names),
        "match": None,
        "reason": "",
    }


def _account(resource: Resource, reading: Reading, check: Check) -> dict[str, Any]:
    found = inverse.read(resource.raw, reading.rows)
    checked = check(found.values)
    name, email = resource.user_name or "", str(found.values.get("email") or "")
    emails = list(dict.fromkeys([*found.emails, email] if email else found.emails))[:MOST_EMAILS]
    return {
        "name": name[:LONGEST],
        "name_key": _key(name),
        "email": email[:LONGEST],
        "email_key": _key(found.primary),
        "email_keys": [key for key in map(_key, emails) if key],
        "title": _title(checked.values)[:LONGEST],
        "active": resource.active,
        "values": checked.values,
        "notes": checked.notes,
        "problem": checked.problem or None,
        "raw": _shown(resource.raw),
        "members": None,
        "member_ids": None,
        "emails": emails,
    }


def _group(resource: Resource, check: Check) -> dict[str, Any]:
    name = resource.raw.get("displayName")
    name = name.strip() if isinstance(name, str) else ""
    checked = check({"name": name} if name else {})
    members = _members(resource.raw.get("members"))
    return {
        "name": name[:LONGEST],
        "name_key": _key(name),
        "email": "",
        "email_key": "",
        "email_keys": [],
        "title": "",
        "active": None,
        "values": checked.values,
        "notes": checked.notes,
        "problem": checked.problem or None,
        "raw": {},
        "members": None if members is None else len(members),
        "member_ids": members,
        "emails": [],
    }


def _members(listed: Any) -> list[str] | None:
    """The remote ids of a group's users; None where the listing shows no members at all."""
    if not isinstance(listed, list):
        return None
    users = [one for one in listed if isinstance(one, Mapping) and str(one.get("type") or "User").lower() == "user"]
    return list(dict.fromkeys(value for one in users if isinstance(value := one.get("value"), str) and value))


def _unreadable(reading: Reading, named: int | str, why: str) -> dict[str, Any]:
    return {
        "id": str(candidate_id(reading.id, f"unreadable {named}")),
        "name": "",
        "name_key": "",
        "email": "",
        "email_key": "",
        "email_keys": [],
        "title": "",
        "values": {},
        "notes": [],
        "raw": {},
        "match": "unreadable",
        "reason": "unreadable",
        "problem": {"account" if reading.kind == "users" else "group": why},
    }


def _barred(protected: Protected, id: str, names: Iterable[str]) -> str | None:
    if protected.own and protected.own == id:
        return "own_account"
    return "protected" if protected and protected.why((id,), names) else None


def _key(text: str) -> str:
    key = unique_key(text.strip())
    return key if key_fits(key) else ""


def _uuid(text: str | None) -> str | None:
    try:
        return str(uuid.UUID(text or "")) if text and len(text) == 36 else None
    except ValueError:
        return None


def _title(values: Mapping[str, Any]) -> str:
    """What people know the person by."""
    whole = " ".join(str(values[name]) for name in ("firstname", "lastname") if values.get(name))
    return str(values.get("displayname") or whole)


def _shown(raw: Mapping[str, Any]) -> dict[str, Any]:
    """As much of the account's own words as is shown beside the directory's."""
    shown = {name: raw[name] for name in _SHOWN if raw.get(name) not in (None, "", [], {})}
    if len(json.dumps(shown)) <= MOST_RAW:
        return shown
    return {name: value if len(json.dumps(value)) <= LONGEST else "…" for name, value in shown.items()}
