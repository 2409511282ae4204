"""Every command explains itself, quickly, and a wrong use is exit code 2 with a hint."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer.main
from typer.testing import CliRunner

from provisor.cli.main import app

HEAVY = ("django", "rich", "structlog", "psycopg", "aiohttp", "pydantic")


def commands() -> Iterator[tuple[str, ...]]:
    yield ()
    for name, command in typer.main.get_group(app).commands.items():
        yield (name,)
        yield from ((name, below) for below in getattr(command, "commands", {}))


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_it_has_help(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*words, "--help"])
    assert shown.exit_code == 0
    assert shown.output.startswith("Usage:")


def test_the_commands_of_the_contract_are_there() -> None:
    names = {" ".join(words) for words in commands()}
    expected = ["serve", "demo", "web", "worker", "migrate", "plan", "sync", "reconcile", "fake-sp", "doctor"]
    assert names >= {*expected, "admin create", "admin reset", "token create"}


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("serve", "--port", "x"),
        ("serve", "--port", "70000"),
        ("plan",),
        ("worker", "--concurrency", "0"),
        ("users", "create", "ada", "ada@example.com", "--set", "nothing"),
        ("fake-sp", "--fault", "nonsense"),
        ("fake-sp", "--fault", "status,status=many"),
        ("fake-sp", "--fault", "status,colour=red"),
        ("fake-sp", "--profile", "patch=perhaps"),
    ],
    ids=" ".join,
)
def test_a_wrong_use_is_exit_code_2(words: tuple[str, ...]) -> None:
    refused = CliRunner().invoke(app, words)
    assert refused.exit_code == 2
    assert "Usage:" in refused.output
    assert "Traceback" not in refused.output


def test_help_imports_nothing_heavy() -> None:
    code = f"import sys, provisor.cli.main; print([name for name in {HEAVY!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
