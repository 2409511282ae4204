"""The directory's rows under the contract's names: how answers, events and exports show them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from provisor.directory import organisation_settings
from provisor.directory.models import CustomAttribute, Group, Organisation, User
from provisor.directory.passwords.expiry import Rule, current

# The contract's name -> the model's field, in the contract's order. What people can set, beside state and password.
FIELDS = {
    "username": "username",
    "email": "email",
    "firstname": "firstname",
    "middlename": "middlename",
    "lastname": "lastname",
    "displayname": "displayname",
    "company": "company",
    "department": "department",
    "jobTitle": "job_title",
    "employeeIdentifier": "employee_identifier",
    "employeeType": "employee_type",
    "costCenter": "cost_center",
    "location": "location",
    "manager": "manager_id",
    "locale": "locale",
    "addresses": "addresses",
    "phoneNumbers": "phone_numbers",
    "attributes": "attributes",
    "start_date": "start_date",
    "suspend_at": "suspend_at",
}


def shape_of_user(user: User, expiry: Rule | None = None) -> dict[str, Any]:
    """A user as the contract lists one. `expiry`: the rule in force; without it, it is looked up."""
    shape: dict[str, Any] = {"id": str(user.id)}
    shape |= {name: getattr(user, field) for name, field in FIELDS.items()}
    shape["manager"] = user.manager_id and str(user.manager_id)
    shape["suspend_at"] = user.suspend_at and zulu(user.suspend_at)
    shape["start_date"] = user.start_date and user.start_date.isoformat()
    shape |= {"state": str(user.state), "password_status": str(user.password_status)}
    ends = (expiry or current()).end_of(user)
    for name, at in (
        ("password_changed", user.password_changed), ("password_expires", ends), ("locked_until", user.locked_until)
    ):  # fmt: skip
        shape[name] = at and zulu(at)
    return shape | {"created": zulu(user.created), "updated": zulu(user.updated)}


def shape_of_group(group: Group) -> dict[str, Any]:
    """A group as the contract lists one."""
    shape = {"id": str(group.id), "name": group.name, "description": group.description, "rule": _rule_of(group)}
    return shape | {"created": zulu(group.created), "updated": zulu(group.updated)}


def _rule_of(group: Group) -> dict[str, Any] | None:
    rule = getattr(group, "rule", None)
    return rule and {"expression": rule.expression, "review": rule.review, "status": str(rule.status)}


def shape_of_attribute(row: CustomAttribute) -> dict[str, Any]:
    """The schema of a custom attribute."""
    names = ("name", "type", "label", "description", "choices", "unique", "editable_by")
    shape = {name: getattr(row, name) for name in names}
    return shape | {"created": zulu(row.created), "updated": zulu(row.updated)}


def shape_of_member(user: User) -> dict[str, Any]:
    """A member of a group: enough to recognise the user."""
    return {"id": str(user.id), "username": user.username, "email": user.email, "state": str(user.state)}


def shape_of_organisation(organisation: Organisation) -> dict[str, Any]:
    """The organisation; `name` is null while it has none, `stopped` while everything may be written."""
    return {
        "name": organisation.name or None,
        "time_zone": organisation.time_zone,
        "stopped": organisation.stopped,
        "settings": organisation_settings.as_json(organisation.settings),
    }


def zulu(at: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds, so that it can go into If-Match."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
