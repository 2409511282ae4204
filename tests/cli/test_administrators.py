"""admin and token at the command line: secrets go in by stdin and come out once, alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.utils import timezone

from provisor.administrators.models import Administrator, ApiToken
from provisor.audit.models import Event

Cli = Callable[..., Any]
GOOD = "correct-horse-battery"


def test_a_token_is_printed_alone(cli: Cli) -> None:
    ended = cli("token", "create", "ci")
    assert (ended.code, ended.err) == (0, "")
    (line,) = ended.out.splitlines()
    assert bytes(ApiToken.objects.get().digest) == hashlib.sha256(line.encode()).digest()


def test_a_token_has_a_role_and_an_end(cli: Cli) -> None:
    shape = json.loads(cli("token", "create", "ci", "--role", "auditor", "--expires", "2", "--json").out)
    token = ApiToken.objects.get()
    assert shape["token"].startswith(token.prefix)
    assert token.role == "auditor"
    assert token.expires - timezone.now() < timedelta(days=2)


def test_a_revoked_token_ends_and_is_never_listed_in_clear(cli: Cli) -> None:
    plain = cli("token", "create", "ci").out.strip()
    assert cli("token", "revoke", str(ApiToken.objects.get().id)).code == 0
    listed = cli("token", "list", "--json").out
    assert json.loads(listed)["items"][0]["revoked"]
    assert plain not in listed
    assert cli("token", "list").code == 0


def test_an_administrator_signs_in_with_the_password_from_stdin(cli: Cli) -> None:
    assert cli("admin", "create", "Ada@example.com", "--role", "owner", "--password-stdin", stdin=f"{GOOD}\n").code == 0
    assert authenticate(username="ada@example.com", password=GOOD) == Administrator.objects.get(role="owner")


def test_a_reset_replaces_the_password(cli: Cli) -> None:
    cli("admin", "create", "ada@example.com", "--password-stdin", stdin=f"{GOOD}\n")
    assert cli("admin", "reset", "ada@example.com", "--password-stdin", stdin=f"{GOOD}-2\n").code == 0
    assert authenticate(username="ada@example.com", password=GOOD) is None
    assert authenticate(username="ada@example.com", password=f"{GOOD}-2")


def test_what_was_done_is_an_event_of_the_command_line(cli: Cli) -> None:
    cli("token", "create", "ci")
    assert Event.objects.get().actor["kind"] == "cli"


@pytest.mark.parametrize(
    ("words", "stdin", "told"),
    [
        (("token", "create", "ci", "--role", "king"), "", "role"),
        (("token", "create", "ci", "--expires", "0"), "", "expires"),
        (("admin", "create", "no-address", "--password-stdin"), f"{GOOD}\n", "email"),
        (("admin", "create", "ada@example.com", "--password-stdin"), "short-secret\n"[:9] + "\n", "password"),
        (("admin", "create", "ada@example.com", "--password-stdin"), "", "password"),
        (("admin", "reset", "nobody@example.com", "--password-stdin"), f"{GOOD}\n", "no administrator"),
    ],
    ids=["no role", "no days", "no address", "a short password", "no password", "no such administrator"],
)
def test_a_bad_input_is_one_clear_line_without_the_secret(
    cli: Cli, words: tuple[str, ...], stdin: str, told: str
) -> None:
    ended = cli(*words, stdin=stdin)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("provisor: ")
    assert told in ended.err
    assert ended.err.count("\n") == 1
    assert not stdin.strip() or stdin.strip() not in ended.err
