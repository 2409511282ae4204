"""What is put into the queue, and what tests do with it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from tests.jobs import sample_jobs

from provisor import jobs
from provisor.jobs import counts, pruning, registry

pytestmark = pytest.mark.django_db


@pytest.fixture
def register(monkeypatch):
    """Jobs of one test."""
    monkeypatch.setattr(registry, "known", dict(registry.known))
    return jobs.job


def test_run_all_does_what_waits_and_what_that_defers(register):
    done = []

    @register("first")
    def first(number):
        done.append(number)
        jobs.later("second", number=number + 1)

    @register("second")
    def second(number):
        done.append(number)

    jobs.later("first", number=1)
    assert jobs.run_all() == ["first", "second"]
    assert done == [1, 2]
    assert jobs.run_all() == []


def test_run_all_lets_a_failure_out(register):
    @register("broken")
    def broken():
        raise ZeroDivisionError

    jobs.later("broken")
    with pytest.raises(ZeroDivisionError):
        jobs.run_all()
    assert counts.failed() == {"broken": 1}
    assert counts.counts()["failed"] == 1


def test_ids_and_times_arrive_as_text(register):
    came = {}
    register("keeps")(lambda **words: came.update(words))
    user, when = uuid.uuid4(), datetime(2026, 11, 24, tzinfo=UTC)
    jobs.later("keeps", user=user, when=when, many=[user])
    jobs.run_all()
    assert came == {"user": str(user), "when": when.isoformat(), "many": [str(user)]}


def test_what_is_for_later_waits(register):
    register("tomorrow")(lambda: None)
    jobs.at(datetime.now(UTC) + timedelta(days=1), "tomorrow")
    assert jobs.run_all() == []
    assert counts.counts() == {"waiting": 0, "scheduled": 1, "running": 0, "failed": 0}


def test_a_job_that_wants_to_be_alone_isnt_for_later(register):
    register("single", alone=True)(lambda: None)
    with pytest.raises(ValueError, match="'single' is alone"):
        jobs.at(datetime.now(UTC), "single")


def test_a_name_that_nobody_registered_is_refused():
    with pytest.raises(LookupError, match=r"no job 'misspelt'\. Known: .*sample_event"):
        jobs.later("misspelt")


def test_two_jobs_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two jobs named 'sample_event'"):
        jobs.job("sample_event")(sample_jobs.hold)
    assert registry.known["sample_event"].work is sample_jobs.event


def test_what_is_no_json_is_refused():
    with pytest.raises(TypeError, match="not object"):
        jobs.later("sample_event", text=object())


def test_jobs_that_are_over_go_after_a_day_and_failed_ones_after_thirty(register):
    register("over")(lambda: None)
    _over("2 hours", "succeeded"), _over("2 days", "succeeded"), _over("2 days", "failed"), _over("31 days", "failed")
    jobs.later("over")
    pruning.prune_jobs()
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->>'age', status::text FROM procrastinate_jobs ORDER BY id")
        assert cursor.fetchall() == [("2 hours", "succeeded"), ("2 days", "failed"), (None, "todo")]


def _over(age: str, status: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', 'over',"
            " jsonb_build_object('age', %s::text)) RETURNING id",
            [age],
        )
        one = cursor.fetchone()[0]
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [one])
        cursor.execute("SELECT procrastinate_finish_job_v1(%s, %s, false)", [one, status])
        cursor.execute("UPDATE procrastinate_events SET at = now() - %s::interval WHERE job_id = %s", [age, one])
