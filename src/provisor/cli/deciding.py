"""runs: what waits for a person, and the decision about it: approve exactly what was shown, or reject it."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

import typer

from provisor.cli.failures import Failure
from provisor.cli.output import Json, print_json, print_table
from provisor.cli.session import opened

runs = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="The run's id.")]
HashOption = Annotated[str, typer.Option("--hash", help="The hash of the plan as you saw it, whole.")]
SHOWN = 200


def register(app: typer.Typer) -> None:
    app.add_typer(runs, name="runs", help="Plans that wait for a person: list, approve, reject.")


@runs.command("waiting")
def waiting(as_json: Json = False) -> None:
    """List the plans that wait for a person, with what each would do and its hash."""
    with opened():
        from provisor.applications import queries

        found = [queries.as_run(run) for run in queries.runs(status="waiting_approval").order_by("created")[:SHOWN]]
    if as_json:
        print_json(found)
    else:
        print_table(("Run", "Application", "Kind", "Changes", "Hash"), [_row(run) for run in found])


@runs.command("approve")
def approve(run: RunArgument, hash: HashOption, as_json: Json = False) -> None:
    """Approve a plan: exactly what has this hash is sent, within an hour. A plan that changed since is refused."""
    with opened():
        from provisor.administrators.actor import shell
        from provisor.applications import commands, queries

        decided = queries.as_run(queries.get_run(commands.approve_run(shell(), _id(run), hash=hash).id))
    _say(decided, as_json, "Approved. Each change is decided anew before it is sent.")


@runs.command("reject")
def reject(run: RunArgument, as_json: Json = False) -> None:
    """Reject a plan: nothing of it is sent. A sync or reconcile asks again."""
    with opened():
        from provisor.administrators.actor import shell
        from provisor.applications import commands, queries

        decided = queries.as_run(queries.get_run(commands.reject_run(shell(), _id(run)).id))
    _say(decided, as_json, "Rejected. Nothing of it is sent.")


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Failure(f"“{text}” is no id of a run. provisor runs waiting lists them.") from None


def _row(run: dict[str, Any]) -> list[object]:
    counts = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in run["counts"].items() if count)
    return [run["id"], run["application"]["name"], run["kind"], counts, run["hash"] or "being worked out"]


def _say(run: dict[str, Any], as_json: bool, text: str) -> None:
    if as_json:
        print_json(run)
    else:
        typer.echo(text)
