"""Links, locks and start dates at the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from provisor.directory.models import User
from provisor.mail.models import Mail

Cli = Callable[..., Any]


def mailed() -> list[tuple[str, str]]:
    return sorted((row.template, row.to) for row in Mail.objects.all())


@pytest.mark.parametrize(
    ("option", "count"), [((), 1), (("--no-activation-mail",), 0), (("--activation-mail",), 1), (("--staged",), 0)],
    ids=["as it is set", "without", "with", "staged"],
)  # fmt: skip
def test_making_and_activating_a_user(cli: Cli, option: tuple[str, ...], count: int) -> None:
    assert cli("users", "create", "ada", "ada@example.com", *option).code == 0
    assert len(mailed()) == count
    if option == ("--staged",):
        assert cli("users", "activate", "ada").code == 0
        assert mailed() == [("activation", "ada@example.com")]


def test_a_start_date_stages(cli: Cli) -> None:
    made = json.loads(cli("users", "create", "ada", "ada@example.com", "--start-date", "2031-02-28", "--json").out)
    assert (made["state"], made["start_date"], mailed()) == ("staged", "2031-02-28", [])
    refused = cli("users", "create", "ben", "ben@example.com", "--start-date", "soon")
    assert (refused.code != 0, "start_date" in refused.err) == (True, True)


def test_links_and_locks(cli: Cli) -> None:
    cli("users", "create", "ada", "ada@example.com", "--no-activation-mail")
    assert cli("users", "send-activation", "ada").code == 0
    assert cli("users", "send-reset", "ada").code != 0
    soon = timezone.now() + timedelta(minutes=5)
    User.objects.update(password_status="locked", locked_until=soon)
    assert json.loads(cli("users", "unlock", "ada", "--json").out)["password_status"] == "active"
    assert cli("users", "send-reset", "ada").code == 0
    assert mailed() == [("activation", "ada@example.com"), ("password_reset", "ada@example.com")]


def test_a_file_mails_only_when_asked(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    for name, option in (("ada", ()), ("ben", ("--activation-mail",))):
        file.write_text(f"username,email\n{name},{name}@example.com\n")
        assert cli("users", "import", str(file), *option).code == 0
    assert mailed() == [("activation", "ben@example.com")]
