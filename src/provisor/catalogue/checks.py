"""What the parts of a connector's file must be to each other; what each may be by itself is in `catalogue.connector`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from provisor.catalogue.base_urls import NAMES, VARIANT, fits, names_in
from provisor.catalogue.connector import Connector, Parameter
from provisor.catalogue.rows import rows_of
from provisor.core import form
from provisor.core.mapping import DEFAULT_ROWS, REQUIRED, InvalidMapping

Problem = tuple[str, str]  # the field's path, and what is wrong with it


def problems(connector: Connector) -> list[Problem]:
    """Everything that doesn't fit together."""
    return [problem for check in _CHECKS for problem in check(connector)]


def wrong_words(given: Mapping[Any, Any]) -> Iterator[Problem]:
    """What of an SP form is not in the vocabulary: each word by itself, so that none hides another."""
    for name, value in given.items():
        try:
            form.check({name: value})
        except form.InvalidForm as error:
            field, _colon, message = str(error).partition(": ")
            yield field, message


def _mapping(connector: Connector) -> Iterator[Problem]:
    known = {row.scim for row in DEFAULT_ROWS}
    for path, value in connector.mapping.items():
        if isinstance(value, bool) and path not in known:
            yield f"mapping.{path}", "no row of the default mapping: name the attribute that it is to be read from."
        elif value is False and path in REQUIRED:
            yield f"mapping.{path}", "this row is locked: it is always included."
    try:
        rows_of(connector)
    except InvalidMapping as error:
        yield from ((f"mapping.{where.removeprefix('rows.')}", why) for where, why in error.fields.items())


def _templates(connector: Connector) -> Iterator[Problem]:
    """Every base URL, with where it stands."""
    if connector.base_url:
        yield "base_url", connector.base_url
    yield from ((f"variants.{n}.base_url", variant.base_url) for n, variant in enumerate(connector.variants))


def _base_urls(connector: Connector) -> Iterator[Problem]:
    if not connector.base_url and not connector.base_url_help:
        yield "base_url", "a template, or base_url_help: where an administrator finds it."
    if connector.variants and not connector.base_url:
        yield "variants", "there is no base_url that they could differ from."
    known = {parameter.name for parameter in connector.parameters}
    for where, template in _templates(connector):
        yield from (
            (where, f"{{{name}}} is not among the parameters.") for name in names_in(template) if name not in known
        )
        if wrong := _wrong_url(NAMES.sub("x", template)):
            yield where, wrong


def _with_parameters(connector: Connector) -> Iterator[str]:
    """Every text in which a parameter may stand."""
    yield from (template for _where, template in _templates(connector))
    yield from filter(None, (connector.auth.authorize_url, connector.auth.token_url))
    yield from connector.headers.values()


def _wrong_url(url: str) -> str | None:
    if "{" in url or "}" in url:
        return "a brace stands alone."
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port in (None, 443)
    except ValueError:
        usable = False
    return None if usable else "this is no https address."


def _parameters(connector: Connector) -> Iterator[Problem]:
    used = {name for text in _with_parameters(connector) for name in names_in(text)}
    for number, parameter in enumerate(connector.parameters):
        where = f"parameters.{number}"
        if parameter.name not in used:
            yield f"{where}.name", f"nothing holds {{{parameter.name}}}."
        if parameter.name == VARIANT:
            yield f"{where}.name", "taken: it chooses among the variants."
        if wrong := _wrong_pattern(parameter):
            yield f"{where}.{wrong[0]}", wrong[1]


def _wrong_pattern(parameter: Parameter) -> Problem | None:
    try:
        re.compile(parameter.pattern)
    except re.error as error:
        return "pattern", f"no regular expression: {error}."
    return None if fits(parameter, parameter.example) else ("example", "doesn't match the pattern.")


def _once(connector: Connector) -> Iterator[Problem]:
    lists = {
        "supports": connector.supports,
        "sources": connector.sources,
        "parameters": tuple(parameter.name for parameter in connector.parameters),
        "variants": tuple(variant.name for variant in connector.variants),
    }
    for field, values in lists.items():
        yield from ((field, f"{value} stands there twice.") for value in sorted(set(values)) if values.count(value) > 1)


def _told(connector: Connector) -> Iterator[Problem]:
    """What loses data has to be said, and what is said has to agree."""
    ends = connector.form.get("deactivation", "deactivates")
    if ends != "deactivates" and not connector.warnings:
        yield "warnings", f"an account that is deactivated there {ends}: an administrator has to be told."
    if "groups" in connector.supports and connector.form.get("groups") is False:
        yield "supports", "groups, but form.groups says that there are none."
    if connector.settings.manage_groups and "groups" not in connector.supports:
        yield "settings.manage_groups", "supports doesn't name groups."


_CHECKS: tuple[Callable[[Connector], Iterator[Problem]], ...] = (*(_mapping, _base_urls, _parameters, _once, _told),)
