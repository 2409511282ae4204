"""plan, sync and reconcile: ask for a run, watch it, and show its changes per person and attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from provisor.cli import finding, one_person
from provisor.cli.failures import Failure
from provisor.cli.output import Json, cell, print_json, print_table
from provisor.cli.session import opened

if TYPE_CHECKING:
    from provisor.applications.models import Change, Run
    from provisor.applications.queries.member_changes import Members

App = Annotated[str, typer.Argument(metavar="APP", help="Name or id of the application.")]
OnePerson = Annotated[
    str | None, typer.Option("--user", metavar="USER", help="Only this person: username, e-mail or id.")
]
SHOWN = 500  # changes in a table; --json holds all of them
PLANNED = {
    "create": "to create", "adopt": "to adopt", "update": "to update", "deactivate": "to deactivate",
    "reactivate": "to reactivate", "delete": "to delete", "add_members": "additions of members",
    "remove_members": "removals of members", "hold": "waiting for a person",
}  # fmt: skip
MADE = PLANNED | {
    "create": "created", "adopt": "adopted", "update": "updated", "deactivate": "deactivated",
    "reactivate": "reactivated", "delete": "deleted",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    for command in (plan, sync, reconcile):
        app.command()(command)


def plan(app: App, user: OnePerson = None, as_json: Json = False) -> None:
    """Show what would be changed in an application, person by person. Nothing is written there.

    With --user: every step for one person, from access to the request that would be sent."""
    if user is None:
        return _run(app, "plan", as_json)
    with opened():
        one_person.plan_one(app, user, as_json=as_json)


def sync(app: App, user: OnePerson = None, as_json: Json = False) -> None:
    """Carry out what is due in an application; with --user, for one person at once."""
    if user is None:
        return _run(app, "sync", as_json)
    with opened():
        one_person.sync_one(app, user, as_json=as_json)


def reconcile(app: App, as_json: Json = False) -> None:
    """Read all of an application, compare, and repair what differs."""
    _run(app, "reconcile", as_json)


def _run(named: str, kind: str, as_json: bool) -> None:
    with opened():
        from provisor.administrators.actor import shell
        from provisor.applications import commands, queries
        from provisor.cli.watching import watch

        actor = shell()
        run = watch(actor, commands.start_run(actor, finding.application(named).id, kind))
        changes = queries.changes_of_run(run.id).order_by("rank", "link_id", "id")
        if as_json:
            print_json({"run": queries.as_run(run), "changes": [queries.as_change(one) for one in changes]})
        else:
            _show(run, list(changes[:SHOWN]))
        _refuse_a_bad_end(run)


def _show(run: Run, changes: list[Change]) -> None:
    from provisor.applications.queries.member_changes import members_of

    if changes:
        members = members_of(changes)
        rows = [row for one in changes for row in _rows(one, members.get(one.id))]
        print_table(("Change", "Who", "Attribute", "From", "To", "Result"), rows)
    if sum(run.counts.values()) > len(changes) >= SHOWN:
        typer.echo(f"… only the first {SHOWN} changes are shown; --json holds all of them.")
    typer.echo(summary(run))


def summary(run: Run) -> str:
    """The counts of a run in words: "Sample app: 48 created, 2 updated." """
    words = PLANNED if run.kind == "plan" else MADE
    parts = [f"{run.counts[kind]} {words[kind]}" for kind in words if run.counts.get(kind)]
    told = ", ".join(parts) or ("nothing to change" if run.kind == "plan" else "nothing had to be changed")
    return f"{run.application.name}: {told}." + (f" Plan {run.hash[:12]}." if run.hash else "")


def _rows(change: Change, members: Members | None = None) -> list[list[object]]:
    """One row for each attribute; the first one says what is changed, for whom, and how it went. Members are named, not
    listed by their ids."""
    who = f"group {change.user_name}" if change.group_id else change.user_name
    head: list[object] = [change.kind.replace("_", " "), who]
    result = _result(change)
    if members is not None:
        told = _members(members)
        return [[*head, "members", "" if members.added else told, told if members.added else "", result]]
    attributes = change.attributes or [{"name": "", "from": None, "to": None}]
    rows = [[_short(one["name"]), cell(one["from"]), cell(one["to"])] for one in attributes]
    return [[*(head if first == 0 else ["", ""]), *row, result if first == 0 else ""] for first, row in enumerate(rows)]


def _members(members: Members) -> str:
    """ "25: ada, ben, cleo, dora and 21 more" """
    names = ", ".join(members.names)
    more = f" and {members.more} more" if names and members.more else ""
    return f"{members.count}: {names}{more}" if names else str(members.count)


def _result(change: Change) -> str:
    outcome: dict[str, Any] = change.outcome or {}
    words = [str(outcome.get("result") or ""), str((outcome.get("error") or {}).get("message") or "")]
    return ": ".join(word for word in words if word) or change.reason


def _refuse_a_bad_end(run: Run) -> None:
    if run.status in ("done", "waiting_approval"):
        return
    why = (run.error or {}).get("message") or ""
    raise Failure(f"The {run.kind} of {run.application.name} ended as {run.status}. {why}".strip())


def _short(path: str) -> str:
    """An extension's attribute without its URN: nobody reads a table of URNs."""
    return path.rpartition(":")[2]
