"""The catalogue: what is known of each product that can be connected, before anybody connects it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import structlog

from provisor import config
from provisor.catalogue import base_urls, files
from provisor.catalogue.connector import Connector
from provisor.catalogue.rows import rows_of as rows_of_connector
from provisor.core.mapping import DEFAULT_ROWS, Row

CUSTOM = "custom"
FOLDER = Path(__file__).parent / "connectors"
log = structlog.get_logger()


class _Entries(Mapping[str, Connector]):
    """Every connector by its slug; the files are read once, when the first one is asked for."""

    def __getitem__(self, slug: str) -> Connector:
        return _read()[slug]

    def __iter__(self) -> Iterator[str]:
        return iter(_read())

    def __len__(self) -> int:
        return len(_read())


def _read() -> Mapping[str, Connector]:
    return _shelves().all


@dataclass(frozen=True)
class _Shelves:
    """What was read. `own`: slugs from the folder of one's own, which go before those that ship; `broken`: its files that
    can't be used, a line for each problem."""

    all: Mapping[str, Connector]
    own: frozenset[str]
    broken: tuple[str, ...]


@cache
def _shelves() -> _Shelves:
    shipped = {path.stem: files.read(path, whole=False) for path in sorted(FOLDER.glob("*.yaml"))}
    own, broken = {}, []
    for path in sorted(config.read().connectors_dir.glob("*.yaml")):
        try:
            own[path.stem] = files.read(path)
        except files.InvalidConnector as error:  # it must not stop the start, nor hide one that ships
            broken += error.lines
            log.warning("connector left out", file=str(path), problems=error.lines)
    return _Shelves({**shipped, **own}, frozenset(own), tuple(broken))


def forget() -> None:
    """What was read is read again when it is next asked for."""
    _shelves.cache_clear()
    rows_of.cache_clear()


def own() -> frozenset[str]:
    """The slugs of the connectors that don't ship with Provisor."""
    return _shelves().own


def broken() -> tuple[str, ...]:
    """What is wrong with files of one's own that were left out, a line for each problem."""
    return _shelves().broken


ENTRIES: Mapping[str, Connector] = _Entries()


def form_of(slug: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the connector says of the SP form, its variant's words and its headers with the application's parameters among
    it; nothing for the custom one, and for one that is no longer there."""
    connector, given = ENTRIES.get(slug), parameters or {}
    if connector is None:
        return {}
    variant = base_urls.variant_of(connector, given)
    said = {**connector.form, **(variant.form if variant else {})}
    if not connector.headers:
        return said
    return {**said, "headers": {**said.get("headers", {}), **base_urls.headers(connector, given)}}


def settings_of(slug: str) -> dict[str, Any]:
    """The settings that an application made from it begins with, as an application's row keeps them."""
    connector = ENTRIES.get(slug)
    return connector.settings.model_dump(exclude_none=True) if connector else {}


@cache
def rows_of(slug: str) -> tuple[Row, ...]:
    """The mapping that an application made from it begins with."""
    connector = ENTRIES.get(slug)
    return rows_of_connector(connector) if connector else DEFAULT_ROWS


def base_url(slug: str, parameters: Mapping[str, Any]) -> str | None:
    """The base URL that the parameters make; None where the connector has no template for it."""
    connector = ENTRIES.get(slug)
    return base_urls.base_url(connector, parameters) if connector else None


def summary(connector: Connector) -> dict[str, Any]:
    """The connector as a list shows it."""
    shown = connector.model_dump(include={"slug", "name", "category", "description", "supports", "beta"})
    return {**shown, "supports": list(connector.supports), "provisioning": "available"}


def details(connector: Connector) -> dict[str, Any]:
    """All that an administrator needs to know before connecting it."""
    settings = {"settings": connector.settings.model_dump(exclude_none=True)}
    return connector.model_dump(mode="json") | settings | {"provisioning": "available"}


def find(
    *,
    search: str | None = None,
    category: str | None = None,
    supports: str | None = None,
    beta: bool | None = None,
) -> list[Connector]:
    """The entries that fit every filter given, by slug. `search` looks into slug and name, whatever the case."""
    wanted = (search or "").casefold()
    return [
        entry
        for _slug, entry in sorted(ENTRIES.items())
        if wanted in entry.slug or wanted in entry.name.casefold()
        if category in (None, entry.category)
        if supports is None or supports in entry.supports
        if beta in (None, entry.beta)
    ]
