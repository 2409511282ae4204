"""apps: the connected applications and the accounts in them."""

from __future__ import annotations

from typing import Annotated

import typer

from provisor.cli import finding
from provisor.cli.output import Json, print_fields, print_json, print_table
from provisor.cli.session import opened
from provisor.cli.watching import accounts_by_status

apps = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    app.add_typer(apps, name="apps", help="Connected applications.")


@apps.command("list")
def list_applications(as_json: Json = False) -> None:
    """List the applications, by name."""
    with opened():
        from provisor.applications import queries

        found = [queries.as_application(one) for one in queries.applications().order_by("name_key")]
    if as_json:
        print_json({"items": found, "total": len(found)})
        return
    rows = [[one["name"], one["provisioning"], one["base_url"], one["id"]] for one in found]
    print_table(("Name", "Provisioning", "Base URL", "Id"), rows)


@apps.command("show")
def show_application(
    named: Annotated[str, typer.Argument(metavar="APP", help="Name or id.")], as_json: Json = False
) -> None:
    """Show an application, and how many of its accounts are in which state."""
    with opened():
        from provisor.applications import queries

        found = finding.application(named)
        shape = queries.as_application(found) | {"accounts": accounts_by_status(found.id)}
    if as_json:
        print_json(shape)
    else:
        print_fields(shape)
