"""attributes: the custom attributes that have a schema."""

from __future__ import annotations

from typing import Any

import typer

from provisor.cli.output import Json, print_json, print_table
from provisor.cli.session import opened

group = typer.Typer(help="Custom attributes that have a schema.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="attributes")


@group.command("list")
def list_attributes(as_json: Json = False) -> None:
    """List what each holds, whether it is unique, and who may change it."""
    with opened():
        from provisor.directory import custom_attributes
        from provisor.directory.shapes import shape_of_attribute

        shapes = [shape_of_attribute(row) for row in custom_attributes.rows()]
    if as_json:
        print_json({"items": shapes, "total": len(shapes)})
    else:
        print_table(("Name", "Label", "Type", "Unique", "Changed by"), [_row(shape) for shape in shapes])


def _row(shape: dict[str, Any]) -> list[object]:
    type = f"{shape['type']} ({', '.join(shape['choices'])})" if shape["choices"] else shape["type"]
    return [shape["name"], shape["label"], type, "yes" if shape["unique"] else "", shape["editable_by"]]
