"""Reading a connector's file: YAML to a typed value, or every problem with the field that has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from provisor.catalogue import checks, places
from provisor.catalogue.checks import Problem
from provisor.catalogue.connector import Auth, Connector, Defaults, Icon, Parameter, Variant

FIELDS = sorted({name for part in (Connector, Auth, Defaults, Icon, Parameter, Variant) for name in part.model_fields})
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class InvalidConnector(Exception):
    """A connector's file can't be used; `problems` says which field and why."""

    def __init__(self, file: str, problems: Sequence[Problem], text: str = "") -> None:
        self.file, self.problems = file, tuple(problems)
        self.lines = [_line(file, problem, text) for problem in problems]  # one for each problem
        super().__init__("; ".join(self.lines))


def _line(file: str, problem: Problem, text: str) -> str:
    where, why = problem
    number = places.line_of(text, where) if where and text else None
    place = f"{file}:{number}" if number else file
    return f"{place}: {where}: {why}" if where else f"{place}: {why}"


def read(path: Path, today: date | None = None, *, whole: bool = True) -> Connector:
    """The connector that the file holds. Raises InvalidConnector naming every problem. `whole=False`: what the parts are to
    each other isn't looked at, for files that were checked before they shipped."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConnector(str(path), [("", f"can't be read: {_reason(error)}")]) from error
    connector = parse(text, path.name, whole=whole)
    found = [*_named(connector, path), *_dated(connector, today or datetime.now(UTC).date())]
    if found:
        raise InvalidConnector(path.name, found, text)
    return connector


def parse(text: str, file: str, *, whole: bool = True) -> Connector:
    """The connector that `text` says. Raises InvalidConnector."""
    try:
        data = yaml.load(text, _StrictLoader)  # noqa: S506 - a SafeLoader, only stricter
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidConnector(file, [("", f"no YAML that can be read: {_reason(error)}")]) from error
    if not isinstance(data, Mapping):
        raise InvalidConnector(file, [("", "fields and their values expected.")])
    found = [problem for where, form in _forms(data) for problem in checks.wrong_words(form, where)]
    try:
        connector = Connector.model_validate(data)
    except ValidationError as error:
        raise InvalidConnector(file, [*_problems(error), *found], text) from error
    if found := [*found, *(checks.problems(connector) if whole else ())]:
        raise InvalidConnector(file, found, text)
    return connector


def _forms(data: Mapping[Any, Any]) -> Iterator[tuple[str, Mapping[Any, Any]]]:
    """Every SP form in the file, the variants' too, with where it stands."""
    variants = data.get("variants")
    parts = [("", data)]
    if isinstance(variants, list):
        parts += [(f"variants.{n}.", one) for n, one in enumerate(variants) if isinstance(one, Mapping)]
    yield from ((where, part["form"]) for where, part in parts if isinstance(part.get("form"), Mapping))


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return " ".join(str(error).split()) or type(error).__name__


def _problems(error: ValidationError) -> list[Problem]:
    """In the words of pydantic, which never repeats the value."""
    return [(".".join(map(str, one["loc"])), _why(one)) for one in error.errors(include_url=False)]


def _why(one: Mapping[str, Any]) -> str:
    if one["type"] != "extra_forbidden":
        return f"{one['msg']}."
    return f"There is no such field.{checks.meant(str(one['loc'][-1]), FIELDS)}"


def _named(connector: Connector, path: Path) -> list[Problem]:
    if path.stem == connector.slug and path.suffix == ".yaml":
        return []
    return [("slug", f"the file of {connector.slug} is called {connector.slug}.yaml.")]


def _dated(connector: Connector, today: date) -> list[Problem]:
    return [("checked", "this day is still to come.")] if connector.checked > today else []


class _StrictLoader(_Loader):  # type: ignore[misc]
    """YAML without types that run code, and without a key that silently hides another."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """As the SafeLoader does it, but each key once."""
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value):
            raise yaml.constructor.ConstructorError(None, None, "a key stands there twice", node.start_mark)
        return mapping
