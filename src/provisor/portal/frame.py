"""What stands around every page: where one is, where one can go, who one is, and the theme."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from provisor.administrators.roles import PERMISSIONS, may

THEMES = ("light", "dark")
THEME_COOKIE = "provisor-theme"
VERSION = version("provisor")


@dataclass(frozen=True)
class Entry:
    """One entry of the navigation. `current`: the page is it, or below it."""

    name: str
    label: str
    icon: str
    permission: str
    current: bool = False

    @property
    def address(self) -> str:
        return reverse(self.name)


@dataclass(frozen=True)
class Section:
    """Entries under a heading; the first section has none."""

    label: str
    entries: list[Entry]


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context of every template: `navigation`, `may` (by permission, dots as underscores), `theme`, `version`."""
    theme = request.COOKIES.get(THEME_COOKIE)
    actor = getattr(request, "actor", None)
    return {
        "navigation": list(_navigation(request, actor.role)) if actor else [],
        "may": {name.replace(".", "_"): may(actor.role, name) for name in PERMISSIONS} if actor else {},
        "theme": theme if theme in THEMES else None,
        "version": VERSION,
    }


def _navigation(request: HttpRequest, role: str) -> Iterator[Section]:
    for label, entries in _sections():
        shown = [_located(entry, request.path) for entry in entries if may(role, entry.permission)]
        if shown:
            yield Section(label, shown)


def _sections() -> list[tuple[str, list[Entry]]]:
    return [
        ("", [Entry("home", _("Home"), "home", "applications.read")]),
        (
            _("User Management"),
            [
                Entry("users", _("Users"), "user", "directory.read"),
                Entry("groups", _("User Groups"), "users", "directory.read"),
            ],
        ),
        (_("Access"), [Entry("applications", _("SSO Applications"), "applications", "applications.read")]),
        (_("Work"), [Entry("held", _("Held accounts"), "held-mark", "applications.read")]),
        (_("Insights"), [Entry("events", _("Events"), "pulse", "events.read")]),
        (
            _("Organisation"),
            [
                Entry("mails", _("Mail"), "mail", "directory.read"),
                Entry("attributes", _("Attributes"), "list", "directory.read"),
                Entry("settings", _("Settings"), "settings", "directory.read"),
            ],
        ),
    ]


def _located(entry: Entry, path: str) -> Entry:
    address = entry.address
    below = path == address or (address != "/" and path.startswith(f"{address}/"))
    return Entry(entry.name, entry.label, entry.icon, entry.permission, current=below)
