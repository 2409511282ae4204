"""What the tests of the pure parts are made of: people, accounts and cases, each with the one thing that matters changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from provisor.core.links import Account, Case, Link, Policy
from provisor.core.mapping import DEFAULT_ROWS, Row
from provisor.core.users import User

ADA = "5f0c1c9e-6d1b-4c43-9d55-2f1f6a3c0a01"
GRACE = "b7a1d0c2-3e4f-4a5b-8c6d-7e8f90a1b2c3"
LINK = UUID("00000000-0000-4000-8000-000000000001")
CREATING = {"kind": "create", "looked": 0}

type_of_mail = ("work", "home", "other")


def person(
    *, id: str = ADA, state: str = "active", password: str = "active", manager: str | None = None, **values: Any
) -> User:
    """Ada, unless told otherwise. A value of None is one that she doesn't have."""
    return User(id, state, password, {"username": "ada", "email": "ada@example.com", **values}, manager)


def policy(rows: tuple[Row, ...] = DEFAULT_ROWS, **settings: Any) -> Policy:
    return Policy("3d1f", rows, **settings)


def link(**fields: Any) -> Link:
    return Link(LINK, **fields)


def case(
    user: User | None = None,
    *,
    access: bool = True,
    link: Link | None = None,
    policy: Policy | None = None,
    decision: Mapping[str, Any] | None = None,
) -> Case:
    """Ada has access and no account yet, unless told otherwise."""
    return Case(user or person(), access, link or Link(LINK), policy or Policy("3d1f", DEFAULT_ROWS), decision)


def account(
    id: str = "r1",
    *,
    user_name: str | None = "ada",
    emails: tuple[Any, ...] = ("ada@example.com",),
    external_id: str | None = None,
    active: bool | None = True,
    owner: str | None = None,
    former_owner: str | None = None,
    **raw: Any,
) -> Account:
    """An account as just read. E-mails are texts (the first one is the primary work e-mail) or whole elements."""
    elements = [_element(index, email) for index, email in enumerate(emails)]
    shown = {"id": id, "userName": user_name, "externalId": external_id, "emails": elements, "active": active, **raw}
    return Account(
        id=id,
        user_name=user_name,
        external_id=external_id,
        emails=tuple(element["value"] for element in elements),
        active=active,
        raw={name: value for name, value in shown.items() if value is not None},
        owner=owner,
        former_owner=former_owner,
    )


def _element(index: int, email: Any) -> dict[str, Any]:
    if isinstance(email, Mapping):
        return dict(email)
    return {"value": email, "type": type_of_mail[min(index, 2)], "primary": index == 0}


def known(attributes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What is known of an account that took exactly what it was sent."""
    return {path: {"sent": value, "echo": value} for path, value in attributes.items()}
