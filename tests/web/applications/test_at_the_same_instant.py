"""Two calls at the same instant: one wins, the other is told, and nothing is there twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from provisor.administrators.actor import system
from provisor.applications.commands import change_assignments, create_application, delete_application, start_run
from provisor.applications.models import Application, Assignment, Run
from provisor.errors import Problem

pytestmark = pytest.mark.django_db(transaction=True)


def together(*calls):
    """What each call gave or raised, begun at the same moment on connections of their own."""
    ready = threading.Barrier(len(calls))

    def work(call):
        ready.wait(timeout=10)
        try:
            return call()
        except Problem as problem:
            return problem.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(work, calls))


def test_a_name_is_given_once(monkeypatch):
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")

    def create(port):
        return lambda: create_application(system(), {"name": "One", "base_url": f"http://127.0.0.1:{port}"})

    outcomes = together(*(create(port) for port in range(9, 13)))
    assert (outcomes.count("conflict"), Application.objects.count()) == (3, 1)


def test_a_base_url_is_given_once(monkeypatch):
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")

    def create(name):
        return lambda: create_application(system(), {"name": name, "base_url": "http://127.0.0.1:9"})

    outcomes = together(*(create(name) for name in "abcd"))
    assert (outcomes.count("duplicate_base_url"), Application.objects.count()) == (3, 1)


def test_one_run_of_a_kind_is_queued(make_application):
    application = make_application("Chat")
    runs = together(*[lambda: start_run(system(), application.id, "plan")] * 4)
    assert {run.id for run in runs} == set(Run.objects.values_list("id", flat=True))
    assert Run.objects.count() == 1


def test_an_assignment_is_made_once(make_application, make_user):
    application, ada = make_application("Chat"), make_user("ada")
    changes = together(*[lambda: change_assignments(system(), application.id, users_add=[ada.id])] * 4)
    assert sorted(len(change.added["users"]) for change in changes) == [0, 0, 0, 1]


def test_deleting_while_assigning_leaves_nothing_behind(make_application, make_user):
    application, users = make_application("Chat"), [make_user(f"user{number}") for number in range(3)]
    calls = [lambda user=user: change_assignments(system(), application.id, users_add=[user.id]) for user in users]
    together(*calls, lambda: delete_application(system(), application.id))
    assert (Application.objects.count(), Assignment.objects.count()) == (0, 0)
