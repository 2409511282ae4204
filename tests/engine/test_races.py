"""Two transactions that don't see each other: whatever the order of their commits, nothing is lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from provisor.applications import commands as applications
from provisor.applications.models import Assignment, Due
from provisor.applications.pump import Pump
from provisor.directory import commands as directory
from provisor.engine.ports import Gone


class Open:
    """A transaction of another connection that did something and has not committed yet."""

    def __init__(self, doing: Callable[[], object]) -> None:
        self._done, self._commit = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, args=(doing,))
        self._thread.start()
        assert self._done.wait(10)

    def _run(self, doing: Callable[[], object]) -> None:
        try:
            with transaction.atomic():
                doing()
                self._done.set()
                self._commit.wait(30)
        finally:
            connection.close()

    def commit(self) -> None:
        self._commit.set()
        self._thread.join(10)


def test_joining_a_group_while_it_is_assigned(world):
    Assignment.objects.all().delete()
    ada = world.person("ada")
    joining = Open(lambda: world.join(ada))
    applications.change_assignments(world.actor, world.application.id, groups_add=[world.staff.id])
    world.work()
    joining.commit()
    with world.worker():
        world.until(lambda: world.status(ada) == "synced")


def test_assigning_a_group_while_somebody_joins(world):
    Assignment.objects.all().delete()
    ada = world.person("ada")
    assigning = Open(
        lambda: applications.change_assignments(world.actor, world.application.id, groups_add=[world.staff.id])
    )
    world.join(ada)
    world.work()
    assigning.commit()
    with world.worker():
        world.until(lambda: world.status(ada) == "synced")


def test_a_user_who_is_being_deleted_gets_no_account(world):
    ada = world.employee("ada")
    deleting = Open(lambda: directory.delete_user(world.actor, ada.id))
    bob = world.employee("bob")
    with world.worker():
        world.until(lambda: world.status(bob) == "synced")
        assert world.account(ada) is None
        deleting.commit()
        world.until(lambda: not Due.objects.exists())
    assert world.account(ada) is None


async def test_whoever_waits_for_the_database_learns_that_it_is_lost(dsn):
    """Also those whose turn had begun, or was to come in the same round."""
    pump, ready = Pump(dsn, no_writes), asyncio.Event()
    running = asyncio.create_task(pump.run(ready))
    await ready.wait()

    async def die(connection):
        await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    async def ask(connection):
        await connection.execute("SELECT 1")

    async with asyncio.timeout(10):
        answers = await asyncio.gather(
            *(pump.call(ask) for _ in range(3)),
            pump.call(die),
            *(pump.call(ask) for _ in range(3)),
            return_exceptions=True,
        )
    assert [type(answer) for answer in answers[3:]] == [Gone] * 4
    with pytest.raises(Gone):
        await running


async def no_writes(connection, items):
    await connection.execute("SELECT 1")
