"""What the pages tell people to type exists: commands with their options, calls with their fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from provisor.api import v1
from provisor.cli.main import app

from .reading import ROOT, every_page, prose, shell

PROVISOR = re.compile(r"(?:\w+=\$\()?(?:[\w./-]*/)?provisor$")
ASSIGNED = re.compile(r"\w+=")
ENDS = {"|", "&&", ">", ";"}
CALL = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^\s`]*)")
OUTSIDE = {"/healthz", "/readyz", "/metrics"}


def begins(words: list[str]) -> int | None:
    """Where `provisor` stands in a command of ours: first, or behind variables."""
    for place, word in enumerate(words):
        if PROVISOR.match(word):
            return place
        if not ASSIGNED.match(word):
            return None
    return None


COMMANDS = [(path.name, words) for path in every_page() for words in shell(path.read_text())]
TYPED = [(name, words) for name, words in COMMANDS if begins(words) is not None]
CALLED = [(name, words[1:]) for name, words in COMMANDS if words[:1] == ["api"]]


def label(case: object) -> str:
    return case if isinstance(case, str) else " ".join(case)[:60] if isinstance(case, list) else ""


def arguments(words: list[str]) -> list[str]:
    """What follows `provisor`, to the end of the command."""
    start = begins(words) or 0
    given = words[start + 1 :]
    end = next((place for place, word in enumerate(given) if word in ENDS), len(given))
    inside = words[start].partition("=")[2].startswith("$(")
    return [word.removesuffix(")") if inside else word for word in given[:end]]


@pytest.mark.parametrize(("name", "words"), TYPED, ids=label)
def test_a_command_can_be_typed_as_it_stands(name: str, words: list[str]) -> None:
    command: Any = typer.main.get_group(app)
    given = arguments(words)
    while below := getattr(command, "commands", None):
        command = below[given.pop(0)]
    command.make_context(name, given)  # raises for an option, a value or a number of arguments that it doesn't take


def operation(method: str, path: str) -> dict[str, Any] | None:
    for template, methods in v1.openapi()["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template.removeprefix(v1.PREFIX)))
        if re.fullmatch(pattern, path) and method.lower() in methods:
            found: dict[str, Any] = methods[method.lower()]
            return found
    return None


def fields_of(found: dict[str, Any]) -> set[str]:
    body = found["requestBody"]["content"]["application/json"]["schema"]
    name = str(body.get("$ref") or body["allOf"][0]["$ref"]).rpartition("/")[2]
    return set(v1.openapi()["components"]["schemas"][name]["properties"])


@pytest.mark.parametrize(("name", "words"), CALLED, ids=label)
def test_a_call_of_the_guides_exists_and_takes_what_is_sent(name: str, words: list[str]) -> None:
    method, target, *body = words
    path, _, query = target.partition("?")
    found = operation(method, path)
    assert found, f"{name}: {method} {path}"
    known = {one["name"] for one in found.get("parameters", [])}
    assert {part.partition("=")[0] for part in query.split("&") if part} <= known
    if body:
        assert set(json.loads(body[0])) <= fields_of(found)


def mentioned() -> Iterator[tuple[str, str, str]]:
    for path in every_page():
        for method, target in CALL.findall(prose(path.read_text())):
            yield str(path.relative_to(ROOT)), method, target.partition("?")[0].partition("[")[0]


def test_every_call_that_a_page_mentions_exists() -> None:
    wrong = [call for call in mentioned() if call[2] not in OUTSIDE and not operation(*call[1:])]
    assert not wrong


def test_the_guides_are_full_of_things_to_type() -> None:
    """So that a change of their form doesn't quietly empty the tests above."""
    pages = {Path(name).stem for name, _words in TYPED}
    assert {"connect", "operate", "rehearse", "README"} <= pages
    assert len(CALLED) > 10
