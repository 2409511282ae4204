"""What a product can do, as badges, and the square that stands for it. Pure, over the catalogue.

The badge Provisioning: green where it is active, grey where it is available and not active, absent where there is
neither a prebuilt connector nor a connection that somebody set up.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Literal, get_args

from django.utils.translation import gettext_lazy as _

from provisor.applications.models import Application, Provisioning
from provisor.catalogue import entries
from provisor.catalogue.connector import Colour
from provisor.portal import states

Badge = Literal["active", "available"]
ACTIVE = ("active", "failing")  # a failing one was switched on, and is tried again
FACTS = {"sso": "SSO", "jit": "JIT", "groups": _("Groups")}
BEFORE, AFTER = ("sso", "jit"), ("groups",)  # the badge Provisioning stands between them
COLOURS: tuple[str, ...] = get_args(Colour)  # in the order of the tints
_NUMBERED = re.compile(r"( \d{1,3})?")


@dataclass(frozen=True)
class Icon:
    """`tint`: one of the eight of portal.css."""

    letters: str
    tint: int


def provisioning_of(application: Application) -> Badge | None:
    """Which badge Provisioning an application has."""
    return badge(
        application.provisioning,
        prebuilt="provisioning" in supports_of(application.connector),
        set_up=application.provisioning != Provisioning.CONFIGURED or application.secret is not None,
    )


def badge(provisioning: str, *, prebuilt: bool, set_up: bool) -> Badge | None:
    """`prebuilt`: the catalogue has a connector that provisions; `set_up`: somebody gave it what it signs in with, or
    it was active once."""
    if provisioning in ACTIVE:
        return "active"
    return "available" if prebuilt or set_up else None


def supports_of(connector: str) -> tuple[str, ...]:
    """What the catalogue says that it can do; of a custom one it says nothing."""
    found = None if connector == entries.CUSTOM else entries.ENTRIES.get(connector)
    return tuple(found.supports) if found else ()


def icon_of(name: str, connector: str) -> Icon:
    """The square of an application (or of the connector itself, by its own name)."""
    found = None if connector == entries.CUSTOM else entries.ENTRIES.get(connector)
    tint = zlib.crc32((name if connector == entries.CUSTOM else connector).encode()) % len(COLOURS)
    if found is None:
        return Icon(states.letters(name), tint)
    tint = COLOURS.index(found.icon.colour) if found.icon.colour else tint
    own = found.icon.letters if _is_called(name, found.name) else None  # a name that people gave has letters of its own
    return Icon(own or states.letters(name), tint)


def _is_called(name: str, product: str) -> bool:
    """Whether that is the product's name, its short form, or one with a number ("Slack 2")."""
    short = product.partition(" (")[0]
    return name == product or (name.startswith(short) and bool(_NUMBERED.fullmatch(name[len(short) :])))
