"""stop and start: the one switch that keeps Provisor from writing anything to any application."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from provisor.cli.output import Json, print_json
from provisor.cli.session import opened


def register(app: typer.Typer) -> None:
    for command in (stop, start):
        app.command()(command)


def stop(
    reason: Annotated[str | None, typer.Option(help="Why; everybody sees it in the portal.")] = None,
    as_json: Json = False,
) -> None:
    """Stop all writes to all applications at once. Edits are kept and stay due."""
    with opened():
        from provisor.administrators.actor import shell
        from provisor.directory import commands, shapes

        shape = shapes.shape_of_organisation(commands.stop_writes(shell(), reason=reason))
    _say(shape, as_json, "Nothing is written to any application any more. Go on with: provisor start")


def start(as_json: Json = False) -> None:
    """Let Provisor write again; what is due meanwhile goes out."""
    with opened():
        from provisor.administrators.actor import shell
        from provisor.directory import commands, shapes

        shape = shapes.shape_of_organisation(commands.start_writes(shell()))
    _say(shape, as_json, "What is due is sent again.")


def _say(shape: dict[str, Any], as_json: bool, text: str) -> None:
    if as_json:
        print_json(shape)
    else:
        typer.echo(text)
