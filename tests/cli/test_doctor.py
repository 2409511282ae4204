"""doctor of one application: the reading test, then what its service provider was seen to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from provisor.administrators.actor import shell
from provisor.applications import commands
from provisor.applications.models import Application
from provisor.testing import FakeServiceProvider, Fault, Profile

Cli = Callable[..., Any]


@pytest.fixture
def sp(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServiceProvider]:
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    with FakeServiceProvider.in_thread(token="the-token", profile=Profile(filter_emails=False)) as provider:
        yield provider


@pytest.fixture
def application(cli: Cli, sp: FakeServiceProvider) -> Application:
    auth = {"type": "bearer", "token": "the-token"}
    return commands.create_application(shell(), {"name": "Wiki", "base_url": sp.base_url, "auth": auth})


def test_it_tells_what_was_found_and_learns_it(cli: Cli, application: Application, sp: FakeServiceProvider) -> None:
    ended = cli("doctor", "wiki", "--json")
    told = {step["name"]: step["message"] for step in json.loads(ended.out)["steps"]}
    assert (ended.code, told["users"]) == (0, "GET /Users: 200, users: 0.")
    assert told["form: filter_email"].startswith("False (learned). GET /Users with a filter on emails.value: 400")
    assert Application.objects.get().learned["filter_email"] is False
    assert (sp.writes, sp.findings) == ([], [])
    assert "form: filter_email" in cli("doctor", "wiki").out


def test_the_pace_is_told_where_a_worker_drove_it(cli: Cli, application: Application) -> None:
    state = {
        "state": "open",
        "paused_until": None,
        "reason": "20 of the last 20 accounts and groups failed there.",
        "concurrency": {"now": 1, "most": 8},
        "requests_last_minute": 21,
        "throttled_last_minute": 0,
        "limits": [],
    }
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO applications_pace VALUES (%s, %s, now())", [application.id, json.dumps(state)])
    ended = cli("doctor", "wiki", "--json")
    told = {step["name"]: step for step in json.loads(ended.out)["steps"]}
    assert ended.code == 1
    assert told["pace"]["ok"] is False
    assert told["pace"]["message"].startswith(
        "Open. 20 of the last 20 accounts and groups failed there. 1 of at most 8"
    )


def test_what_cannot_be_read_is_not_probed(cli: Cli, application: Application, sp: FakeServiceProvider) -> None:
    sp.fault(Fault("status", 403))
    ended = cli("doctor", "wiki", "--json")
    assert ended.code == 1
    assert [step["name"] for step in json.loads(ended.out)["steps"]] == ["address", "connect", "users"]
    assert Application.objects.get().learned == {}
