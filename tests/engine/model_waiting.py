"""What makes waiting short: a test may do what "Retry" does, again and again, instead of sleeping through back-offs.

Also what a test needs to see of workers that run beside each other."""

from __future__ import annotations

import gc
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from tests.engine.conftest import PATIENCE, RunningWorker, World

from provisor.applications import due
from provisor.applications.models import Application, Due, Link, Run
from provisor.engine.ports import Gone

_DRIVERS = """
SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND classid = 1347570521 AND objsubid = 2 AND granted
"""


def hurry() -> None:
    """What waits for its next try, or for a probe, may be tried now."""
    now = timezone.now()
    woken = Due.objects.filter(not_before__gt=now).update(not_before=now)
    woken += Application.objects.filter(provisioning="failing", probe_at__gt=now).update(probe_at=now)
    if woken:
        due.wake()


def is_quiet() -> bool:
    """Whether nothing is due, nothing failing and no run under way; until then, no back-off is waited for."""
    hurry()
    failing = Application.objects.filter(provisioning="failing")
    return not (Due.objects.exists() or Run.objects.filter(finished=None).exists() or failing.exists())


def settle(world: World, patience: float = PATIENCE) -> None:
    """Until nothing is due, whatever back-off there was. A worker has to be running."""
    world.until(is_quiet, patience)


def converge(world: World, patience: float = PATIENCE) -> None:
    """A fresh worker, which knows of no pause, until nothing is due."""
    with world.worker():
        settle(world, patience)


def assert_each_has_one_account(world: World, count: int) -> None:
    """`count` accounts at the SP, each linked to the one user whose id it carries, and nothing else."""
    accounts = {account["externalId"]: account["id"] for account in world.sp.users}
    links = {str(user): remote for user, remote in Link.objects.values_list("user_id", "remote_id")}
    assert len(world.sp.users) == len(accounts) == count
    assert links == accounts
    assert set(Link.objects.values_list("status", flat=True)) == {"synced"}
    assert world.sp.findings == []


@contextmanager
def workers(world: World, count: int) -> Iterator[list[RunningWorker]]:
    """`count` workers on one database. Each of them may be killed."""
    with ExitStack() as stack:
        running = [RunningWorker(world.dsn) for _ in range(count)]
        for worker in running:
            stack.callback(worker.stop)
        yield running
    for worker in running:
        assert_ended_well(worker)


def assert_ended_well(worker: RunningWorker) -> None:
    """A worker ends because it was asked to, or because its database connection went: for nothing else."""
    if worker.failure is not None and not isinstance(worker.failure, Gone):
        raise worker.failure


@contextmanager
def sloppy_ends() -> Iterator[None]:
    """Who is killed leaves sockets open: the system closes a dead process's, and here the garbage collection does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


def crash(world: World, worker: RunningWorker) -> None:
    """Kills a worker, once it is there to be killed."""
    world.until(lambda: _rows("SELECT 1 FROM pg_stat_activity WHERE application_name = %s", worker.name))
    worker.kill()
    assert isinstance(worker.failure, Gone), worker.failure


def driver() -> str | None:
    """The name of the worker that drives an application at the moment."""
    rows = _rows(_DRIVERS)
    return rows[0][0] if rows else None


def _rows(statement: str, *given: object) -> list[Any]:
    with database.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchall()


@contextmanager
def held_open(do: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """Somebody else's transaction: `do` is done in it, and it isn't committed until what is yielded is called, or the
    block is left."""
    done, end, failures = threading.Event(), threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            with transaction.atomic():
                do()
                done.set()
                end.wait(PATIENCE)
        except BaseException as error:
            failures.append(error)
        finally:
            done.set()
            database.close()

    thread = threading.Thread(target=run)

    def commit() -> None:
        end.set()
        thread.join()
        assert not failures, failures

    thread.start()
    try:
        assert done.wait(PATIENCE)
        yield commit
    finally:
        commit()


@contextmanager
def without_waiting() -> Iterator[None]:
    """A transaction in which waiting for anybody's lock is a failure, at commit too."""
    with transaction.atomic():
        with database.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '500ms'; SET LOCAL statement_timeout = '5s'")
        yield
