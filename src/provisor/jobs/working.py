"""Carrying jobs out: procrastinate's workers, which run beside the loop in the worker process.

Each job has a thread of its own, so that one that hangs keeps nobody from stopping: its worker lets go of it after
`GRACE`, it goes back into the queue, and the thread ends with the process. A worker says every two seconds that it
lives; the jobs of one that didn't for six seconds are done by others. If the database is away, this begins again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job as Queued
from procrastinate.tasks import Task
from procrastinate.worker import Worker
from psycopg_pool import AsyncConnectionPool

from provisor.jobs import pruning, registry  # pruning registers a job
from provisor.jobs.registry import DEFAULT, LONG, Job, Stopped

assert pruning

AT_ONCE = {DEFAULT: 2, LONG: 2}
POLL = 1.0  # seconds; what is notified begins at once
HEARTBEAT, STALLED, FORGOTTEN = 2.0, 6.0, 60.0  # seconds
GRACE = 3.0  # seconds that running jobs have when the worker stops
RECONNECT = 1.0  # seconds
CONNECT_WITHIN = 10.0  # seconds
WAITS = (10, 60, 300, 1800, 7200)  # seconds before each further try
LOST_TOO_OFTEN = 10  # it may be the job that ends its worker
CATCH_UP = 2 * 86_400.0  # seconds: so long ago a periodic job may have been missed to be done as soon as a worker runs
UNKNOWN_FOR = 24 * 60  # minutes: another machine may have a newer version, this one soon

log = structlog.get_logger()


async def run(dsn: str, stop: asyncio.Event) -> None:
    """Carries jobs out until `stop` is set; whatever happens, it begins again. `dsn`: past a pooler, for it listens."""
    logging.getLogger("procrastinate").setLevel(
        logging.CRITICAL + 1
    )  # it would write arguments; `_Again` tells instead
    registry.stopping.clear()
    while not stop.is_set():
        working = asyncio.create_task(_work(dsn))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            registry.stopping.set()
        working.cancel()
        stopped.cancel()
        [problem, _] = await asyncio.gather(working, stopped, return_exceptions=True)
        if not stop.is_set():
            log.warning("Background jobs start again", reason=_words(problem))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RECONNECT)


async def _work(dsn: str) -> None:
    """Until cancelled, or until something fails, as the database does when it goes away."""
    pool = AsyncConnectionPool(
        dsn, min_size=1, max_size=4, open=False, check=AsyncConnectionPool.check_connection, timeout=CONNECT_WITHIN
    )
    async with pool:
        await pool.wait(CONNECT_WITHIN)
        app = _app(PsycopgConnector())
        await app.connector.open_async(pool)
        workers = [_worker(app, queue, most) for queue, most in AT_ONCE.items()]
        tasks = [asyncio.create_task(worker.run()) for worker in workers]  # type: ignore[no-untyped-call]
        tasks.append(asyncio.create_task(_take_over(app, workers)))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result


def _worker(app: App, queue: str, at_once: int) -> Worker:
    return Worker(
        app,
        queues=[queue],
        concurrency=at_once,
        fetch_job_polling_interval=POLL,
        abort_job_polling_interval=60.0,
        shutdown_graceful_timeout=GRACE,
        install_signal_handlers=False,
        update_heartbeat_interval=HEARTBEAT,
        stalled_worker_timeout=FORGOTTEN,
    )


def _app(connector: PsycopgConnector) -> App:
    """procrastinate's view of what is registered."""
    app = App(connector=connector, periodic_defaults={"max_delay": CATCH_UP})
    for one in registry.known.values():
        task = app.task(name=one.name, queue=one.queue, lock=one.lock, retry=_Again(one.retries))(_performing(one))
        if one.cron:
            app.periodic(cron=one.cron)(task)
    app.tasks = _Tasks(app.tasks, app.task(name="unknown", retry=_Again(UNKNOWN_FOR, waits=(60,)))(_unknown))
    return app


class _Tasks(dict[str, Task[Any, Any, Any]]):
    """A job that this version doesn't know waits for one that does."""

    def __init__(self, tasks: dict[str, Task[Any, Any, Any]], unknown: Task[Any, Any, Any]) -> None:
        super().__init__(tasks)
        self._unknown = unknown

    def get(self, name: str, default: object = None) -> Any:
        return super().get(name, self._unknown)


