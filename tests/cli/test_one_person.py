"""plan and sync for one person: what is shown, what is sent, and what is said where it can't be."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from provisor.administrators.actor import shell
from provisor.applications import commands, working
from provisor.applications.models import Application, Due
from provisor.cli import watching
from provisor.directory import commands as directory
from provisor.directory.validation import NewUser
from provisor.testing import FakeServiceProvider

Cli = Callable[..., Any]


@pytest.fixture
def sp(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServiceProvider]:
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    with FakeServiceProvider.in_thread(token="hunter2") as provider:
        yield provider


@pytest.fixture
def application(cli: Cli, sp: FakeServiceProvider, monkeypatch: pytest.MonkeyPatch) -> Any:
    given = {"name": "Wiki", "base_url": sp.base_url, "auth": {"type": "bearer", "token": "hunter2"}}
    monkeypatch.setattr(watching, "PATIENCE", 30.0)  # the worker of these tests shows no sign of itself
    made = commands.create_application(shell(), given)
    Application.objects.filter(id=made.id).update(provisioning="active")
    ada = directory.create_user(shell(), NewUser(username="ada", email="ada@example.com"))
    commands.change_assignments(shell(), made.id, users_add=[ada.id])
    return made


@pytest.fixture
def worker(dsn: str) -> Iterator[None]:
    stop, loop = asyncio.Event(), asyncio.new_event_loop()

    def work() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(working.work(dsn, stop))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    loop.call_soon_threadsafe(stop.set)
    thread.join(20)
    assert not thread.is_alive()


def test_a_plan_shows_every_step_and_writes_nothing(cli: Cli, application: Any, sp: FakeServiceProvider) -> None:
    ended = cli("plan", "wiki", "--user", "ada")
    assert ended.code == 0
    for words in ("assigned directly", "there is no such account", "create: ", "POST /Users", "Nothing was written."):
        assert words in ended.out
    assert "hunter2" not in ended.out
    assert sp.users == []
    assert Due.objects.exists()
    told = json.loads(cli("plan", "wiki", "--user", "ada@example.com", "--json").out)
    assert told["decision"]["requests"][0]["body"]["userName"] == "ada"


def test_a_sync_carries_it_out_and_shows_the_answer(
    cli: Cli, application: Any, sp: FakeServiceProvider, worker: None
) -> None:
    ended = cli("sync", "wiki", "--user", "ada")
    assert ended.code == 0, ended.err
    assert sp.user("ada") is not None
    assert "Linked to the account" in ended.out
    again = cli("sync", "wiki", "--user", "ada")
    assert "Nothing had to be sent." in again.out


def test_a_held_account_ends_with_an_error(cli: Cli, application: Any, sp: FakeServiceProvider, worker: None) -> None:
    sp.put_user({"userName": "ada", "emails": [{"value": "other@example.com", "primary": True}], "active": True})
    ended = cli("sync", "wiki", "--user", "ada")
    assert (ended.code, ended.err) == (1, "provisor: The account of ada is held.\n")
    assert "adopt" in ended.out


def test_without_a_worker_it_stays_due(cli: Cli, application: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "PATIENCE", 0.0)
    ended = cli("sync", "wiki", "--user", "ada")
    assert ended.code == 1
    assert "No worker is running" in ended.err
    assert Due.objects.exists()


def test_an_unknown_person_and_a_paused_application_are_said(cli: Cli, application: Any) -> None:
    assert "There is no user “bob”" in cli("plan", "wiki", "--user", "bob").err
    Application.objects.update(provisioning="paused")
    assert "nothing may be sent" in cli("sync", "wiki", "--user", "ada").err
    assert cli("plan", "wiki", "--user", "ada").code == 0
