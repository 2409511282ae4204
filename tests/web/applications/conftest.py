"""What the tests of applications stand on: a caller with a token, people, and a service provider."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from provisor.administrators.models import ApiToken
from provisor.directory.models import Group, Membership, User
from provisor.testing import FakeServiceProvider


@dataclass
class Api:
    """Calls below /api/v1 as one token. Every answer's status is checked: `expect` is what it must be."""

    token: str
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def __call__(
        self, method: str, path: str, body: Any = None, *, expect: int = 200, headers: dict[str, str] | None = None
    ) -> Any:
        answer = self.client.generic(
            method,
            f"/api/v1{path}",
            b"" if body is None else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.token}", **(headers or {})},
        )
        assert answer.status_code == expect, (answer.status_code, answer.content)
        return json.loads(answer.content) if answer.content else None

    def get(self, path: str, **more: Any) -> Any:
        return self("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        return self("POST", path, body, **more)

    def patch(self, path: str, body: Any, **more: Any) -> Any:
        return self("PATCH", path, body, **more)

    def put(self, path: str, body: Any, **more: Any) -> Any:
        return self("PUT", path, body, **more)

    def delete(self, path: str, **more: Any) -> Any:
        return self("DELETE", path, expect=204, **more)

    def events(self, query: str = "") -> list[dict[str, Any]]:
        """The history, newest first."""
        return self.get(f"/events{query}")["items"]

    def problem(self, method: str, path: str, body: Any, expect: int) -> tuple[str, dict[str, str]]:
        """The code and fields of the error that a call ends with."""
        error = self(method, path, body, expect=expect)["error"]
        return error["code"], error["fields"]


def new_token(role: str) -> str:
    """A token in the database, with this role."""
    plain = f"prv_{uuid.uuid4().hex}{uuid.uuid4().hex}"
    digest = hashlib.sha256(plain.encode()).digest()
    ApiToken.objects.create(name=f"a test's {role}", prefix=plain[:8], digest=digest, role=role)
    return plain


@pytest.fixture
def api(db: None) -> Api:
    """An owner's calls."""
    return Api(new_token("owner"))


@pytest.fixture
def api_as(db: None) -> Callable[[str], Api]:
    """Calls of another role."""
    return lambda role: Api(new_token(role))


@pytest.fixture
def sp(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServiceProvider]:
    """A service provider that this installation may talk to."""
    with FakeServiceProvider.in_thread(token="the-token-of-the-sp") as provider:
        monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
        yield provider


@pytest.fixture
def new_application(api: Api, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Makes an application through the API; on an address where nobody listens unless one is given."""
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")

    def make(base_url: str = "http://127.0.0.1:9/scim/v2", name: str = "Sample", **more: Any) -> dict[str, Any]:
        auth = {"type": "bearer", "token": "the-token-of-the-sp"}
        return api.post("/applications", {"name": name, "base_url": base_url, "auth": auth, **more}, expect=201)

    return make


@pytest.fixture
def application(new_application: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """An application that was never activated, with a token."""
    return new_application()


def new_user(username: str, **more: Any) -> User:
    """A user in the database."""
    values = {"email": f"{username}@people.example", "updated": timezone.now(), **more}
    return User.objects.create(
        username=username, username_key=username.casefold(), email_key=values["email"].casefold(), **values
    )


def new_group(name: str, *members: User) -> Group:
    """A group in the database, with members."""
    group = Group.objects.create(name=name, name_key=name.casefold(), updated=timezone.now())
    Membership.objects.bulk_create([Membership(group=group, user=member) for member in members])
    return group


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Makes users."""
    return new_user


@pytest.fixture
def team(db: None) -> Callable[..., Group]:
    """Makes groups."""
    return new_group
