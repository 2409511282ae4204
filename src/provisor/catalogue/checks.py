"""What the parts of a connector's file must be to each other; what each may be by itself is in `catalogue.connector`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from provisor.catalogue.base_urls import NAMES, VARIANT, fits, names_in
from provisor.catalogue.connector import Auth, Connector, Parameter
from provisor.catalogue.rows import rows_of
from provisor.core import form
from provisor.core.mapping import DEFAULT_ROWS, REQUIRED, InvalidMapping

_WORDS = tuple(form.json_schema()["properties"])
Problem = tuple[str, str]  # the field's path, and what is wrong with it


def problems(connector: Connector) -> list[Problem]:
    """Everything that doesn't fit together."""
    return [problem for check in _CHECKS for problem in check(connector)]


def wrong_words(given: Mapping[Any, Any], where: str = "") -> Iterator[Problem]:
    """What of an SP form, which stands at `where`, is not in the vocabulary: each word by itself, so that none hides
    another."""
    for name, value in given.items():
        try:
            form.check({name: value})
        except form.InvalidForm as error:
            field, _colon, message = str(error).partition(": ")
            hint = meant(str(name), _WORDS) if name not in _WORDS else ""
            yield where + field, f"There is no such word.{hint}" if hint else message


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
    for where, template in (*_templates(connector), *_oauth_urls(connector)):
        if wrong := _wrong_url(NAMES.sub("x", template)):
            yield where, wrong


def _oauth_urls(connector: Connector) -> Iterator[Problem]:
    urls = {"authorize_url": connector.auth.authorize_url, "token_url": connector.auth.token_url}
    yield from ((f"auth.{name}", url) for name, url in urls.items() if url)


def _with_parameters(connector: Connector) -> Iterator[Problem]:
    """Every text in which a parameter may stand, with where that is."""
    yield from _templates(connector)
    yield from _oauth_urls(connector)
    yield from ((f"headers.{name}", value) for name, value in connector.headers.items())


def _known_parameters(connector: Connector) -> Iterator[Problem]:
    known = [parameter.name for parameter in connector.parameters]
    for where, text in _with_parameters(connector):
        for name in names_in(text):
            if name not in known:
                yield where, f"{{{name}}} is not among the parameters.{meant(name, known)}"


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
    used = {name for _where, text in _with_parameters(connector) for name in names_in(text)}
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
        "auth.also": (connector.auth.type, *connector.auth.also),
        "sources": connector.sources,
        "parameters": tuple(parameter.name for parameter in connector.parameters),
        "variants": tuple(variant.name for variant in connector.variants),
    }
    for field, values in lists.items():
        yield from ((field, f"{value} stands there twice.") for value in sorted(set(values)) if values.count(value) > 1)


def _sign_in(connector: Connector) -> Iterator[Problem]:
    """Each field of `auth` belongs to a way to sign in that the product takes."""
    auth = connector.auth
    ways = {auth.type, *auth.also}
    oauth = {way for way in ways if way.startswith("oauth2_")}
    if auth.authorize_url and "oauth2_authorization_code" not in ways:
        yield "auth.authorize_url", "only with oauth2_authorization_code."
    yield from (
        (f"auth.{name}", "only with OAuth.") for name in ("token_url", "scope") if _said(auth, name) and not oauth
    )
    if _said(auth, "username") and "basic" not in ways:
        yield "auth.username", "only with basic."
    if _said(auth, "header") and "header" not in ways:
        yield "auth.header", "only with header: every other way uses Authorization."
    if _said(auth, "prefix") and not ways & {"bearer", "header"}:
        yield "auth.prefix", "only with bearer or header."
    if auth.lasts_days and not auth.expires:
        yield "auth.expires", "lasts_days is there: say in words as well how long a token lasts."


def _said(auth: Auth, name: str) -> bool:
    return name in auth.model_fields_set


