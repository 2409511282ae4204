"""plan, sync, reconcile and doctor where something is missing; tests/cli/test_demo.py has them at work."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from provisor.administrators.actor import shell
from provisor.applications import commands
from provisor.applications.models import Run
from provisor.cli import watching

Cli = Callable[..., Any]


@pytest.fixture
def application(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(watching, "PATIENCE", 0.0)
    given = {
        "name": "Wiki",
        "base_url": "https://wiki.example.com/scim",
        "auth": {"type": "bearer", "token": "hunter2"},
    }
    return commands.create_application(shell(), given)


def test_without_a_worker_it_says_so_and_leaves_no_run_behind(cli: Cli, application: Any) -> None:
    ended = cli("plan", "wiki")
    assert ended.code == 1
    assert "No worker is running" in ended.err
    assert Run.objects.get().status == "cancelled"


def test_an_application_that_is_not_active_is_not_synced(cli: Cli, application: Any) -> None:
    ended = cli("sync", str(application.id))
    assert (ended.code, Run.objects.count()) == (1, 0)
    assert "Activate it first" in ended.err


def test_an_unknown_application_is_named(cli: Cli) -> None:
    ended = cli("reconcile", "nothing")
    assert ended.err == "provisor: There is no application “nothing”. “provisor apps list” shows them.\n"


def test_applications_are_shown_without_their_token(cli: Cli, application: Any) -> None:
    listed = cli("apps", "list").out + cli("apps", "show", "wiki").out + cli("apps", "show", "wiki", "--json").out
    assert "https://wiki.example.com/scim" in listed
    assert "hunter2" not in listed
    assert json.loads(cli("apps", "show", "wiki", "--json").out)["accounts"] == {}


def test_doctor_finds_what_is_missing(cli: Cli, application: Any) -> None:
    ended = cli("doctor", "--json")
    steps = {step["name"]: step["ok"] for step in json.loads(ended.out)["steps"]}
    assert ended.code == 1
    fine = (
        *("data folder", "master key", "database", "migrations", "login", "jobs", "mail", "secrets"),
        *("endings", "connectors"),
    )
    assert steps == {**dict.fromkeys(fine, True), "worker": False}


def test_doctor_names_a_token_that_another_key_sealed(
    cli: Cli, application: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVISOR_SECRET_KEY", "another master key of 32 bytes and more")
    steps = {step["name"]: step for step in json.loads(cli("doctor", "--json").out)["steps"]}
    secrets = steps["secrets"]
    assert not secrets["ok"]
    assert "Wiki" in secrets["message"]
