"""credentials at the command line: the next one from standard input, tried, switched to, dropped."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from provisor.administrators.actor import shell
from provisor.applications import commands
from provisor.applications.credentials.endpoint import endpoint_of_application
from provisor.applications.models import Application, NextCredential
from provisor.testing import FakeServiceProvider

Cli = Callable[..., Any]
TOKEN = "the-token-that-it-takes"


@pytest.fixture
def wiki(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServiceProvider]:
    """The provider of the application "Wiki", whose current token it doesn't take."""
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    with FakeServiceProvider.in_thread(token=TOKEN) as provider:
        given = {"name": "Wiki", "base_url": provider.base_url, "auth": {"token": "old-canary"}}
        commands.create_application(shell(), given)
        yield provider


def sent() -> str:
    return endpoint_of_application(Application.objects.get()).sign_in.value


@pytest.mark.usefixtures("wiki")
def test_prepared_tried_and_switched_to(cli: Cli) -> None:
    ended = cli("credentials", "next", "wiki", "--expires", "2099-03-12", stdin=f"{TOKEN}\n")
    assert (ended.code, TOKEN in ended.out) == (0, False)
    assert cli("credentials", "test", "wiki").code == 0
    assert sent() == "Bearer old-canary"
    assert cli("credentials", "switch", "wiki").code == 0
    assert sent() == f"Bearer {TOKEN}"
    shown = cli("credentials", "show", "wiki", "--json").out
    assert json.loads(shown)["expires"] == "2099-03-12T23:59:59Z"
    assert TOKEN not in shown + cli("credentials", "show", "wiki").out


@pytest.mark.usefixtures("wiki")
def test_one_that_is_refused_stays_beside_the_current_one(cli: Cli) -> None:
    cli("credentials", "next", "wiki", stdin="nobody-knows-it")
    tried = cli("credentials", "test", "wiki")
    assert (tried.code, "401" in tried.out) == (1, True)
    switched = cli("credentials", "switch", "wiki")
    assert (switched.code, "401" in switched.err) == (1, True)
    assert sent() == "Bearer old-canary"
    assert cli("credentials", "drop", "wiki").code == 0
    assert not NextCredential.objects.exists()
    assert cli("credentials", "drop", "wiki").code == 1


@pytest.mark.usefixtures("wiki")
def test_a_whole_document_and_what_is_none(cli: Cli) -> None:
    document = {"type": "header", "header": "X-Api-Key", "token": "k"}
    assert cli("credentials", "next", "wiki", "--document", stdin=json.dumps(document)).code == 0
    assert NextCredential.objects.get().auth == {"header": "X-Api-Key", "prefix": ""}
    assert cli("credentials", "next", "wiki", "--document", stdin="[]").code == 1
    assert cli("credentials", "next", "wiki", "--type", "oauth2_client_credentials", stdin="x").code == 1
    wrong = cli("credentials", "next", "wiki", stdin="canary with space")
    assert (wrong.code, "auth.token" in wrong.err, "canary" in wrong.err) == (1, True, False)


@pytest.mark.usefixtures("wiki")
def test_the_command_that_comes_next_can_be_pasted(cli: Cli) -> None:
    commands.update_application(shell(), Application.objects.get().id, {"name": "Wiki of Ada's team"})
    said = cli("credentials", "next", "Wiki of Ada's team", stdin=TOKEN).out
    pasted = shlex.split(said.partition("Try it: provisor ")[2])
    assert pasted == ["credentials", "test", "Wiki of Ada's team"]
    assert cli(*pasted).code == 0
