"""The fields of an application as people give them, checked one by one: each problem is named by its field.

Input is a mapping with the contract's names (name, connector, parameters, base_url, auth, settings, label,
show_in_portal, sign_in_url, tls, proxy). The result is what the row is to hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from provisor import config
from provisor.applications import settings, texts
from provisor.applications.credentials import setting, transport, ways
from provisor.applications.models import Application
from provisor.applications.scopes import scoping
from provisor.catalogue import base_urls, entries
from provisor.catalogue.connector import Connector
from provisor.errors import Invalid
from provisor.scim.targets import ForbiddenTarget, InvalidBaseUrl, Targets
from provisor.text import key_fits, unique_key

LONGEST_URL = 2048
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:]*:[0-9a-f:.]*")


def targets() -> Targets:
    """The targets that this installation allows although they are loopback, private or plain http."""
    return Targets.parse(config.read().allow_targets)


def base_url(given: object) -> str:
    """The base URL in its one spelling. Raises Invalid naming base_url; a forbidden target's says how to allow it."""
    if wrong := texts.wrong_with(given, longest=LONGEST_URL):
        raise Invalid({"base_url": wrong})
    try:
        return str(targets().check_url(str(given)))
    except (InvalidBaseUrl, ForbiddenTarget) as error:
        raise Invalid({"base_url": str(error)}) from error


def name(given: object) -> str:
    """A name: one line of at most 256 characters."""
    if wrong := texts.wrong_with(given):
        raise Invalid({"name": wrong})
    if not key_fits(unique_key(str(given))):
        raise Invalid({"name": _("This name is too long once its characters are written out.")})
    return str(given)


def label(given: object) -> str | None:
    """The text of the tile in the user portal, or None."""
    if given is not None and (wrong := texts.wrong_with(given)):
        raise Invalid({"label": wrong})
    return None if given is None else str(given)


def show_in_portal(given: object) -> bool:
    """Whether the user portal shows a tile."""
    if not isinstance(given, bool):
        raise Invalid({"show_in_portal": _("true or false.")})
    return given


def sign_in_url(given: object) -> str | None:
    """Where its tile on people's own pages leads, or None. A link that browsers follow and nobody here ever asks: https,
    without anything that could pretend to be another host."""
    if given is None:
        return None
    if wrong := texts.wrong_with(given, longest=LONGEST_URL):
        raise Invalid({"sign_in_url": wrong})
    if not _is_page(str(given)):
        raise Invalid(
            {"sign_in_url": _("An https address, such as https://chat.example.com/, without a user name in it.")}
        )
    return str(given)


def _is_page(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    plain = address.isascii() and address.isprintable() and not any(each in address for each in ' "<>\\^`{|}')
    return plain and parts.scheme == "https" and bool(_HOST.fullmatch(host)) and "@" not in parts.netloc


def connector(given: object) -> str:
    """The slug of a catalogue entry."""
    if given not in entries.ENTRIES:
        raise Invalid({"connector": _("The catalogue has no such connector. GET /catalogue lists those that it has.")})
    return str(given)


def parameters(given: object, *, of: str, complete: bool) -> dict[str, Any]:
    """What the connector `of` asks for; `complete`: as much as its base URL needs. Raises Invalid naming each one that
    doesn't fit or is missing."""
    entry, values = entries.ENTRIES.get(of), {} if given is None else given
    if not isinstance(values, Mapping):
        raise Invalid({"parameters": _("An object.")})
    if entry is None or not (entry.parameters or entry.variants):
        if values:
            raise Invalid({"parameters": _("This connector takes no parameters: write them into base_url.")})
        return {}
    wrong = base_urls.wrong_with(entry, values, complete=complete)
    if wrong:
        raise Invalid({f"parameters.{name}": _wrong_parameter(entry, name, kind) for name, kind in wrong.items()})
    return dict(values)


def _wrong_parameter(entry: Connector, name: str, kind: base_urls.Wrong) -> str:
    if kind == "variant":
        known = ", ".join(variant.name for variant in entry.variants)
        return _("One of %s.") % known if known else _("This connector has one base URL: leave this out.")
    if kind == "unknown":
        known = ", ".join(parameter.name for parameter in entry.parameters)
        return _("There is no such parameter. Known: %s.") % known
    found = next(parameter for parameter in entry.parameters if parameter.name == name)
    if kind == "missing":
        return _("Missing. %(help)s Or give base_url.") % {"help": found.help}
    return _("This doesn't look right; an example: %(example)s. %(help)s") % {
        "example": found.example,
        "help": found.help,
    }


def needed(given: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields without which no application can be made from what is given."""
    entry = entries.ENTRIES.get(str(given.get("connector") or entries.CUSTOM))
    return ("name", "base_url") if entry and entry.base_url is None else ("name",)


def completed(given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` so that what a connector brings along is read with it: its base URL, and its settings."""
    brings = given.get("connector", entries.CUSTOM) != entries.CUSTOM
    return {"parameters": {}, "settings": {}, **given} if brings else dict(given)


Reader = Callable[[Any], Any]
_READERS: dict[str, Reader] = {
    "name": name,
    "connector": connector,
    "base_url": base_url,
    "label": label,
    "show_in_portal": show_in_portal,
    "sign_in_url": sign_in_url,
    "proxy": transport.proxy,
    "scope": scoping.read,
}


def read(
    given: Mapping[str, Any],
    *,
    stored_settings: Mapping[str, Any],
    of: str = entries.CUSTOM,
    stored: Application | None = None,
) -> dict[str, Any]:
    """Every given field, checked; `auth`, `tls` and `proxy` become values (credentials.values), `settings` is merged over
    the stored ones, and parameters without a base URL make it. `of`: the connector that the application has already;
    `stored`: the application, whose secrets may stay.

    Raises Invalid naming every field that is wrong, not only the first."""
    of = str(given.get("connector", of))
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field, value in given.items():
        try:
            values[field] = _reader(field, given, stored_settings, of, stored)(value)
        except Invalid as error:
            problems |= error.fields
    if problems:
        raise Invalid(problems)
    if "parameters" in values and "base_url" not in values and (made := entries.base_url(of, values["parameters"])):
        values["base_url"] = base_url(made)
    return values


def _reader(
    field: str, given: Mapping[str, Any], stored_settings: Mapping[str, Any], of: str, stored: Application | None
) -> Reader:
    if field == "auth":
        parameters_of = given.get("parameters", stored.parameters if stored else {})
        known = parameters_of if isinstance(parameters_of, Mapping) else {}
        return partial(ways.read, about=setting.about(stored, connector=of, parameters=known))
    if field == "tls":
        return partial(
            transport.tls, stored_key=partial(setting.stored, stored, "tls_key") if stored else transport.nothing
        )
    if field == "parameters":
        return partial(parameters, of=of, complete="base_url" not in given)
    if field == "settings":
        return partial(_settings, stored=stored_settings)
    return _READERS.get(field, partial(_unknown, field))


def _settings(given: object, *, stored: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise Invalid({"settings": _("An object.")})
    return settings.merged(stored, given)


def _unknown(field: str, given: object) -> Any:
    raise Invalid({field: _("There is no such field.")})