async def _unknown(**_arguments: Any) -> None:
    raise LookupError("This version of Provisor knows no such job.")


def _performing(one: Job) -> Callable[..., Awaitable[None]]:
    async def perform(timestamp: int | None = None, **arguments: Any) -> None:  # the time, where it is periodic
        await _in_a_thread(lambda: one.work(**arguments))

    return perform


async def _in_a_thread(work: Callable[[], object]) -> None:
    """As asyncio.to_thread, but whoever ends the process need not wait for it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(problem: BaseException | None) -> None:
        if done.done():
            return
        done.set_exception(problem) if problem else done.set_result(None)

    def body() -> None:
        problem = _tried(work)
        with contextlib.suppress(RuntimeError):  # the loop is over
            loop.call_soon_threadsafe(settle, problem)

    threading.Thread(target=body, daemon=True, name="job").start()
    await done


def _tried(work: Callable[[], object]) -> BaseException | None:
    """Runs in the job's thread, and gives the thread's connections back."""
    from django.db import connections

    try:
        work()
    except StopIteration as error:  # a future can't hold one
        return RuntimeError(f"StopIteration: {error}")
    except BaseException as error:
        return error
    finally:
        connections.close_all()
    return None


class _Again(BaseRetryStrategy):
    """When a job that failed is tried again; and the one place that tells of it, without its arguments."""

    def __init__(self, retries: int, waits: tuple[int, ...] = WAITS) -> None:
        self._retries, self._waits = retries, waits

    def get_retry_decision(self, *, exception: BaseException, job: Queued) -> RetryDecision | None:
        if isinstance(exception, Stopped | asyncio.CancelledError):
            log.info("A job goes back into the queue", job=job.task_name, id=job.id)
            return RetryDecision(retry_at=datetime.now(UTC))
        told = {"job": job.task_name, "id": job.id, "reason": _words(exception), "where": _where(exception)}
        if job.attempts >= self._retries:
            log.error("A job failed", **told)
            return None
        wait = self._waits[min(job.attempts, len(self._waits) - 1)]
        log.warning("A job failed and is tried again", in_seconds=wait, **told)
        behind = -job.attempts - 1  # one that wants to be alone keeps back those behind it, also while it waits
        return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=wait), priority=behind)


def _words(problem: object) -> str:
    """The first line: a database's further ones repeat values."""
    if not isinstance(problem, BaseException):
        return "ended"
    return f"{type(problem).__name__}: {problem}".splitlines()[0][:300]


def _where(problem: BaseException) -> list[str]:
    frames = traceback.extract_tb(problem.__traceback__)[-4:]
    return [f"{frame.filename.rsplit('provisor/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]


_TAKE_OVER = """
    WITH lost AS (
        SELECT j.id FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
         WHERE j.status = 'doing' AND NOT j.worker_id = ANY(%(own)s::bigint[])
           AND w.last_heartbeat < now() - make_interval(secs => %(stalled)s)
         UNION ALL
        SELECT j.id FROM procrastinate_jobs j WHERE j.status = 'doing' AND j.worker_id IS NULL
    ), locked AS (
        SELECT j.id FROM procrastinate_jobs j JOIN lost USING (id) WHERE j.status = 'doing' FOR UPDATE OF j SKIP LOCKED
    )
    UPDATE procrastinate_jobs j
       SET status = (CASE WHEN j.attempts >= %(most)s THEN 'failed' ELSE 'todo' END)::procrastinate_job_status,
           attempts = j.attempts + 1, scheduled_at = NULL, worker_id = NULL, abort_requested = false
      FROM locked WHERE j.id = locked.id
    RETURNING j.id, j.task_name, j.status::text
"""


async def _take_over(app: App, workers: list[Worker]) -> None:
    """The jobs of workers that are gone go back into the queue."""
    while True:
        await asyncio.sleep(HEARTBEAT)
        own = [worker.worker_id for worker in workers if worker.worker_id is not None]
        what: dict[str, Any] = {"own": own, "stalled": STALLED, "most": LOST_TOO_OFTEN}
        for row in await app.connector.execute_query_all_async(_TAKE_OVER, **what):
            log.warning("A job lost its worker", job=row["task_name"], id=row["id"], now=row["status"])
        await app.job_manager.prune_stalled_workers(FORGOTTEN)
