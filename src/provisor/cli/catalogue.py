"""catalogue: what can be connected, and whether a connector's file is right. None of it needs a database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from provisor.cli.failures import Failure
from provisor.cli.output import Json, print_fields, print_json, print_table

catalogue = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    app.add_typer(catalogue, name="catalogue", help="What can be connected.")


@catalogue.command("list")
def list_connectors(
    search: Annotated[str | None, typer.Option(help="A part of the name.")] = None,
    supports: Annotated[
        str | None, typer.Option(help="sso, jit, provisioning, groups, import or password.", metavar="WORD")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the connectors, by name in addresses (slug)."""
    from provisor.catalogue import entries

    found = entries.find(search=search, supports=supports)
    if as_json:
        print_json({"items": [entries.summary(one) for one in found], "total": len(found)})
        return
    rows = [[one.slug, one.name, one.category, ", ".join(one.supports), "beta" if one.beta else ""] for one in found]
    print_table(("Slug", "Name", "Category", "Supports", ""), rows)


@catalogue.command("show")
def show_connector(slug: Annotated[str, typer.Argument(help="As list shows it.")], as_json: Json = False) -> None:
    """Show all that is known of one product: parameters, token, warnings, SP form, sources."""
    from provisor.catalogue import entries

    connector = entries.ENTRIES.get(slug)
    if connector is None:
        raise Failure(f"The catalogue has no “{slug}”. “provisor catalogue list” shows what it has.")
    shape = entries.details(connector)
    if as_json:
        print_json(shape)
    else:
        print_fields(dict(_lines(shape)))


def _lines(shape: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """A line for each value: what is nested has a name with a dot, a list of texts a line for each."""
    for name, value in shape.items():
        if isinstance(value, dict) and name not in ("form", "mapping"):
            yield from ((f"{name}.{part}", inner) for part, inner in value.items())
        elif name in ("parameters", "variants"):
            yield from ((f"{name}.{one['name']}", one.get("help") or one["base_url"]) for one in value)
        elif isinstance(value, list) and len(value) > 1 and name != "supports":
            yield from ((f"{name}.{number}", one) for number, one in enumerate(value, start=1))
        else:
            yield name, value[0] if isinstance(value, list) and len(value) == 1 else value


@catalogue.command("lint")
def lint(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE...]", help="Connectors' files. Without one: all of the catalogue."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check connectors' files: fields, SP form, mapping, parameters, sources, date. Every problem is named."""
    from provisor.catalogue import entries

    chosen = files or sorted(entries.FOLDER.glob("*.yaml"))
    problems = _problems(chosen)
    if as_json:
        print_json({"ok": not problems, "files": len(chosen), "problems": problems})
    else:
        right = f"{len(chosen)} {'file is' if len(chosen) == 1 else 'files are'} right."
        typer.echo("\n".join(problems or [right]))
    if problems:
        raise typer.Exit(1)


def _problems(paths: Sequence[Path]) -> list[str]:
    from provisor.catalogue.files import InvalidConnector, read

    found: list[str] = []
    names: dict[str, Path] = {}
    for path in paths:
        try:
            connector = read(path)
        except InvalidConnector as error:
            found += error.lines
            continue
        other = names.setdefault(connector.name.casefold(), path)
        if other != path:
            found.append(f"{path.name}: name: {other.name} has this name already.")
    return found
