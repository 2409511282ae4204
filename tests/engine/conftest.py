"""A small world: a directory, an application on the strict SP, and a worker. Tests change it through the commands that
people use, and look at what the SP and the database hold afterwards."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import django
import pytest

django.setup()  # this file may be read before pytest is configured

from django.db import connection as database  # noqa: E402
from django.utils import timezone  # noqa: E402

from provisor.administrators.actor import Actor, shell  # noqa: E402
from provisor.applications import commands as applications  # noqa: E402
from provisor.applications import due, working  # noqa: E402
from provisor.applications.models import Application, Change, Due, GroupDue, GroupLink, Link, Run  # noqa: E402
from provisor.directory import commands as directory  # noqa: E402
from provisor.directory.models import Group, User  # noqa: E402
from provisor.directory.validation import UserChanges  # noqa: E402
from provisor.testing import FakeServiceProvider  # noqa: E402
from provisor.text import unique_key  # noqa: E402

PATIENCE = 30.0


@pytest.fixture
def sp(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServiceProvider]:
    """The strict SP. A test that leaves it with a finding has broken a rule of the protocol."""
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    with FakeServiceProvider.in_thread() as provider:
        yield provider


@pytest.fixture
def world(dsn: str, sp: FakeServiceProvider) -> Iterator[World]:
    world = World(dsn, sp)
    yield world
    world.stop_worker()


class World:
    """What a test does and sees. `staff` is a group that is assigned to the application."""

    def __init__(self, dsn: str, sp: FakeServiceProvider) -> None:
        self.dsn, self.sp = dsn, sp
        self.actor: Actor = shell()
        self.application = self.make_application()
        self.staff = self.make_group("Staff")
        self._worker: RunningWorker | None = None

    # Making

    def make_application(self, name: str = "Sample app", base_url: str | None = None, **settings: Any) -> Application:
        given = {
            "name": name,
            "base_url": base_url or self.sp.base_url,
            "auth": {"type": "bearer", "token": "secret"},
            "settings": settings,
        }
        application = applications.create_application(self.actor, given, force=True)
        Application.objects.filter(id=application.id).update(provisioning="active")
        return application

    def configure(self, **settings: Any) -> None:
        applications.update_application(self.actor, self.application.id, {"settings": settings})

    def make_group(self, name: str) -> Group:
        group = Group.objects.create(name=name, name_key=unique_key(name), updated=timezone.now())
        applications.change_assignments(self.actor, self.application.id, groups_add=[group.id])
        return group

    def person(self, username: str = "ada", **values: Any) -> User:
        """A user without access yet."""
        values = {"email": f"{username}@example.com", "firstname": username.title(), "lastname": "Example", **values}
        return User.objects.create(
            username=username,
            username_key=unique_key(username),
            email_key=unique_key(values["email"]),
            updated=timezone.now(),
            **values,
        )

    def people(self, count: int) -> list[User]:
        """`count` members of staff, made at once."""
        users = [
            User(
                username=f"user{n:04}",
                username_key=f"user{n:04}",
                email=f"user{n:04}@example.com",
                email_key=f"user{n:04}@example.com",
                firstname="User",
                lastname=f"Number {n}",
                updated=timezone.now(),
            )
            for n in range(count)
        ]
        User.objects.bulk_create(users)
        self.join(*users)
        return users

    def employee(self, username: str = "ada", **values: Any) -> User:
        """A user with access, through the group."""
        user = self.person(username, **values)
        self.join(user)
        return user

    def join(self, *users: User) -> None:
        directory.change_members(self.actor, self.staff.id, add=[user.id for user in users])

    def leave(self, *users: User) -> None:
        directory.change_members(self.actor, self.staff.id, remove=[user.id for user in users])

    def edit(self, user: User, **values: Any) -> None:
        directory.update_user(self.actor, user.id, UserChanges(**values))

    # Working

    def work(self) -> None:
        """A worker until nothing is due that may be tried now."""
        with self.worker():
            self.settle()

    def work_off(self) -> None:
        """A worker until nothing may be tried now; what waits for its next try goes on waiting."""
        with self.worker():
            self.until(lambda: not self.ready() and not self.running())

    def ready(self) -> bool:
        """Whether anything is due that may be tried now or in a moment (groups follow their members so)."""
        soon = timezone.now() + timedelta(seconds=0.5)
        sent = Application.objects.filter(settings__manage_groups=True).values("id")
        groups = GroupDue.objects.filter(application_id__in=sent, not_before__lte=soon)
        return Due.objects.filter(not_before__lte=soon).exists() or groups.exists()

    @contextmanager
    def worker(self) -> Iterator[RunningWorker]:
        self._worker = RunningWorker(self.dsn)
        try:
            yield self._worker
        finally:
            self.stop_worker()

    def stop_worker(self) -> None:
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    def settle(self, patience: float = PATIENCE) -> None:
        self.until(lambda: self.settled() and not self.running(), patience)

    def running(self) -> bool:
        """A run is under way; one that waits for a person is not."""
        return Run.objects.filter(finished=None).exclude(status="waiting_approval").exists()

    def settled(self) -> bool:
        """Nothing is due: no account, and no group where groups are sent."""
        sent = Application.objects.filter(settings__manage_groups=True).values("id")
        return not (Due.objects.exists() or GroupDue.objects.filter(application_id__in=sent).exists())

    def until(self, holds: Callable[[], Any], patience: float = PATIENCE) -> None:
        """Returns when `holds`; fails, saying what the world looks like, when it doesn't in time."""
        deadline = time.monotonic() + patience
        while not holds():
            if time.monotonic() > deadline:
                pytest.fail(f"Not in {patience} s. {self.describe()}")
            time.sleep(0.01)  # between two looks at the condition; the deadline above ends it

    def make_ready(self) -> None:
        """What waits for its next try is tried now, as Retry would do."""
        Due.objects.update(not_before=timezone.now())
        GroupDue.objects.update(not_before=timezone.now())
        due.wake()

    def run(self, kind: str) -> Run:
        """A plan, sync or reconcile from its request to its end."""
        run = applications.start_run(self.actor, self.application.id, kind)
        with self.worker():
            self.until(lambda: Run.objects.get(id=run.id).finished)
        return Run.objects.get(id=run.id)

    def run_while_paused(self, kind: str) -> Run:
        """A plan of a world that nothing else changes: the application is paused meanwhile."""
        applications.deactivate_application(self.actor, self.application.id)
        run = self.run(kind)
        Application.objects.filter(id=self.application.id).update(provisioning="active")
        return run

    # Seeing

    def link(self, user: User) -> Link:
        return Link.objects.get(user_id=user.id, application_id=self.application.id)

    def group_link(self, group: Group) -> GroupLink:
        return GroupLink.objects.get(group_id=group.id, application_id=self.application.id)

    def group_there(self, group: Group) -> dict[str, Any] | None:
        """The group at the SP that carries this group's id."""
        return next((each for each in self.sp.groups if each.get("externalId") == str(group.id)), None)

    def members_there(self, group: Group) -> set[str]:
        """The user names of the group's members at the SP."""
        names = {user["id"]: user["userName"] for user in self.sp.users}
        there = self.group_there(group) or {}
        return {names.get(member["value"], "?") for member in there.get("members") or ()}

    def account(self, user: User) -> dict[str, Any] | None:
        """The account at the SP that carries this user's id."""
        return self.sp.by_external_id(str(user.id))

    def status(self, user: User) -> str:
        """As the API tells it."""
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT status FROM applications_account WHERE user_id = %s AND application_id = %s",
                [user.id, self.application.id],
            )
            row = cursor.fetchone()
        return row[0] if row else "none"

    def quiet(self) -> bool:
        """No request is open at the SP, and no run under way."""
        return all(request.status for request in self.sp.requests) and not self.running()

    def describe(self) -> str:
        links = Link.objects.values_list("status", "error", "intent")[:5]
        return f"due {Due.objects.count()}, links {list(links)}, changes {Change.objects.count()}"


class RunningWorker:
    """A worker in a thread. `stop` is what SIGTERM does; `kill` drops its database connection, as kill -9 would."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.name = f"worker {uuid.uuid4().hex[:8]}"
        self.failure: BaseException | None = None
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(working.work(f"{self.dsn} application_name='{self.name}'", self._stop))
        except BaseException as error:
            self.failure = error

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive(), "the worker did not stop"

    def kill(self) -> None:
        """Ends its database connection: at that moment it loses its locks and the ability to record."""
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [self.name]
            )
        self._thread.join(20)
