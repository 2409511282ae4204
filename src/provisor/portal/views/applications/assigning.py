"""Giving and taking access by ticks: nothing is sent until Save, and Save says what it does first.

A page shows some of what could be assigned; `shown` are the ids with a tick box on it, `ticked` those that are ticked. What
was changed on a part of the list that isn't shown now travels along in `add` and `remove`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provisor.applications import commands, queries
from provisor.applications.queries import Preview
from provisor.portal import pages
from provisor.portal.views.applications.one import Opened
from provisor.portal.words import grouped

Id = uuid.UUID


@dataclass(frozen=True)
class Ticks:
    """What would change: ids to add and to remove."""

    add: frozenset[Id] = frozenset()
    remove: frozenset[Id] = frozenset()

    @property
    def count(self) -> int:
        return len(self.add) + len(self.remove)

    @property
    def changed(self) -> frozenset[Id]:
        return self.add | self.remove

    def without(self, shown: Iterable[Id]) -> Ticks:
        """What has to travel along, because it isn't shown."""
        seen = frozenset(shown)
        return Ticks(self.add - seen, self.remove - seen)


def read(given: QueryDict | None, bound: frozenset[Id]) -> Ticks:
    """The ticks of a form; `bound` is what is assigned now."""
    if given is None:
        return Ticks()
    shown, ticked = _ids(given, "shown"), _ids(given, "ticked")
    wanted = (bound - _ids(given, "remove") - shown) | (_ids(given, "add") - shown) | (shown & ticked)
    return Ticks(frozenset(wanted - bound), frozenset(bound - wanted))


def was_said(preview: Preview, given: QueryDict) -> bool:
    """Whether the page has said how many lose their account: only that must not happen unread."""
    seen = given.get("seen", "")
    return preview.deactivate.count <= (int(seen) if seen.isdigit() else 0)


def save(request: pages.Visit, page: Opened, preview: Preview, **changes: Iterable[Id]) -> HttpResponse:
    """Carries it out, says so, and goes where one can watch it."""
    commands.change_assignments(request.actor, page.id, **changes)
    messages.success(request, _told(page, preview))
    watch = page.application.provisioning == "active" and preview.changes
    return redirect("application_activity" if watch else page.current, application_id=page.id)


def preview_of(page: Opened, **changes: Iterable[Id]) -> Preview | None:
    """What the changes would do; None where nothing is changed."""
    given: dict[str, Any] = {name: list(ids) for name, ids in changes.items()}
    return queries.preview_assignments(page.id, **given) if any(given.values()) else None


def _told(page: Opened, preview: Preview) -> str:
    if not preview.changes:
        return _("Saved. No account changes.")
    if page.application.provisioning != "active":
        return _("Saved. The accounts follow once %(name)s is active.") % {"name": page.application.name}
    came, went = preview.create.count + preview.reactivate.count, preview.deactivate.count
    parts = []
    if came:
        created = ngettext("%(count)s account is being created", "%(count)s accounts are being created", came)
        parts.append(created % {"count": grouped(came)})
    if went:
        parts.append(ngettext("%(count)s is being ended", "%(count)s are being ended", went) % {"count": grouped(went)})
    return _("Saved. %(what)s.") % {"what": ", ".join(parts)}


def _ids(given: QueryDict, name: str) -> frozenset[Id]:
    found = set()
    for text in given.getlist(name):
        try:
            found.add(uuid.UUID(text))
        except ValueError:
            continue
    return frozenset(found)
