"""`provisor users import` and `export`: told first, then done, or one clear line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisor.directory.models import User

Cli = Callable[..., Any]


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        path = tmp_path / "people.csv"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_a_dry_run_tells_and_writes_nothing(cli: Cli, file: Callable[[str], str]) -> None:
    ended = cli("users", "import", file("username,email\nada,ada@example.com\n"), "--dry-run", "--json")
    told = json.loads(ended.out)
    assert (ended.code, told["applied"], told["counts"]["create"]) == (0, False, 1)
    assert not User.objects.exists()


def test_columns_are_named_and_bad_rows_left_out_and_reported(
    cli: Cli, file: Callable[[str], str], tmp_path: Path
) -> None:
    path, report = file("Kennung;Mail\nada;ada@example.com\nben;\n"), tmp_path / "bad.csv"
    ended = cli("users", "import", path, "--map", "Kennung=username", "--skip-bad", "--report", str(report))
    assert (ended.code, "1 created" in ended.out) == (0, True)
    assert [user.username for user in User.objects.all()] == ["ada"]
    assert '"3"' in report.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "words", "told"),
    [
        ("username,email\nada,ada@example.com\nben,\n", (), "Nothing was imported"),
        ("username,hat\nada,top\n", (), "hat"),
        ("", (), "empty"),
        ("username\nada\n", ("--map", "Mail=email"), "Mail"),
    ],
)
def test_a_refused_file_is_one_clear_line(
    cli: Cli, file: Callable[[str], str], text: str, words: tuple[str, ...], told: str
) -> None:
    ended = cli("users", "import", file(text), *words)
    assert ended.code == 1
    assert told in ended.err
    assert not User.objects.exists()


def test_an_export_can_be_imported_again(cli: Cli, tmp_path: Path) -> None:
    cli("users", "create", "ada", "ada@example.com", "--set", "displayname==1+1")
    path = tmp_path / "out.csv"
    assert cli("users", "export", "--out", str(path)).code == 0
    assert '"\'=1+1"' in path.read_text(encoding="utf-8")
    told = json.loads(cli("users", "import", str(path), "--json").out)
    assert told["counts"] == {"create": 0, "update": 0, "unchanged": 1, "bad": 0}
