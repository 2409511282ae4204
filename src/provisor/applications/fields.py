"""The fields of an application as people give them, checked one by one: each problem is named by its field.

Input is a mapping with the contract's names (name, connector, parameters, base_url, auth, settings, label,
show_in_portal). The result is what the row is to hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from provisor import config
from provisor.applications import settings, texts
from provisor.catalogue import entries
from provisor.errors import Invalid
from provisor.scim.targets import ForbiddenTarget, InvalidBaseUrl, Targets
from provisor.text import key_fits, unique_key

LONGEST_URL = 2048


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


def connector(given: object) -> str:
    """The slug of a catalogue entry."""
    if given not in entries.ENTRIES:
        known = ", ".join(sorted(entries.ENTRIES))
        raise Invalid({"connector": _("There is no such connector. Known: %s.") % known})
    return str(given)


def parameters(given: object) -> dict[str, Any]:
    """What the connector asks for; the custom one asks for nothing."""
    if given not in (None, {}):
        raise Invalid({"parameters": _("The custom connector takes no parameters: write them into base_url.")})
    return {}


def token(given: object) -> str:
    """The bearer token in `{"type": "bearer", "token": ...}`."""
    if not isinstance(given, Mapping):
        raise Invalid({"auth": _('An object such as {"type": "bearer", "token": "..."}.')})
    if given.get("type", "bearer") != "bearer":
        raise Invalid({"auth.type": _("One of %s.") % "bearer"})
    if wrong := texts.wrong_with_token(given.get("token")):
        raise Invalid({"auth.token": wrong})
    return str(given["token"])


Reader = Callable[[Any], Any]
_READERS: dict[str, Reader] = {
    "name": name,
    "connector": connector,
    "parameters": parameters,
    "base_url": base_url,
    "auth": token,
    "label": label,
    "show_in_portal": show_in_portal,
}


def read(given: Mapping[str, Any], *, stored_settings: Mapping[str, Any]) -> dict[str, Any]:
    """Every given field, checked; `auth` becomes the token, `settings` is merged over the stored ones.

    Raises Invalid naming every field that is wrong, not only the first."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field, value in given.items():
        try:
            values[field] = _read(field, value, stored_settings)
        except Invalid as error:
            problems |= error.fields
    if problems:
        raise Invalid(problems)
    return values


def _read(field: str, value: Any, stored_settings: Mapping[str, Any]) -> Any:
    if field == "settings":
        if not isinstance(value, Mapping):
            raise Invalid({"settings": _("An object.")})
        return settings.merged(stored_settings, value)
    reader = _READERS.get(field)
    if reader is None:
        raise Invalid({field: _("There is no such field.")})
    return reader(value)
