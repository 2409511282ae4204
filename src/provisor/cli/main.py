"""The `provisor` command: what people, scripts and service managers start Provisor with.

One file for each group of commands. Nothing heavy is imported before a command runs, so that --help is quick; and
what goes wrong is one clear line on stderr with exit code 1 (2 for a wrong use of the command line).
"""

from __future__ import annotations

import sys

import typer

from provisor import __version__
from provisor.cli import (
    administrators,
    applications,
    attributes,
    catalogue,
    checks,
    credentials,
    deciding,
    demo,
    imports,
    mail,
    parts,
    rehearsal,
    runs,
    stopping,
    trash,
    users,
    users_csv,
)
from provisor.cli.failures import explained

app = typer.Typer(
    name="provisor",
    help="A directory that keeps people's accounts right in every application they use, over SCIM.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
groups = (
    parts,
    demo,
    administrators,
    users,
    users_csv,
    trash,
    attributes,
    catalogue,
    applications,
    credentials,
    runs,
    imports,
    deciding,
    stopping,
    mail,
    rehearsal,
    checks,
)
for group in groups:
    group.register(app)


@app.callback(invoke_without_command=True)
def _options(
    version: bool = typer.Option(default=False, help="Print the version and end.", is_eager=True),
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """The console script."""
    with explained():
        app()
    sys.exit(0)
