"""mail: whether mail goes out, and what became of what was written."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from provisor.cli.failures import Failure
from provisor.cli.output import Json, print_json, print_table
from provisor.cli.session import opened

group = typer.Typer(help="The outbox, and a test of the mail server.", no_args_is_help=True)
SHOWN = 50


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="mail")


@group.command("list")
def list_mails(
    status: Annotated[str | None, typer.Option(help="waiting, sending, sent, failed or kept.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = SHOWN,
    as_json: Json = False,
) -> None:
    """List what was written to whom and what became of it, newest first."""
    with opened():
        from provisor.api.mails import mail_shape
        from provisor.mail import queries
        from provisor.mail.models import Status

        if status is not None and status not in Status.values:
            raise Failure(f"“{status}” is no status of a mail. There are {', '.join(Status.values)}.")
        found = queries.mails(status=status).order_by(*queries.NEWEST_FIRST)[:limit]
        shapes = [mail_shape(row) for row in found]
    if as_json:
        print_json(shapes)
    else:
        print_table(("To", "Template", "Status", "Written", "Error"), [_row(shape) for shape in shapes])


def _row(shape: dict[str, Any]) -> list[object]:
    return [shape[name] for name in ("to", "template", "status", "created", "error")]


@group.command("test")
def send_test(address: Annotated[str, typer.Argument(help="Whom to send a test mail to.")]) -> None:
    """Send a test mail from here, at once, and say what the server answered."""
    with opened():
        from provisor.mail import trying

        typer.echo(trying.send(address))
