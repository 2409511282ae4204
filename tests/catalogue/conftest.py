"""An application made from a connector, on the strict SP that wears the product's deviations: those of a preset, written
by hand from the product's documents, or those of the connector's own file."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import django
import pytest

django.setup()  # this file may be read before pytest is configured

from django.utils import timezone  # noqa: E402
from tests.engine.conftest import PATIENCE, World  # noqa: E402

from provisor.applications import commands as applications  # noqa: E402
from provisor.applications import due  # noqa: E402
from provisor.applications.models import Application, Due, GroupDue, Run  # noqa: E402
from provisor.applications.queries.form import form_of  # noqa: E402
from provisor.catalogue import entries  # noqa: E402
from provisor.catalogue.base_urls import names_in  # noqa: E402
from provisor.catalogue.connector import Connector  # noqa: E402
from provisor.core.form import Form  # noqa: E402
from provisor.core.mapping import Row  # noqa: E402
from provisor.directory.models import Group, User  # noqa: E402
from provisor.testing import FakeServiceProvider, Profile  # noqa: E402
from provisor.testing.presets import PRESETS  # noqa: E402
from provisor.testing.records import Recorded  # noqa: E402
from provisor.testing.wearing import worn  # noqa: E402

# The product behind each connector, as the strict SP can play it.
PLAYED = {
    "slack": "slack",
    "github-enterprise-managed-users": "github-emu",
    "aws-iam-identity-center": "aws",
    "atlassian-cloud": "atlassian",
    "zoom": "zoom",
    "databricks": "databricks",
    "miro": "miro",
    "snowflake": "snowflake",
}


class Connected(World):
    """A world whose application was made from a connector."""

    def __init__(self, dsn: str, sp: FakeServiceProvider, slug: str) -> None:
        self.slug, _at, self.variant = slug.partition("@")
        super().__init__(dsn, sp)

    def make_application(self, name: str = "Sample app", base_url: str | None = None, **settings: Any) -> Application:
        given = {"name": name, "connector": self.slug, "base_url": base_url or self.sp.base_url, "settings": settings}
        variant = {"variant": self.variant} if self.variant else {}
        given |= {"parameters": _parameters(self.slug) | variant}
        auth = _auth(entries.ENTRIES[self.slug])
        application = applications.create_application(self.actor, {**given, "auth": auth}, force=True)
        Application.objects.filter(id=application.id).update(provisioning="active")
        return application

    @property
    def form(self) -> Form:
        """As it is in force, with the connector's headers."""
        return form_of(Application.objects.get(id=self.application.id))

    def account(self, user: User) -> dict[str, Any] | None:
        """The account that the user is linked to: not every product keeps an externalId."""
        remote_id = self.link(user).remote_id
        return next((account for account in self.sp.users if account["id"] == remote_id), None)

    def group_there(self, group: Group) -> dict[str, Any] | None:
        """As `account`, of a group."""
        remote_id = self.group_link(group).remote_id
        return next((each for each in self.sp.groups if each["id"] == remote_id), None)

    def rows(self) -> tuple[Row, ...]:
        """The application's mapping."""
        return entries.rows_of(self.slug)

    def settle(self, patience: float = PATIENCE) -> None:
        """As the world's, without the moment that groups leave their members."""
        self.until(lambda: (self.settled() and not self.running()) or self.hurry(), patience)

    def hurry(self) -> bool:
        now = timezone.now()
        if not Due.objects.exists() and GroupDue.objects.filter(not_before__gt=now).update(not_before=now):
            due.wake()
        return False

    def ended(self, run: Run) -> tuple[str, dict[str, int]] | None:
        """How the run ended and what it changed; None while it goes on."""
        run.refresh_from_db()
        return (run.status, run.counts) if run.finished else None

    def refused(self) -> list[Recorded]:
        """Requests that the SP did not like. That something isn't there is an answer."""
        return [
            request
            for request in self.sp.requests
            if request.status >= 400 and request.path != "/Me" and (request.method, request.status) != ("GET", 404)
        ]

    def learned(self) -> dict[str, Any]:
        """What the connector's file did not know."""
        return Application.objects.get(id=self.application.id).learned


def _parameters(slug: str) -> dict[str, str]:
    """The examples of what its headers hold; its base URL is another one here anyway."""
    connector = entries.ENTRIES[slug]
    held = {name for value in connector.headers.values() for name in names_in(value)}
    return {one.name: one.example for one in connector.parameters if one.name in held}


Start = Callable[[str], Connected]


def _auth(connector: Connector) -> dict[str, str]:
    """How it signs in: as its file says first. Tokens of OAuth are shown in tests/scim; to the SP they are bearer tokens."""
    if connector.auth.type == "basic":
        return {"type": "basic", "username": connector.auth.username or "provisor", "password": "secret"}
    return {"type": "header" if connector.auth.type == "header" else "bearer", "token": "secret"}


def _token(connector: Connector) -> str:
    auth = _auth(connector)
    both = f"{auth.get('username')}:{auth.get('password')}"
    return b64encode(both.encode()).decode() if "password" in auth else auth["token"]


def _worn(world: Connected) -> Profile:
    """The SP that the file describes, its way to sign in included."""
    connector = entries.ENTRIES[world.slug]
    said = connector.auth
    header, prefix = ("Authorization", "Basic ") if said.type == "basic" else (said.header, said.prefix)
    return worn(world.form, connector.rehearsal, header=header, prefix=prefix)


@pytest.fixture
def connected(dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """`connected("slack")`: the world of that connector, at the SP of the preset. Its pace is left out: what limits do is
    shown in tests/engine."""
    yield from _worlds(dsn, monkeypatch, lambda world: PRESETS[PLAYED[world.slug]])


@pytest.fixture
def wearing(dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """As `connected`, at the SP that wears what the connector's file says and nothing else."""
    yield from _worlds(dsn, monkeypatch, _worn)


def _worlds(dsn: str, monkeypatch: pytest.MonkeyPatch, profile: Callable[[Connected], Profile]) -> Iterator[Start]:
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    with ExitStack() as stack:

        def start(slug: str) -> Connected:
            token = _token(entries.ENTRIES[slug.partition("@")[0]])
            world = Connected(dsn, stack.enter_context(FakeServiceProvider.in_thread(token=token)), slug)
            stack.callback(world.stop_worker)
            world.configure(form={"limits": {}})
            world.sp.profile = replace(profile(world), limits=())
            return world

        yield start
