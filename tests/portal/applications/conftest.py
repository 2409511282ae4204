"""An application as the pages show one, with people and groups; and a service provider to connect to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from tests.portal.conftest import text_of

from provisor.applications.models import Application
from provisor.core import mapping
from provisor.testing import FakeServiceProvider

TOKEN = "the-token-of-the-sp"


class Page:
    """A browser at an application's pages: `page.get("groups")`, `page.post("groups", {...})`."""

    def __init__(self, client: Client, application: Application) -> None:
        self.client, self.application = client, application
        self.base = f"/applications/{application.id}"

    def path(self, tab: str) -> str:
        return f"{self.base}/{tab}" if tab else self.base

    def get(self, tab: str = "", **query: Any) -> Any:
        return self.client.get(self.path(tab), query)

    def says(self, tab: str = "", **query: Any) -> str:
        answer = self.get(tab, **query)
        assert answer.status_code == 200, answer.content
        return text_of(answer)

    def post(self, tab: str, what: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.client.post(self.path(tab), what or {}, headers=headers)

    def fresh(self) -> Application:
        return Application.objects.get(id=self.application.id)


@pytest.fixture
def sp(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServiceProvider]:
    """A service provider that this installation may talk to."""
    with FakeServiceProvider.in_thread(token=TOKEN) as provider:
        monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
        yield provider


@pytest.fixture
def open_page(owner: Client, make_application: Callable[..., Application]) -> Callable[..., Page]:
    """`open_page("Chat", staff, provisioning="active")`: an owner at the pages of a new application."""

    def make(name: str = "Chat", *assigned: Any, client: Client | None = None, **fields: Any) -> Page:
        fields = {"mapping": mapping.rows_as_json(mapping.DEFAULT_ROWS), **fields}
        return Page(client or owner, make_application(name, *assigned, **fields))

    return make


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()
