"""From database rows to the engine's values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from provisor.applications import settings
from provisor.applications.credentials.endpoint import SECRETS, endpoint_of
from provisor.applications.person import GIVEN
from provisor.applications.statements import OPENED
from provisor.catalogue import entries
from provisor.core import form
from provisor.core.group_values import Given, merged
from provisor.core.links import Case, Link, Policy
from provisor.core.mapping import parse_rows
from provisor.core.protected import as_listed
from provisor.core.users import User
from provisor.engine.ports import Connection, Work

# The contract's attribute names for the columns that are called otherwise.
_NAMES = {
    "job_title": "jobTitle",
    "employee_identifier": "employeeIdentifier",
    "employee_type": "employeeType",
    "cost_center": "costCenter",
    "phone_numbers": "phoneNumbers",
}


def link_id(application: UUID, user: str | UUID) -> UUID:
    """The id of a link, known before there is one; the same as SQL's md5(application || user)::uuid."""
    return UUID(hashlib.md5(f"{application}{user}".encode(), usedforsecurity=False).hexdigest())


def connection(row: tuple[Any, ...]) -> Connection:
    """A row of statements.OPEN. Raises vault.CannotOpen if a secret doesn't open."""
    values = dict(zip(OPENED, row, strict=True))
    mapping, types, trip, learned = (values[name] for name in ("mapping", "types", "trip", "learned"))
    own_account, effective = values["own_account"], settings.as_json(values["settings"])
    connector = entries.form_of(values["connector"], values["parameters"])
    policy = Policy(
        application=str(values["id"]),
        rows=parse_rows(mapping, types),
        takeover=effective["takeover"],
        deprovision=effective["deprovision"],
        drift=effective["drift"],
        mapping_version=values["mapping_version"],
        settings_version=values["settings_version"],
        form=form.make(connector, learned, effective["form"]),
        protected=as_listed(values["protected"], own_account),
        approved_rows=parse_rows(trip["rows"], types) if trip else None,
    )
    return Connection(
        application=values["id"],
        name=values["name"],
        endpoint=endpoint_of(values),
        policy=policy,
        settings=effective,
        learned=learned,
        connector=connector,
        failing=values["provisioning"] == "failing",
        first_run=values["first_run"],
        own_account_at=(own_account or {}).get("at"),
        secret=values["secret_set_at"],
    )


def without_secrets(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row of statements.OPEN as if nothing were set."""
    return tuple(None if name in SECRETS else value for name, value in zip(OPENED, row, strict=True))


def work(of: Connection, row: tuple[Any, ...]) -> Work:
    """A row of statements.DUE or WHOLE_PLAN."""
    marks, priority, cause, actor, correlation, decision, named, *account = row
    user_id, user, link, access, manager, grace_over, password = account
    case = Case(
        user=_user(user, manager) if user else _deleted(user_id, link),
        access=access,
        link=_link(link) if link else Link(link_id(of.application, user_id)),
        policy=of.policy,
        decision=decision,
        grace_over=grace_over,
    )
    return Work(case, tuple(marks), priority, cause, actor, correlation, named, password)


def case(row: tuple[Any, ...], policy: Policy) -> Case:
    """A case from a row of user, link (both as JSON, or its text), access and the manager's remote id."""
    user, link, access, manager = row
    user, link = (json.loads(part) if isinstance(part, str) else part for part in (user, link))
    return Case(user=_user(user, manager), access=access, link=_link(link), policy=policy)


def _deleted(user_id: UUID, link: Mapping[str, Any] | None) -> User:
    """A user whom the directory no longer has, by the name that the account had."""
    said = ((link or {}).get("known") or {}).get("userName") or {}
    name = said.get("sent") or said.get("echo")
    return User(str(user_id), "deleting", "pending", {"username": name} if isinstance(name, str) else {})


def values_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A user's row under the contract's attribute names."""
    return {_NAMES.get(name, name): value for name, value in row.items()}


def person(row: Mapping[str, Any] | str, manager_remote_id: str | None) -> User:
    """A user from a row of person.PERSON, as JSON or its text."""
    return _user(json.loads(row) if isinstance(row, str) else row, manager_remote_id)


def _user(row: Mapping[str, Any], manager_remote_id: str | None) -> User:
    values = values_of(row)
    given = [Given(*one) for one in values.pop(GIVEN, None) or ()]
    user = User(row["id"], row["state"], row["password_status"], values, manager_remote_id)
    return replace(user, groups=tuple(one.group for one in given), group_values=merged(given)) if given else user


def _link(row: Mapping[str, Any]) -> Link:
    return Link(
        id=UUID(row["id"]),
        status=row["status"],
        remote_id=row["remote_id"],
        active=row["active"],
        known=row["known"],
        created_here=row["created_here"],
        intent=row["intent"],
        attempts=row["attempts"],
        unconfirmed=row["unconfirmed"],
        ignored=row["ignored"],
        code=(row["error"] or {}).get("code"),
    )
