"""What the tests of applications stand on: calls whose status is checked, a service provider, and accounts as rows."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from provisor.applications.models import Link
from provisor.testing import FakeServiceProvider

TOKEN = "the-token-of-the-sp"


class Checked:
    """Calls below /api/v1 that must end with the status `expect`; they give the parsed answer."""

    def __init__(self, caller: Any) -> None:
        self.caller = caller

    def __call__(self, method: str, path: str, body: Any = None, *, expect: int = 200, **headers: str) -> Any:
        answer = self.caller.call(method, path, body, **headers)
        assert answer.status_code == expect, (answer.status_code, answer.content)
        return answer.json() if answer.content else None

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


@pytest.fixture
def api(as_role: Callable[..., Any]) -> Checked:
    """An owner's calls."""
    return Checked(as_role("owner"))


@pytest.fixture
def api_as(as_role: Callable[..., Any]) -> Callable[[str], Checked]:
    """Calls of another role."""
    return lambda role: Checked(as_role(role))


@pytest.fixture
def sp(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServiceProvider]:
    """A service provider that this installation may talk to."""
    with FakeServiceProvider.in_thread(token=TOKEN) as provider:
        monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
        yield provider


@pytest.fixture
def new_application(api: Checked, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Makes an application through the API; on an address where nobody listens unless one is given."""
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")

    def make(base_url: str = "http://127.0.0.1:9/scim/v2", name: str = "Sample", **more: Any) -> dict[str, Any]:
        auth = {"type": "bearer", "token": TOKEN}
        return api.post("/applications", {"name": name, "base_url": base_url, "auth": auth, **more}, expect=201)

    return make


@pytest.fixture
def application(new_application: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """An application that was never activated, with a token."""
    return new_application()


@pytest.fixture
def make_link(db: None) -> Callable[..., Link]:
    """An account as the worker would have recorded it: `make_link(application, ada, status="held")`."""

    def make(application: dict[str, Any], user: Any, **fields: Any) -> Link:
        pair = hashlib.md5(f"{application['id']}{user.id}".encode(), usedforsecurity=False)
        values = {"status": "synced", "remote_id": f"remote-{user.username}", "active": True, **fields}
        return Link.objects.create(
            id=uuid.UUID(pair.hexdigest()),
            application_id=application["id"],
            user=user,
            updated=timezone.now(),
            **values,
        )

    return make
