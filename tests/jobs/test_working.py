"""A worker process does what was deferred; whatever happens to it, nothing is lost."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import psycopg
import pytest
from django.db import transaction
from tests.jobs.sample_jobs import TICKS

from provisor import jobs
from provisor.audit.models import Event
from provisor.jobs import registry, working

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_worker_does_a_job_with_the_orm(start_worker, until, statuses):
    start_worker()
    jobs.later("sample_event", text="done in the background")
    until(lambda: Event.objects.filter(type="sample").exists())
    assert Event.objects.get(type="sample").message == "done in the background"
    until(lambda: statuses("sample_event") == ["succeeded"])


def test_what_rolls_back_is_never_done(start_worker, until, statuses):
    start_worker()
    with transaction.atomic():
        jobs.later("sample_event", text="never")
        transaction.set_rollback(True)
    jobs.later("sample_event", text="after it")
    until(lambda: statuses("sample_event") == ["succeeded"])
    assert [event.message for event in Event.objects.filter(type="sample")] == ["after it"]


def test_a_killed_workers_job_is_done_by_another(start_worker, until, statuses, trace, lines):
    first = start_worker()
    jobs.later("sample_hold", path=str(trace))
    until(lambda: lines() == [f"began in {first.pid}"])
    first.kill()
    second = start_worker()
    Path(f"{trace}.go").touch()
    until(lambda: statuses("sample_hold") == ["succeeded"])
    assert lines()[1:] == [f"began in {second.pid}", f"ended in {second.pid}"]


def test_a_worker_that_only_stands_still_doesnt_lose_its_job_to_itself(start_worker, until, statuses, trace, lines):
    worker = start_worker()
    jobs.later("sample_hold", path=str(trace))
    until(lambda: lines())
    worker.send_signal(signal.SIGSTOP)
    until(lambda: _heartbeat_age() > 7)
    worker.send_signal(signal.SIGCONT)
    until(lambda: _heartbeat_age() < 2)
    Path(f"{trace}.go").touch()
    until(lambda: statuses("sample_hold") == ["succeeded"])
    assert lines() == [f"began in {worker.pid}", f"ended in {worker.pid}"]


@pytest.mark.parametrize("name", ["sample_hold", "sample_long"], ids=["hangs", "looks"])
def test_a_worker_stops_within_seconds_and_gives_its_job_back(start_worker, until, statuses, trace, lines, name):
    worker = start_worker()
    jobs.later(name, path=str(trace))
    until(lambda: lines())
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(9) == 0
    assert statuses(name) == ["todo"]
    second = start_worker()
    Path(f"{trace}.go").touch()
    until(lambda: statuses(name) == ["succeeded"])
    assert lines()[1:] == [f"began in {second.pid}", f"ended in {second.pid}"]


def test_a_periodic_job_is_done_once_for_two_workers(start_worker, until, statuses, trace, lines):
    workers = [start_worker(**{TICKS: str(trace)}) for _ in range(2)]
    until(lambda: len(lines()) >= 4)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    for worker in workers:
        worker.wait(9)
    done = len(lines())
    assert done == _distinct_times("sample_tick")
    assert set(lines()) <= {str(worker.pid) for worker in workers}


def test_a_job_that_fails_is_tried_again_and_no_argument_is_logged(
    start_worker, until, statuses, trace, lines, tmp_path
):
    start_worker()
    jobs.later("sample_fail", path=str(trace), secret="hunter2-canary")
    until(lambda: lines() == ["tried"])
    until(lambda: _make_ready("sample_fail"))
    until(lambda: statuses("sample_fail") == ["failed"])
    assert lines() == ["tried", "tried"]
    log = (tmp_path / "worker-0.log").read_text()
    assert "A job failed and is tried again" in log
    assert "ValueError: it can't be done" in log
    assert "hunter2-canary" not in log


def test_a_job_that_fails_once_succeeds_later(start_worker, until, statuses, trace, lines):
    start_worker()
    jobs.later("sample_twice", path=str(trace))
    until(lambda: lines() == ["tried"])
    until(lambda: _make_ready("sample_twice"))
    until(lambda: statuses("sample_twice") == ["succeeded"])


def test_jobs_that_want_to_be_alone_are(start_worker, until, statuses, trace, lines):
    start_worker(), start_worker()
    for _ in range(3):
        jobs.later("sample_alone", path=str(trace))
    until(lambda: statuses("sample_alone") == ["succeeded"] * 3)
    assert lines() == ["in", "out"] * 3


def test_one_that_waits_for_its_next_try_keeps_back_no_other(start_worker, until, statuses, trace, lines):
    start_worker()
    jobs.later("sample_sole", path=str(trace), fails=True)
    until(lambda: lines() == ["tried"] and statuses("sample_sole") == ["todo"])
    jobs.later("sample_sole", path=str(trace), fails=False)
    until(lambda: statuses("sample_sole") == ["todo", "succeeded"])


def test_an_unknown_job_waits_for_a_worker_that_knows_it(start_worker, until, dsn):
    start_worker()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('default', 'of_tomorrow')")
        asked = "SELECT status::text, attempts FROM procrastinate_jobs WHERE task_name = 'of_tomorrow'"
        until(lambda: connection.execute(asked).fetchone() == ("todo", 1))


def test_jobs_go_on_after_the_database_was_away(start_worker, until, statuses, dsn):
    start_worker()
    jobs.later("sample_event", text="before")
    until(lambda: statuses("sample_event") == ["succeeded"])
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'provisor jobs'"
        )
    jobs.later("sample_event", text="after")
    until(lambda: statuses("sample_event") == ["succeeded"] * 2)


async def test_without_a_database_it_waits_for_one_and_can_be_stopped(free_port):
    stop = asyncio.Event()
    running = asyncio.create_task(working.run(f"postgresql://127.0.0.1:{free_port}/nothing", stop))
    done, _ = await asyncio.wait({running}, timeout=0.5)
    assert not done
    stop.set()
    await asyncio.wait_for(running, 5)
    registry.stopping.clear()


def _heartbeat_age() -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers")
        return float(cursor.fetchone()[0])


def _make_ready(name: str) -> int:
    """What would be tried again in a while is tried now."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE task_name = %s AND status = 'todo'", [name]
        )
        return int(cursor.rowcount)


def _distinct_times(name: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT args->>'timestamp') FROM procrastinate_jobs WHERE task_name = %s"
            " AND status = 'succeeded'",
            [name],
        )
        return int(cursor.fetchone()[0])
