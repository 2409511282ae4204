"""The mapping that an application made from a connector begins with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from provisor.catalogue.connector import Connector
from provisor.core.mapping import DEFAULT_ROWS, Row, parse_rows, rows_as_json


def rows_of(connector: Connector) -> tuple[Row, ...]:
    """The default rows with the connector's changes; a row of an attribute that is never sent there is switched off, so
    that nobody is promised it. Raises InvalidMapping."""
    allowed = connector.form.get("attributes")
    rows = [replace(row, included=_included(row, connector, allowed)) for row in _rows(connector)]
    return parse_rows(rows_as_json(rows))


def _rows(connector: Connector) -> Iterator[Row]:
    for row in DEFAULT_ROWS:
        source = connector.mapping.get(row.scim)
        yield replace(row, attribute=source) if isinstance(source, str) else row
    new = connector.mapping.keys() - {row.scim for row in DEFAULT_ROWS}
    yield from (Row(path, source) for path in sorted(new) if isinstance(source := connector.mapping[path], str))


def _included(row: Row, connector: Connector, allowed: object) -> bool:
    said = connector.mapping.get(row.scim)
    if row.required:
        return said is not False
    if isinstance(allowed, list | tuple) and allowed and row.scim not in allowed:
        return False
    return row.included if said is None else said is not False
