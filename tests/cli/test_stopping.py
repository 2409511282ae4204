"""stop and start at the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from provisor.administrators.actor import shell
from provisor.applications import commands
from provisor.applications.models import Application
from provisor.audit.models import Event
from provisor.directory.models import Organisation

Cli = Callable[..., Any]


def test_stop_and_start(cli: Cli) -> None:
    ended = cli("stop", "--reason", "A wrong file")
    assert (ended.code, "provisor start" in ended.out) == (0, True)
    stopped = Organisation.objects.get().stopped
    assert (stopped["reason"], stopped["by"]["kind"]) == ("A wrong file", "cli")
    assert cli("start").code == 0
    assert Organisation.objects.get().stopped is None
    assert list(Event.objects.order_by("at").values_list("type", flat=True)) == ["writes_stopped", "writes_started"]


def test_as_json(cli: Cli) -> None:
    assert json.loads(cli("stop", "--json").out)["stopped"]["reason"] is None
    assert json.loads(cli("start", "--json").out)["stopped"] is None


def test_a_reason_that_cannot_be_shown_stops_nothing_and_says_so(cli: Cli) -> None:
    ended = cli("stop", "--reason", "x" * 501)
    assert (ended.code, "reason" in ended.err) == (1, True)
    assert Organisation.objects.get().stopped is None


def test_while_it_is_stopped_a_sync_says_what_to_do(cli: Cli) -> None:
    given = {
        "name": "Wiki",
        "base_url": "https://wiki.example.com/scim",
        "auth": {"type": "bearer", "token": "hunter2"},
    }
    commands.create_application(shell(), given)
    Application.objects.update(provisioning="active")
    cli("stop")
    ended = cli("sync", "wiki")
    assert (ended.code, "All writes are stopped" in ended.err) == (1, True)
