"""catalogue: what can be connected, whether a connector's file is right, and the draft of a new one. Only the draft needs
the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    category: Annotated[str | None, typer.Option(help="Such as developer-tools.", metavar="WORD")] = None,
    beta: Annotated[bool | None, typer.Option("--beta/--no-beta", help="Only those in beta, or all but those.")] = None,
    as_json: Json = False,
) -> None:
    """List the connectors, by name in addresses (slug)."""
    from provisor.catalogue import entries

    _refuse_unknown(category, supports)
    found = entries.find(search=search, supports=supports, category=category, beta=beta)
    if as_json:
        print_json({"items": [entries.summary(one) for one in found], "total": len(found)})
        return
    rows = [
        [one.slug, one.name, one.category, ", ".join(one.supports), one.auth.type, "beta" if one.beta else ""]
        for one in found
    ]
    print_table(("Slug", "Name", "Category", "Supports", "Sign-in", ""), rows)


def _refuse_unknown(category: str | None, supports: str | None) -> None:
    """A misspelt filter would show an empty list as if nothing were there."""
    from typing import get_args

    from provisor.catalogue import entries
    from provisor.catalogue.checks import meant
    from provisor.catalogue.connector import Support

    known = {one.category for one in entries.ENTRIES.values()}
    for option, word, words in (("--category", category, known), ("--supports", supports, get_args(Support))):
        if word is not None and word not in words:
            hint = meant(word, words)
            raise typer.BadParameter(f"“{word}” is none of: {', '.join(sorted(words))}.{hint}", param_hint=option)


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
        if isinstance(value, dict):
            yield from ((f"{name}.{part}", inner) for part, inner in value.items())
        elif name in ("parameters", "variants"):
            yield from ((f"{name}.{one['name']}", _about(one)) for one in value)
        elif isinstance(value, list) and len(value) > 1 and name != "supports":
            yield from ((f"{name}.{number}", one) for number, one in enumerate(value, start=1))
        else:
            yield name, ", ".join(value) if isinstance(value, list) else value


def _about(one: dict[str, Any]) -> str:
    """A parameter or a variant in one line."""
    if "base_url" in one:
        return f"{one['label']}: {one['base_url']}"
    return f"{one['label']}: {one['help']} Such as {one['example']}."


@catalogue.command("lint")
def lint(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE...]", help="Connectors' files, or folders of them. Without one: what ships."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check connectors' files: fields, SP form, mapping, parameters, sources, date. Every problem is named."""
    from provisor.catalogue import entries

    chosen = [path for named in files or [entries.FOLDER] for path in _files_of(named)]
    problems, notes = _problems(chosen)
    if as_json:
        print_json({"ok": not problems, "files": len(chosen), "problems": problems, "notes": notes})
    else:
        right = f"{len(chosen)} {'file is' if len(chosen) == 1 else 'files are'} right."
        typer.echo("\n".join([*(problems or [right]), *notes]))
    if problems:
        raise typer.Exit(1)


def _files_of(named: Path) -> list[Path]:
    return sorted(named.glob("*.yaml")) if named.is_dir() else [named]


def _problems(paths: Sequence[Path]) -> tuple[list[str], list[str]]:
    """What is wrong, and what a person still has to fill in."""
    from provisor.catalogue.drafting import unfilled
    from provisor.catalogue.files import InvalidConnector, read

    found: list[str] = []
    notes: list[str] = []
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
        found += _unplayable(path, connector.rehearsal)
        notes += [f"{path.name}:{line}: still to be filled in." for line in unfilled(path.read_text(encoding="utf-8"))]
    return found, notes


def _unplayable(path: Path, rehearsal: Mapping[str, Any]) -> Iterator[str]:
    """Words of `rehearsal` that the strict service provider doesn't have."""
    from provisor.catalogue.checks import meant
    from provisor.catalogue.places import line_of
    from provisor.testing.wearing import WORDS, wrong_words

    text = path.read_text(encoding="utf-8")
    for name, why in wrong_words(rehearsal):
        where = f"rehearsal.{name}"
        hint = "" if name in WORDS else meant(name, WORDS)
        yield f"{path.name}:{line_of(text, where)}: {where}: {why}{hint}"


@catalogue.command("draft")
def draft(
    app: Annotated[str, typer.Argument(metavar="APP", help="Name or id of an application, made from custom.")],
    output: Annotated[
        Path | None,
        typer.Option(help="Write it there; the file's name is the slug. Default: print it.", metavar="FILE"),
    ] = None,
) -> None:
    """Write the draft of a connector's file from a custom application that was probed."""
    from datetime import UTC, datetime

    from provisor.catalogue.drafting import draft as drafted
    from provisor.catalogue.drafting import slug_of
    from provisor.cli import finding
    from provisor.cli.session import opened

    with opened():
        from provisor.applications.queries.drafting import seen_of

        found = finding.application(app)
        if found.connector != "custom":
            raise Failure(f"{found.name} is made from the connector {found.connector}: change that one's file.")
        seen = seen_of(found)
    text = drafted(seen, slug_of(output.stem if output else ""), datetime.now(UTC).date())
    if output is None:
        typer.echo(text, nl=False)
    else:
        _written(output, text)


def _written(output: Path, text: str) -> None:
    """A file that is there already stays: somebody may have filled it in."""
    from provisor.catalogue.drafting import unfilled

    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Failure(f"{output} can't be written: {error.strerror}.") from error
    typer.echo(f"{output} is written. To be filled in by you: {len(unfilled(text))} lines that say FILL IN.")
