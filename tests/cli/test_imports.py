"""provisor import: reads, shows the counts by match, and confirms where it is told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from provisor import jobs
from provisor.administrators.actor import shell
from provisor.applications import commands
from provisor.applications.importing.models import Import
from provisor.cli import imports, watching
from provisor.directory.models import User
from provisor.testing import FakeServiceProvider

Cli = Callable[..., Any]


@pytest.fixture
def sp(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServiceProvider]:
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    with FakeServiceProvider.in_thread() as provider:
        for name in ("ada", "bob"):
            provider.put_user({"userName": name, "emails": [{"value": f"{name}@example.com", "primary": True}]})
        yield provider


@pytest.fixture
def application(cli: Cli, sp: FakeServiceProvider, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An application on an SP with two accounts; whoever waits for a worker is one."""
    given = {"name": "Wiki", "base_url": sp.base_url, "auth": {"type": "bearer", "token": "secret"}}
    made = commands.create_application(shell(), given, force=True)
    monkeypatch.setattr(imports.time, "sleep", lambda _seconds: jobs.run_all())
    return made


def test_the_counts_by_match(cli: Cli, application: Any) -> None:
    shown = cli("import", "wiki")
    assert shown.code == 0
    assert "new: nobody here has the name or e-mail" in shown.out
    assert "Wiki: 2 read." in shown.out
    assert not User.objects.exists()


def test_as_json_and_confirmed(cli: Cli, application: Any) -> None:
    shown = json.loads(cli("import", "wiki", "--confirm", "new", "--staged", "--json").out)
    assert (shown["status"], shown["counts"]["new"], shown["results"]) == ("done", 2, {"created": 2})
    assert sorted(User.objects.values_list("username", "state")) == [("ada", "staged"), ("bob", "staged")]


def test_without_a_worker_it_says_so_and_leaves_nothing_behind(
    cli: Cli, application: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports.time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(watching, "PATIENCE", 0.0)
    ended = cli("import", "wiki")
    assert ended.code == 1
    assert "No worker is running" in ended.err
    assert Import.objects.get().status == "cancelled"
