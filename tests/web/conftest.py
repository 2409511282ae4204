"""Calls of the API as a script makes them, on a real database."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from typing import Any

import django
import pytest

django.setup()  # this file may be read before pytest is configured

from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from provisor.administrators.models import ApiToken  # noqa: E402
from provisor.applications.models import Application, Assignment, Due  # noqa: E402
from provisor.audit.models import Event  # noqa: E402
from provisor.directory.models import Group, Membership, User  # noqa: E402
from provisor.text import unique_key  # noqa: E402


class Api:
    """A caller with a token. Paths are below /api/v1; answers are Django's, with `.json()`."""

    def __init__(self, token: str | None) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """`body`: a JSON value, or bytes as they are. Headers: If_Match="…"."""
        named = {name.replace("_", "-"): value for name, value in headers.items()} | self.headers
        content = {} if body is None else {"data": body, "content_type": "application/json"}
        return self.client.generic(method, f"/api/v1{path}", **_encoded(content), headers=named)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("DELETE", path, **headers)


def _encoded(content: dict[str, Any]) -> dict[str, Any]:
    if content and not isinstance(content["data"], bytes):
        content["data"] = json.dumps(content["data"]).encode()
    return content


def make_token(role: str, **fields: Any) -> str:
    """A token as the database keeps it; its plain text."""
    plain = f"prv_{secrets.token_urlsafe(32)}"
    digest = hashlib.sha256(plain.encode()).digest()
    ApiToken.objects.create(name=f"{role} of a test", prefix=plain[:8], digest=digest, role=role, **fields)
    return plain


@pytest.fixture
def as_role(db: None) -> Callable[..., Api]:
    """`as_role("auditor")` calls with that role."""
    return lambda role, **fields: Api(make_token(role, **fields))


@pytest.fixture
def api(as_role: Callable[..., Api]) -> Api:
    """A caller who may do everything."""
    return as_role("owner")


@pytest.fixture
def nobody(db: None) -> Api:
    """A caller without a token."""
    return Api(None)


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """A user as a row: `make_user("ada", state="suspended")`."""

    def make(name: str, **fields: Any) -> User:
        email = f"{name}@example.com"
        values = {"username": name, "email": email, "email_key": unique_key(email), "updated": timezone.now()}
        return User.objects.create(username_key=unique_key(name), **{**values, **fields})

    return make


@pytest.fixture
def make_group(db: None) -> Callable[..., Group]:
    """A group as a row, with members: `make_group("Staff", ada, ben)`."""

    def make(name: str, *members: User) -> Group:
        group = Group.objects.create(name=name, name_key=unique_key(name), updated=timezone.now())
        Membership.objects.bulk_create([Membership(group=group, user=user) for user in members])
        return group

    return make


@pytest.fixture
def make_application(db: None) -> Callable[..., Application]:
    """An application as a row, assigned to users and groups: `make_application("Chat", ada, staff)`."""

    def make(name: str, *assigned: User | Group, **fields: Any) -> Application:
        url = f"https://{unique_key(name).replace(' ', '-')}.example/scim/v2"
        values = {"name": name, "name_key": unique_key(name), "base_url": url, "updated": timezone.now()}
        application = Application.objects.create(**{**values, **fields})
        for one in assigned:
            side = {"group": one} if isinstance(one, Group) else {"user": one}
            Assignment.objects.create(application=application, **side)
        return application

    return make


@pytest.fixture
def happened(db: None) -> Callable[..., list[Event]]:
    """`happened("user_update")`: the events of a type, oldest first."""
    return lambda type: list(Event.objects.filter(type=type).order_by("at"))


@pytest.fixture
def marks(db: None) -> Callable[..., list[tuple[str, int, str]]]:
    """The due marks as (username, priority, cause), in the order in which they were made."""

    def read() -> list[tuple[str, int, str]]:
        names = dict(User.objects.values_list("id", "username"))
        return [(names.get(mark.user_id, "?"), mark.priority, mark.cause) for mark in Due.objects.order_by("id")]

    return read
