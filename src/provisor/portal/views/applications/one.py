"""What every tab of an application shows around itself: name, state, label, tabs with their counts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from provisor.applications import queries
from provisor.applications.models import Application
from provisor.applications.queries.form import form_of
from provisor.catalogue import entries
from provisor.catalogue.connector import Connector
from provisor.portal.parts import Health, Tab
from provisor.portal.reached import Ending, first_of

# Pages that belong to a tab without being it.
BESIDE = {
    "application_users_direct": "application_users",
    "application_protected": "application_users",
    "application_orphans": "application_users",
    "application_drift": "application_users",
    "application_groups_there": "application_groups",
    "application_scope": "application_groups",
    "application_values": "application_groups",
    "application_import": "application_imports",
    "application_form": "application_provisioning",
    "application_next": "application_provisioning",
    "application_authorise": "application_provisioning",
    "application_passwords": "application_provisioning",
}


@dataclass(frozen=True)
class Opened:
    """An application on its page. `current` is the name of the tab's route."""

    application: Application
    current: str
    groups: int
    accounts: dict[str, int]

    @property
    def id(self) -> uuid.UUID:
        return self.application.id

    @property
    def tabs(self) -> list[Tab]:
        entries = [
            (_("General"), "application", None),
            (_("Provisioning"), "application_provisioning", None),
            (_("User Groups"), "application_groups", self.groups),
            (_("Users"), "application_users", sum(self.accounts.values())),
            (_("Import"), "application_imports", None),
            (_("Activity"), "application_activity", None),
        ]
        here = BESIDE.get(self.current, self.current)
        return [Tab(label, self.address(name), name == here, count) for label, name, count in entries]

    @property
    def current_address(self) -> str:
        return self.address(self.current)

    def address(self, name: str) -> str:
        return reverse(name, args=[self.id])

    def context(self, **more: Any) -> dict[str, Any]:
        """For templates that extend portal/applications/one.html. `deactivation`: what that does to an account there."""
        ending = form_of(self.application).deactivation
        shown = {"application": self.application, "tabs": self.tabs, "opened": self, "deactivation": ending}
        return shown | {"soon_over": self._soon_over(), **more}

    def _soon_over(self) -> Ending | None:
        """What it signs in with, where that ends soon."""
        end = first_of(self.application)
        return end if end and end.soon else None


def opened(application_id: uuid.UUID, current: str) -> Opened:
    """The application with what its tabs count. Raises NotFound."""
    application = queries.get_application(application_id)
    counted = application.assignments.aggregate(groups=Count("id", filter=Q(group__isnull=False)))
    return Opened(application, current, counted["groups"], queries.accounts_by_status(application_id))


def connector_of(application: Application) -> Connector | None:
    """What the catalogue knows of it; nothing of a custom one."""
    return None if application.connector == entries.CUSTOM else entries.ENTRIES.get(application.connector)


def bar(health: queries.Health, provisioning: str) -> Health:
    """The health bar's numbers."""
    return Health(health.right, health.due, health.held, paused=provisioning in ("paused", "configured"))
