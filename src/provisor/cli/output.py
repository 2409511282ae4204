"""What commands print: one shape for people (tables), one for programs (--json), and nothing else on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

Json = Annotated[bool, typer.Option("--json", help="Print JSON, as the API answers it.")]
WIDE = 200  # columns for a file or a pipe, where nothing wraps


def print_json(data: Any) -> None:
    typer.echo(json.dumps(data, default=_plain, ensure_ascii=False, indent=2))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows under their columns. None is shown as nothing; text of a service provider can't colour or move anything."""
    from rich import box
    from rich.table import Table

    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*[cell(value) for value in row])
    console().print(table)


def print_fields(shape: dict[str, Any]) -> None:
    """One thing, a field a line; what is empty is left out."""
    filled = [(name, value) for name, value in shape.items() if value not in (None, "", [], {})]
    print_table(("", ""), filled)


def console() -> Console:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)


def cell(value: object) -> str:
    """A value as a table shows it, safe from markup and from control characters."""
    from rich.markup import escape

    text = value if isinstance(value, str) else "" if value is None else _as_text(value)
    return escape("".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text))


def _as_text(value: object) -> str:
    if isinstance(value, list | dict | bool):
        return json.dumps(value, default=_plain, ensure_ascii=False)
    return _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)
