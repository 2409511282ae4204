"""users at the command line: the same commands as the API, people named by username, e-mail or id."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from provisor.directory.models import User

Cli = Callable[..., Any]


@pytest.fixture
def ada(cli: Cli) -> User:
    ended = cli(
        "users", "create", "ada", "Ada@example.com", "--set", "firstname=Ada", "--set", 'attributes={"desk": 4}'
    )
    assert ended.out == "ada (Ada@example.com) is active, password pending.\n"
    return User.objects.get()


def test_fields_are_text_or_json(ada: User) -> None:
    assert (ada.firstname, ada.attributes) == ("Ada", {"desk": 4})


@pytest.mark.parametrize("named", ["ada", "ADA", "ada@EXAMPLE.com", "the id"])
def test_a_user_is_found_by_any_name(cli: Cli, ada: User, named: str) -> None:
    shown = cli("users", "show", str(ada.id) if named == "the id" else named, "--json")
    assert json.loads(shown.out)["id"] == str(ada.id)


def test_states_follow_one_another(cli: Cli, ada: User) -> None:
    for command, state in (("suspend", "suspended"), ("unsuspend", "active")):
        assert json.loads(cli("users", command, "ada", "--json").out)["state"] == state
    assert cli("users", "activate", "ada").code == 0
    assert json.loads(cli("users", "expire-password", "ada", "--json").out)["password_status"] in ("expired", "pending")


def test_a_password_is_set_from_stdin_and_not_shown(cli: Cli, ada: User) -> None:
    ended = cli("users", "set-password", "ada", "--password-stdin", stdin="correct-horse-battery\n")
    assert ended.code == 0
    assert "correct" not in ended.out + ended.err
    assert User.objects.get().password_status == "active"


def test_an_update_changes_and_clears(cli: Cli, ada: User) -> None:
    assert cli("users", "update", "ada", "--set", "department=Sales", "--set", "firstname=null").code == 0
    ada.refresh_from_db()
    assert (ada.department, ada.firstname) == ("Sales", None)


def test_a_delete_asks_first(cli: Cli, ada: User) -> None:
    assert cli("users", "delete", "ada", stdin="n\n").code == 1
    assert User.objects.exists()
    assert cli("users", "delete", "ada", "--yes").out == "ada is deleted.\n"
    assert not User.objects.exists()


def test_the_list_says_how_many_there_are(cli: Cli, ada: User) -> None:
    cli("users", "create", "bob", "bob@example.com", "--staged")
    listed = json.loads(cli("users", "list", "--limit", "1", "--json").out)
    assert ([one["username"] for one in listed["items"]], listed["total"]) == (["ada"], 2)
    assert "1 of 1 users." in cli("users", "list", "--state", "staged").out


def test_text_of_a_person_cannot_colour_or_move_the_terminal(cli: Cli) -> None:
    cli("users", "create", "eve", "eve@example.com", "--set", "displayname=an [red]Eve[/red]")
    assert "an [red]Eve[/red]" in cli("users", "list").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("create", "ada", "ada"), "email"),
        (("create", "ada", "ada@example.com", "--set", "hat=top"), "hat"),
        (("suspend", "nobody"), "There is no user “nobody”"),
        (("update", "00000000-0000-0000-0000-000000000000"), "There is no user"),
    ],
)
def test_a_bad_input_is_one_clear_line(cli: Cli, words: tuple[str, ...], told: str) -> None:
    ended = cli("users", *words)
    assert (ended.code, ended.out) == (1, "")
    assert told in ended.err
    assert "Traceback" not in ended.err
