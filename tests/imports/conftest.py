"""An application on the strict SP, and imports that are carried out here and now."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import django
import pytest

django.setup()  # this file may be read before pytest is configured

from django.utils import timezone  # noqa: E402

from provisor import jobs  # noqa: E402
from provisor.administrators.actor import Actor, shell  # noqa: E402
from provisor.applications import commands as applications  # noqa: E402
from provisor.applications.importing import commands, queries  # noqa: E402
from provisor.applications.importing.models import Candidate, Import  # noqa: E402
from provisor.applications.models import Application, Link  # noqa: E402
from provisor.directory.importing.confirming import Confirmed, confirm_import  # noqa: E402
from provisor.directory.models import User  # noqa: E402
from provisor.testing import FakeServiceProvider, Profile  # noqa: E402
from provisor.text import unique_key  # noqa: E402

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@pytest.fixture
def sp(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServiceProvider]:
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    with FakeServiceProvider.in_thread() as provider:
        yield provider


@pytest.fixture
def source(transactional_db: None, sp: FakeServiceProvider) -> Source:
    return Source(sp)


class Source:
    """One application, and what a test does with it."""

    def __init__(self, sp: FakeServiceProvider) -> None:
        self.sp = sp
        self.actor: Actor = shell()
        given = {"name": "Sample app", "base_url": sp.base_url, "auth": {"type": "bearer", "token": "secret"}}
        self.application = applications.create_application(self.actor, given, force=True)

    def bend(self, **words: Any) -> None:
        """The SP deviates from now on."""
        self.sp.profile = Profile(**words)

    def form(self, **words: Any) -> None:
        applications.update_application(self.actor, self.application.id, {"settings": {"form": words}})

    def account(self, username: str, email: str | None = None, **more: Any) -> str:
        """One account there; its remote id."""
        emails = [] if email is None else [{"value": email, "type": "work", "primary": True}]
        return str(self.sp.put_user({"userName": username, "emails": emails, "active": True, **more})["id"])

    def person(self, username: str, email: str | None = None, **values: Any) -> User:
        email = email or f"{username}@example.com"
        return User.objects.create(
            username=username,
            username_key=unique_key(username),
            email=email,
            email_key=unique_key(email),
            updated=timezone.now(),
            **values,
        )

    def link(self, user: User, remote_id: str) -> None:
        Link.objects.create(
            id=uuid.uuid4(), application=self.application, user=user, remote_id=remote_id, updated=timezone.now()
        )

    def read(self, kind: str = "users") -> Import:
        """An import, read to its end."""
        started = commands.start_import(self.actor, self.application.id, kind)
        jobs.run_all()
        return queries.get_import(started.id)

    def confirm(self, of: Import, **wanted: Any) -> Import:
        """What is confirmed, carried out."""
        confirm_import(shell(), of.id, Confirmed(**wanted))
        jobs.run_all()
        return queries.get_import(of.id)

    def candidates(self, of: Import) -> dict[str, Candidate]:
        """By user name (or group name)."""
        return {row.name: row for row in Candidate.objects.filter(imported=of)}

    def matches(self, of: Import) -> dict[str, str | None]:
        return {name: row.match for name, row in self.candidates(of).items()}

    def refresh(self) -> Application:
        self.application = Application.objects.get(id=self.application.id)
        return self.application
