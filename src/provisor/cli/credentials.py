"""credentials: what an application is signed in to with, and exchanging it without a gap. Secrets come from stdin, never as
arguments: those stand in the shell's history and in the list of processes."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer

from provisor.cli import finding
from provisor.cli.failures import Failure
from provisor.cli.output import Json, print_fields, print_json, print_table
from provisor.cli.session import opened

credentials = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
App = Annotated[str, typer.Argument(metavar="APP", help="Name or id of the application.")]


def register(app: typer.Typer) -> None:
    app.add_typer(credentials, name="credentials", help="What applications are signed in to with, and its exchange.")


@credentials.command("show")
def show(named: App, as_json: Json = False) -> None:
    """Show how an application is signed in to and when that ends; never a secret."""
    with opened():
        from provisor.applications.queries import credentials as queries

        shape = queries.shown(finding.application(named))
    if as_json:
        print_json(shape)
    else:
        print_fields(shape)


@credentials.command("next")
def prepare(
    named: App,
    type: Annotated[str, typer.Option("--type", help="The way to sign in, such as bearer or basic.")] = "bearer",
    username: Annotated[str | None, typer.Option(help="Of basic.")] = None,
    expires: Annotated[str | None, typer.Option(help="When it ends, such as 2027-03-12.")] = None,
    document: Annotated[
        bool, typer.Option("--document", help="Read the whole auth document as JSON, as the API takes it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Prepare the credential that is to follow the current one. Its secret is read from standard input."""
    text = sys.stdin.read()
    auth = _document(text) if document else _single(type, text.strip("\r\n"), username, expires)
    with opened():
        from provisor.administrators.actor import shell
        from provisor.applications.commands import credentials as commands
        from provisor.applications.queries import credentials as queries

        found = finding.application(named)
        commands.put_next(shell(), found.id, auth)
        shape = queries.shown(finding.application(named))["next"]
    if as_json:
        print_json(shape)
    else:
        typer.echo(f"The next credential of {found.name} is prepared.")
        typer.echo(f"Try it: provisor credentials test {shlex.quote(found.name)}")


@credentials.command("test")
def try_next(named: App, as_json: Json = False) -> None:
    """Test the next credential by reading. Nothing is switched."""
    with opened():
        from provisor.administrators.actor import shell
        from provisor.applications.commands import credentials as commands
        from provisor.scim.check import passes

        steps = commands.test_next(shell(), finding.application(named).id)
        ok = passes(steps)
    if as_json:
        print_json({"ok": ok, "steps": [asdict(step) for step in steps]})
    else:
        rows = [["ok" if one.ok else "NOT OK", one.name, f"{one.message} {one.detail}".strip()] for one in steps]
        print_table(("", "Tried", "Found"), rows)
    if not ok:
        raise typer.Exit(1)


@credentials.command("switch")
def switch(
    named: App,
    force: Annotated[bool, typer.Option("--force", help="Switch although the test fails.")] = False,
    as_json: Json = False,
) -> None:
    """Test the next credential, put it in place of the current one, and forget that."""
    with opened():
        from provisor.administrators.actor import shell
        from provisor.applications.commands import credentials as commands
        from provisor.applications.queries import credentials as queries

        commands.switch(shell(), finding.application(named).id, force=force)
        shape = queries.shown(finding.application(named))
    if as_json:
        print_json(shape)
    else:
        typer.echo("Switched. The former credential is forgotten here: end it in the application too.")


@credentials.command("drop")
def drop(named: App, as_json: Json = False) -> None:
    """Forget the credential that was to follow."""
    with opened():
        from provisor.administrators.actor import shell
        from provisor.applications.commands import credentials as commands

        commands.drop_next(shell(), finding.application(named).id)
    if as_json:
        print_json({"next": None})
    else:
        typer.echo("The next credential is forgotten. The current one stays.")


def _document(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Failure('Standard input holds no JSON object, such as {"type": "bearer", "token": "..."}.')
    return found


def _single(type: str, secret: str, username: str | None, expires: str | None) -> dict[str, Any]:
    """The document of a way whose only secret came by standard input."""
    names = {"bearer": "token", "header": "token", "basic": "password"}
    if type not in names:
        raise Failure(f"{type} needs more than a secret: give the whole document with --document.")
    given = {"type": type, names[type]: secret, "username": username, "expires": expires}
    return {name: value for name, value in given.items() if value is not None}
