"""Leavers at the command line: planned suspensions, the report, the trash."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from provisor.directory.models import Trash, User

Cli = Callable[..., Any]


@pytest.fixture
def ada(cli: Cli) -> User:
    assert cli("users", "create", "ada", "ada@example.com").code == 0
    return User.objects.get()


def test_a_suspension_is_planned_and_taken_back(cli: Cli, ada: User) -> None:
    ended = cli("users", "suspend", "ada", "--at", "2099-12-01T18:00:00+01:00")
    assert "planned: 2099-12-01T17:00:00+00:00" in ended.out
    shown = json.loads(cli("users", "suspend", "ada", "--at", "never", "--json").out)
    assert (shown["state"], shown["suspend_at"]) == ("active", None)


@pytest.mark.parametrize("at", ["soon", "2001-01-01T00:00:00Z"])
def test_a_time_that_can_t_be_taken_says_so(cli: Cli, ada: User, at: str) -> None:
    ended = cli("users", "suspend", "ada", "--at", at)
    assert ended.code == 1
    assert "suspend_at" in ended.err


def test_the_report_of_who_is_there_and_of_who_is_gone(cli: Cli, ada: User) -> None:
    assert cli("users", "offboarding", "ada").code == 1
    cli("users", "suspend", "ada")
    assert "complete: 0 confirmed, 0 open" in cli("users", "offboarding", "ada").out
    User.objects.all().delete()
    for named in ("ada", str(ada.id)):
        assert json.loads(cli("users", "offboarding", named, "--json").out)["call"] == "suspend"
    assert "Nobody called" in cli("users", "offboarding", "ben").err


def test_the_trash_lists_restores_and_erases(cli: Cli, ada: User) -> None:
    cli("users", "delete", "ada", "--yes")
    assert "ada" in cli("trash", "list").out
    assert json.loads(cli("trash", "list", "--kind", "user", "--search", "AD", "--json").out)["total"] == 1
    assert cli("trash", "restore", "ada", stdin="n\n").code == 1
    assert not User.objects.exists()
    assert "ada is back." in cli("trash", "restore", "ADA", "--yes").out
    assert User.objects.get().id == ada.id
    cli("users", "delete", "ada", "--yes")
    assert cli("trash", "erase", str(Trash.objects.get().id), "--yes").out == "ada is erased.\n"
    assert "isn't in the trash" in cli("trash", "restore", "ada", "--yes").err
