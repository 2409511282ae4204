"""users import, users export: the directory's people from and to a CSV file.

An import first tells what it would do; with --dry-run it ends there. Nothing is ever half done.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from provisor.cli.failures import Failure
from provisor.cli.output import Json, print_json, print_table
from provisor.cli.session import opened
from provisor.cli.users import users

if TYPE_CHECKING:
    from provisor.directory.csv.reading import Table
    from provisor.directory.csv.review import Review, Watch

SHOWN = 20  # rows of a kind that are listed; --json has them all
VERBS = {"create": "create", "update": "change", "unchanged": "leave as they are", "bad": "bad"}
PAST = {"create": "created", "update": "changed", "unchanged": "left as they are", "bad": "bad, left out"}


def register(app: typer.Typer) -> None:
    users.command("import")(import_file)
    users.command("export")(export_file)


def import_file(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="UTF-8, separated by commas or semicolons.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what it would do.")] = False,
    map: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN=ATTRIBUTE", help="What a column holds, e.g. --map Mail=email; “-” leaves it out."),
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave bad rows out instead of refusing the file.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Write the bad rows to this file.")] = None,
    activation_mail: Annotated[
        bool, typer.Option("--activation-mail", help="Mail new active users a link for setting a password.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Create and change users from a CSV file, all rows or none. Users are found by username."""
    with opened():
        from provisor.directory.csv import reading

        with file.open("rb") as content:
            table = reading.read(content)
        meant = reading.mapped(table, _mapping(map))
        found = _carried_out(table, meant, dry_run=dry_run, skip_bad=skip_bad, mail=activation_mail)
        if report:
            _write_report(report, table, found)
        done = not dry_run and (skip_bad or not found.bad)
        _show(found, done=done, as_json=as_json)
    if found.bad and not done:
        told = "Nothing was imported." if not dry_run else "An import would refuse this file."
        raise Failure(f"{told} Mend the bad rows, or leave them out with --skip-bad.")


def export_file(
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of standard output.")] = None,
    search: Annotated[str | None, typer.Option(help="Part of the username, e-mail or name.")] = None,
    state: Annotated[str | None, typer.Option(help="staged, active, suspended or deleting.")] = None,
) -> None:
    """Write users as CSV, as “users import” reads it. No spreadsheet takes a cell for a formula."""
    with opened():
        from provisor.directory import queries
        from provisor.directory.csv.writing import written

        found = queries.users(queries.UserFilter(search=search, state=state)).order_by("username_key")
        if out is None:
            _print(written(found))
            return
        with out.open("w", encoding="utf-8", newline="") as file:
            file.writelines(written(found))


def _mapping(given: list[str] | None) -> dict[str, str]:
    pairs = {}
    for one in given or []:
        header, equals, name = one.rpartition("=")
        if not equals or not header:
            raise typer.BadParameter(f"“{one}” is not COLUMN=ATTRIBUTE.", param_hint="--map")
        pairs[header] = name
    return pairs


def _carried_out(table: Table, meant: Any, *, dry_run: bool, skip_bad: bool, mail: bool) -> Review:
    from provisor.administrators.actor import shell
    from provisor.directory.commands import csv_import

    with _progress("Looking at the rows") as watch:
        found = csv_import.review_users_file(shell(), table, meant, watch=watch)
    if dry_run or (found.bad and not skip_bad):
        return found
    with _progress("Importing") as watch:
        bad = csv_import.BadRows.LEAVE_OUT
        return csv_import.import_users_file(shell(), table, meant, bad=bad, seen=found.digest, mail=mail, watch=watch)


def _write_report(path: Path, table: Table, found: Review) -> None:
    from provisor.directory.csv.writing import bad_rows

    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(bad_rows(table, found.bad))


def _show(found: Review, *, done: bool, as_json: bool) -> None:
    if as_json:
        print_json({"applied": done, **found.as_json()})
        return
    words = PAST if done else VERBS
    if found.examples["update"] and not done:
        rows = [[one["row"], one["username"], _told(one["changes"])] for one in found.examples["update"][:SHOWN]]
        print_table(("Row", "Username", "Changes"), rows)
    if found.bad:
        rows = [[row, _reasons(wrong)] for row, wrong in sorted(found.bad.items())[:SHOWN]]
        print_table(("Row", "What to mend"), rows)
    typer.echo(", ".join(f"{count:,} {words[kind]}" for kind, count in found.counts.items() if count) + ".")
    if found.cleared and not done:
        typer.echo(f"Empty cells would clear {found.cleared:,} values.")


def _told(changes: list[dict[str, Any]]) -> str:
    return "; ".join(f"{one['name']}: {one['from'] or '–'} → {one['to'] or '–'}" for one in changes)


def _reasons(wrong: dict[str, str]) -> str:
    return " ".join(f"{header}: {text}" if header else text for header, text in wrong.items())


def _print(lines: Iterator[str]) -> None:
    for text in lines:
        sys.stdout.write(text)


@contextmanager
def _progress(title: str) -> Iterator[Watch]:
    """A bar on the terminal's error stream; nothing where there is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
