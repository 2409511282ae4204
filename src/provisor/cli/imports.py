"""import: read an application's accounts or groups, show what they match, and carry out what is confirmed."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from provisor.cli import finding, watching
from provisor.cli.failures import Failure
from provisor.cli.output import Json, print_json, print_table
from provisor.cli.session import opened

if TYPE_CHECKING:
    from provisor.administrators.actor import Actor
    from provisor.applications.importing.models import Import

MATCHES = {
    "new": "new: nobody here has the name or e-mail", "exact": "exact: user name and e-mail are one user's",
    "partial": "partial: only one of the two is", "ambiguous": "ambiguous: several users or accounts could be meant",
    "linked": "linked already", "unreadable": "unreadable",
}  # fmt: skip


class Confirm(StrEnum):
    """What is confirmed at once."""

    new = "new"
    exact_links = "exact-links"


App = Annotated[str, typer.Argument(metavar="APP", help="Name or id of the application.")]
Confirms = Annotated[
    list[Confirm] | None,
    typer.Option("--confirm", help="Create everybody new, or link every exact match. May be given twice."),
]
Groups = Annotated[bool, typer.Option("--groups", help="Read groups instead of accounts.")]
Staged = Annotated[bool, typer.Option("--staged", help="New users are staged, not active.")]
Assign = Annotated[bool, typer.Option("--assign", help="Who is created or linked gets access, and keeps the account.")]


def register(app: typer.Typer) -> None:
    app.command("import")(import_application)


def import_application(
    app: App,
    confirm: Confirms = None,
    groups: Groups = False,
    staged: Staged = False,
    assign: Assign = False,
    as_json: Json = False,
) -> None:
    """Read all accounts of an application and show what they match here.

    Nothing changes in either place unless --confirm says so."""
    with opened():
        from provisor.administrators.actor import shell
        from provisor.applications.importing import commands, queries

        actor = shell()
        kind = "groups" if groups else "users"
        started = commands.start_import(actor, finding.application(app).id, kind)
        found = _watched(actor, started, "reading")
        if confirm and found.status == "ready":
            found = _confirmed(actor, found, set(confirm), staged=staged, assign=assign)
        if as_json:
            print_json(queries.as_import(found))
        else:
            _show(found)
        if found.status in ("failed", "cancelled"):
            why = (found.error or {}).get("message") or ""
            raise Failure(f"The import from {found.application.name} ended as {found.status}. {why}".strip())


def _confirmed(actor: Actor, found: Import, chosen: set[Confirm], *, staged: bool, assign: bool) -> Import:
    from provisor.directory.importing.confirming import Confirmed, confirm_import
    from provisor.directory.importing.decisions import All

    wanted = Confirmed(
        create=All() if Confirm.new in chosen else (),
        link=All() if Confirm.exact_links in chosen else {},
        state="staged" if staged else "active",
        assign=assign,
    )
    return _watched(actor, confirm_import(actor, found.id, wanted), "confirming")


def _watched(actor: Actor, started: Import, phase: str) -> Import:
    """The import once it is no longer in this phase. Raises Failure, and cancels it, where nobody is there to do it."""
    from provisor.applications.importing import commands, queries
    from provisor.runtime.status import worker_is_alive

    begun, what = time.monotonic(), f"{phase}: {started.application.name}"
    with watching.bar(what) as show:
        while True:
            found = queries.get_import(started.id)
            show(*((found.read, found.total) if phase == "reading" else (found.done, found.decided)))
            if found.status != phase:
                return found
            idle = phase == "reading" and found.attempt is None
            if idle and time.monotonic() - begun > watching.PATIENCE and not worker_is_alive():
                commands.cancel_import(actor, found.id)
                raise Failure("No worker is running, so nobody reads. Start “provisor serve” or “provisor worker”.")
            time.sleep(0.1)


def _show(found: Import) -> None:
    rows: list[list[Any]] = [[count, MATCHES[match]] for match in MATCHES if (count := found.counts.get(match))]
    rows += [[count, outcome] for outcome, count in sorted(found.results.items())]
    if rows:
        print_table(("Count", "What"), rows)
    if found.problem:
        typer.echo(f"Take care: {found.problem['message']}")
    if found.status == "ready":
        typer.echo(f"{found.application.name}: {found.read} read. Confirm them in the portal, or with --confirm.")
    elif found.status == "done":
        typer.echo(f"{found.application.name}: {found.done} carried out.")