def _headers(connector: Connector) -> Iterator[Problem]:
    examples = {parameter.name: parameter.example for parameter in connector.parameters}
    said = {name.lower() for name in connector.form.get("headers") or {}}
    for name, value in connector.headers.items():
        filled = NAMES.sub(lambda found: examples.get(found[1], "x"), value)
        yield from ((f"headers.{name}", why) for _field, why in wrong_words({"headers": {name: filled}}))
        if "{" in filled or "}" in filled:
            yield f"headers.{name}", "a brace stands alone."
        if name.lower() in {*said, connector.auth.header.lower()}:
            yield f"headers.{name}", "stands there twice."
    if connector.auth.header.lower() != "authorization":
        yield from (("auth.header", why) for _field, why in wrong_words({"headers": {connector.auth.header: "x"}}))


def _ends(connector: Connector) -> Iterator[Problem]:
    """How an account ends there, and how somebody comes back, agree."""
    said, ending = connector.form, connector.settings.deprovision or "deactivate"
    stays = said.get("deactivation", "deactivates") == "deactivates"
    if stays and said.get("reactivation") == "create":
        yield "form.reactivation", "a deactivated account is still there (deactivation), so it can't be created again."
    if said.get("deactivation") == "erases" and said.get("reactivation", "patch") == "patch":
        yield "form.reactivation", "create: an erased account can't be changed back."
    if ending == "delete" and said.get("delete") is False:
        yield "settings.deprovision", "accounts can't be deleted there (form.delete)."
    if ending == "deactivate" and (known := said.get("attributes")) and "active" not in known:
        yield (
            "settings.deprovision",
            "active isn't among form.attributes, so nobody can be deactivated: delete or nothing.",
        )


def _required(connector: Connector) -> Iterator[Problem]:
    """What the product requires is sent, or everybody would be held."""
    try:
        sent = {row.scim for row in rows_of(connector) if row.included}
    except InvalidMapping:
        return
    known, filled = connector.form.get("attributes"), connector.form.get("fill") or ()
    for path in _texts(connector.form.get("required")):
        if path not in (*sent, *_texts(filled)):
            yield (
                "form.required",
                f"{path}: no row of the mapping sends it; switch one on (mapping), or fill it (form.fill).",
            )
        elif known and path not in known:
            yield "form.required", f"{path}: not among form.attributes, so it is never sent."


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list | tuple) else []


def _told(connector: Connector) -> Iterator[Problem]:
    """What loses data has to be said, and what is said has to agree."""
    ends = connector.form.get("deactivation", "deactivates")
    if ends != "deactivates" and not connector.warnings:
        yield "warnings", f"an account that is deactivated there {ends}: an administrator has to be told."
    if connector.settings.deprovision in ("delete", "nothing") and not connector.warnings:
        said = "deleted there" if connector.settings.deprovision == "delete" else "left as it is"
        yield "warnings", f"an account whose access ends is {said}: an administrator has to be told."
    if connector.confidence == "low" and not connector.beta:
        yield "beta", "true: little of it is sure (confidence)."
    if "groups" in connector.supports and connector.form.get("groups") is False:
        yield "supports", "groups, but form.groups says that there are none."
    if connector.settings.manage_groups and "groups" not in connector.supports:
        yield "settings.manage_groups", "supports doesn't name groups."


def _sentences(connector: Connector) -> Iterator[Problem]:
    """Prose is whole sentences: a comma in an unquoted [list] cuts one in two."""
    for field in ("prerequisites", "warnings", "unverified"):
        for number, text in enumerate(getattr(connector, field)):
            if not text.endswith((".", "!", "?", ".)")):
                yield f"{field}.{number}", "ends in no full stop: a whole sentence, in quotes where it holds a comma."


def meant(word: str, known: Iterable[str]) -> str:
    """A hint at the word that was probably meant, or nothing."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.7)
    return f" Did you mean {near[0]}?" if near else ""


_CHECKS: tuple[Callable[[Connector], Iterator[Problem]], ...] = (
    *(_mapping, _base_urls, _known_parameters, _parameters, _once),
    *(_sign_in, _headers, _ends, _required, _told, _sentences),
)
