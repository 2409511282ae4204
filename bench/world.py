"""A whole Provisor for the time of the benchmarks: embedded PostgreSQL with its usual, durable settings in a
temporary folder, one worker process, and people in the directory.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil

from bench.machine import cpu_of
from bench.people import person
from bench.processes import SinkProcess, running_sink, running_worker

CONCURRENCY = 32
PATIENCE = 60.0
LOOK_EVERY = 0.01  # seconds; that is how exactly the end of a load or run is known
_OPEN = """
    SELECT EXISTS (SELECT 1 FROM applications_due) OR
           EXISTS (SELECT 1 FROM applications_groupdue d JOIN applications_application a ON a.id = d.application_id
                   WHERE (a.settings ->> 'manage_groups')::boolean) OR
           EXISTS (SELECT 1 FROM applications_run WHERE finished IS NULL)
"""


@dataclass(frozen=True)
class Size:
    """How much is measured: people of a load, single edits, how often all of it; accounts of a read and an import."""

    people: int
    edits: int
    rounds: int
    accounts: int
    imported: int


@dataclass(frozen=True)
class Cpu:
    """CPU seconds used so far."""

    worker: float
    database: float


class World:
    """What a benchmark does and sees. Everything goes through the commands that the API uses. `staff`: the groups that
    hold everybody who is loaded."""

    def __init__(self, sink: SinkProcess, worker: psutil.Process, database: psutil.Process) -> None:
        from provisor.administrators.actor import shell

        self.sink = sink
        self.actor = shell()
        self.staff: list[UUID] = []
        self.worker, self._database = worker, database

    def cpu(self) -> Cpu:
        return Cpu(cpu_of(self.worker), cpu_of(self._database))

    def people(self, count: int, team: str, *, groups: int = 1) -> list[UUID]:
        """`count` people in as many groups, evenly; the groups."""
        from django.utils import timezone

        from provisor.directory.models import Group, Membership, User

        users = [User(**_columns(person(number, team))) for number in range(count)]
        names = [f"{team} {number}" for number in range(groups)]
        made = [Group(name=name, name_key=name, updated=timezone.now()) for name in names]
        User.objects.bulk_create(users, batch_size=500)
        Group.objects.bulk_create(made)
        members = [Membership(group=made[number % groups], user=user) for number, user in enumerate(users)]
        Membership.objects.bulk_create(members, batch_size=1000)
        return [group.id for group in made]

    @contextmanager
    def application(
        self,
        *,
        latency: float = 0.0,
        form: dict[str, Any] | None = None,
        base_url: str | None = None,
        auth: dict[str, Any] | None = None,
        rate_limit: dict[str, int] | None = None,
    ) -> Iterator[UUID]:
        """An active application on an empty sink (or at `base_url`), with overrides of its SP form and another way to sign
        in, forgotten afterwards."""
        from provisor.applications import commands

        given = {
            "name": "Sink",
            "base_url": base_url or self.sink.base_url,
            "auth": auth or {"type": "bearer", "token": "secret"},
            "settings": {
                "concurrency": CONCURRENCY,
                "reconcile_every": 0,
                "form": form or {},
                "rate_limit": rate_limit,
            },
        }
        id = commands.create_application(self.actor, given).id
        commands.activate_application(self.actor, id, force=True)
        self.sink.reset(latency=latency)
        yield id
        commands.delete_application(self.actor, id)

    def assign(self, application: UUID, groups: list[UUID]) -> None:
        from provisor.applications import commands

        commands.change_assignments(self.actor, application, groups_add=groups)

    def assign_quietly(self, application: UUID, groups: list[UUID]) -> None:
        """As if it had been done long ago: nothing becomes due."""
        from provisor.applications.models import Assignment

        Assignment.objects.bulk_create(Assignment(application_id=application, group_id=group) for group in groups)

    def link_everybody(self, application: UUID, team: str, count: int) -> None:
        """As if `count` people of `team` had been provisioned long ago, in the order in which the sink numbers them."""
        from provisor.applications.models import Link

        for start in range(0, count, 2000):
            numbers = range(start, min(start + 2000, count))
            Link.objects.bulk_create([_link(application, number, team) for number in numbers])

    def edit(self, user: UUID, **values: Any) -> None:
        from provisor.directory import commands
        from provisor.directory.validation import UserChanges

        commands.update_user(self.actor, user, UserChanges(**values))

    def mark_all(self, application: UUID) -> None:
        """Every account is to be looked at, as after a change of the mapping."""
        from provisor.applications import due

        due.mark_application(application, due.Mark(due.SET, "set", self.actor.as_json()))

    def run(self, application: UUID, kind: str, *, patience: float = PATIENCE) -> None:
        """A sync or reconcile, from its request to its end."""
        from provisor.applications import commands

        commands.start_run(self.actor, application, kind)
        self.settle(patience)

    def members(self, group: UUID) -> list[UUID]:
        from provisor.directory.models import Membership

        return list(Membership.objects.filter(group_id=group).values_list("user_id", flat=True))

    def settle(self, patience: float = PATIENCE) -> None:
        """Returns once nothing is due and no run is under way."""
        from django.db import connection

        deadline = time.monotonic() + patience
        with connection.cursor() as cursor:
            while cursor.execute(_OPEN).fetchone()[0]:
                assert time.monotonic() < deadline, f"not settled in {patience} s"
                time.sleep(LOOK_EVERY)

    def accounts(self, application: UUID) -> int:
        """How many accounts are recorded as synced."""
        from provisor.applications.models import Link

        return Link.objects.filter(application_id=application, status="synced").count()


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    from django.utils import timezone

    from provisor.directory.shapes import FIELDS

    columns = {FIELDS.get(name, name): value for name, value in values.items()}
    return {**columns, "username_key": values["username"], "email_key": values["email"], "updated": timezone.now()}


def _link(application: UUID, number: int, team: str) -> Any:
    from django.utils import timezone

    from provisor.applications.models import Link
    from provisor.applications.reading import link_id
    from provisor.core import mapping
    from provisor.core.users import User

    values = person(number, team)
    desired = mapping.desired(User(values["id"], "active", "pending", values), mapping.DEFAULT_ROWS)
    return Link(
        id=link_id(application, values["id"]),
        application_id=application,
        user_id=values["id"],
        status="synced",
        remote_id=f"{number + 1:08x}",
        active=True,
        known={path: {"sent": value, "echo": value} for path, value in desired.items()},
        created_here=True,
        updated=timezone.now(),
    )


@contextmanager
def world(size: Size) -> Iterator[World]:
    """Everything started; stopped and removed afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="provisor-bench-")))
        _prepare_environment(folder)
        from provisor.runtime.postgres import running

        cluster = stack.enter_context(running(folder))
        subprocess.run([sys.executable, "-m", "provisor", "migrate", "--quiet"], check=True, timeout=120)
        import django

        django.setup()
        from django.db import connection

        stack.callback(connection.close)
        sink, worker = stack.enter_context(running_sink()), stack.enter_context(running_worker())
        database = cluster.process()
        assert database is not None
        made = World(sink, worker, database)
        made.staff = made.people(size.people, "staff", groups=20)
        yield made


def _prepare_environment(folder: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("PROVISOR_", "PG"))]:
        del os.environ[name]
    os.environ["PROVISOR_DATA_DIR"] = str(folder)
    os.environ["PROVISOR_ALLOW_TARGETS"] = "127.0.0.1"
    os.environ["DJANGO_SETTINGS_MODULE"] = "provisor.settings"
    os.environ["PROVISOR_DATABASE_POOL"] = "0"
