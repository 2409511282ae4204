"""trash: deleted users and groups, at the command line."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated, Any

import typer

from provisor.cli.failures import Failure
from provisor.cli.output import Json, print_json, print_table
from provisor.cli.session import opened

if TYPE_CHECKING:
    from provisor.directory.models import Trash

trash = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Named = Annotated[str, typer.Argument(metavar="NAME", help="Username or name of what was deleted, or the entry's id.")]
Kind = Annotated[str | None, typer.Option(metavar="user|group", help="Only users, or only groups.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]


def register(app: typer.Typer) -> None:
    app.add_typer(trash, name="trash", help="Deleted users and groups.")


@trash.command("list")
def list_trash(
    kind: Kind = None,
    search: Annotated[str | None, typer.Option(help="Part of the name, username or e-mail.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: Json = False,
) -> None:
    """List what can be restored, the newest first."""
    with opened():
        from provisor.directory.trash import queries as trash_queries

        found = trash_queries.trash(kind, search)
        total = found.count()
        shown = [_shape(entry) for entry in found.order_by("-deleted_at", "-id")[:limit]]
    if as_json:
        print_json({"items": shown, "total": total})
        return
    rows = [[one["kind"], one["object"]["name"], one["deleted"], one["actor"]["name"], one["erased"]] for one in shown]
    print_table(("Kind", "Name", "Deleted", "By", "Erased"), rows)
    typer.echo(f"{len(shown)} of {total}.")


@trash.command()
def restore(named: Named, kind: Kind = None, yes: Yes = False, as_json: Json = False) -> None:
    """Restore a user or group: first it is said what comes back."""
    with opened():
        from provisor.administrators.actor import shell
        from provisor.directory.commands import restoring
        from provisor.directory.trash import queries as trash_queries

        entry = _entry(named, kind)
        found = trash_queries.would_return(entry).found
        if not yes:
            told = f"{found.create} accounts are created, {found.reactivate} become active again."
            typer.confirm(f"Restore {entry.kind} {entry.name}? {told}", abort=True, err=True)
        restored = restoring.restore(shell(), entry.id)
        if as_json:
            print_json({"kind": restored.kind, "id": restored.row.pk, "lost": restored.back.lost})
            return
        typer.echo(f"{entry.name} is back.")
        for each in restored.back.lost:
            typer.echo(f"Gone meanwhile, and not coming back: {each['name']}")


@trash.command()
def erase(named: Named, kind: Kind = None, yes: Yes = False) -> None:
    """Erase an entry for good, at once."""
    with opened():
        from provisor.administrators.actor import shell
        from provisor.directory.commands import trash as commands

        entry = _entry(named, kind)
        if not yes:
            typer.confirm(f"Erase {entry.kind} {entry.name} for good?", abort=True, err=True)
        commands.erase(shell(), entry.id)
        typer.echo(f"{entry.name} is erased.")


def _entry(named: str, kind: str | None) -> Trash:
    from provisor.directory.trash import queries as trash_queries
    from provisor.text import unique_key

    found = trash_queries.trash(kind)
    hits = list(found.filter(name_key=unique_key(named))[:2]) or list(found.filter(pk=_id(named))[:1])
    if not hits:
        raise Failure(f"“{named}” isn't in the trash. “provisor trash list” shows what is.")
    if len(hits) > 1:
        raise Failure(f"More than one “{named}” was deleted. Give the entry's id, which “--json” shows.")
    return hits[0]


def _id(named: str) -> uuid.UUID:
    try:
        return uuid.UUID(named)
    except ValueError:
        return uuid.UUID(int=0)


def _shape(entry: Trash) -> dict[str, Any]:
    from provisor.directory.trash import queries as trash_queries

    return {
        "id": entry.id,
        "kind": entry.kind,
        "object": {"id": entry.object_id, "name": entry.name},
        "state": entry.state,
        "deleted": entry.deleted_at,
        "actor": entry.actor or {"name": "?"},
        "erased": trash_queries.erased_at(entry),
    }
