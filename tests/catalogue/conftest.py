"""An application made from a connector, on the strict SP that wears the product's deviations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import django
import pytest

django.setup()  # this file may be read before pytest is configured

from tests.engine.conftest import World  # noqa: E402

from provisor.applications import commands as applications  # noqa: E402
from provisor.applications.models import Application  # noqa: E402
from provisor.catalogue import entries  # noqa: E402
from provisor.core.form import Form, make  # noqa: E402
from provisor.directory.models import Group, User  # noqa: E402
from provisor.testing import FakeServiceProvider  # noqa: E402
from provisor.testing.presets import PRESETS  # noqa: E402
from provisor.testing.records import Recorded  # noqa: E402

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
        self.slug = slug
        super().__init__(dsn, sp)

    def make_application(self, name: str = "Sample app", base_url: str | None = None, **settings: Any) -> Application:
        given = {"name": name, "connector": self.slug, "base_url": base_url or self.sp.base_url, "settings": settings}
        auth = {"type": "bearer", "token": "secret"}
        application = applications.create_application(self.actor, {**given, "auth": auth}, force=True)
        Application.objects.filter(id=application.id).update(provisioning="active")
        return application

    @property
    def form(self) -> Form:
        return make(entries.form_of(self.slug), {}, {})

    def account(self, user: User) -> dict[str, Any] | None:
        """The account that the user is linked to: not every product keeps an externalId."""
        remote_id = self.link(user).remote_id
        return next((account for account in self.sp.users if account["id"] == remote_id), None)

    def group_there(self, group: Group) -> dict[str, Any] | None:
        """As `account`, of a group."""
        remote_id = self.group_link(group).remote_id
        return next((each for each in self.sp.groups if each["id"] == remote_id), None)

    def refused(self) -> list[Recorded]:
        """Requests that the SP did not like."""
        return [request for request in self.sp.requests if request.status >= 400 and request.path != "/Me"]

    def learned(self) -> dict[str, Any]:
        """What the connector's file did not know."""
        return Application.objects.get(id=self.application.id).learned


@pytest.fixture
def connected(dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Connected]]:
    """`connected("slack")`: the world of that connector. Its pace is left out: what limits do is shown in tests/engine."""
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    with FakeServiceProvider.in_thread() as sp:
        worlds: list[Connected] = []

        def start(slug: str) -> Connected:
            sp.profile = replace(PRESETS[PLAYED[slug]], limits=())
            worlds.append(Connected(dsn, sp, slug))
            worlds[0].configure(form={"limits": {}})
            return worlds[0]

        yield start
        for world in worlds:
            world.stop_worker()
