"""What people see of applications on their own pages: tiles, and which of them take their password."""

from __future__ import annotations

import unicodedata
import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from provisor.applications.models import Application
from provisor.applications.passwords.taking import takes_passwords
from provisor.selection import rows_of

# `since`: when the first way of access that still holds came to be.
_TILES = """
    SELECT a.id, a.name, a.label, a.connector, a.sign_in_url, access.since,
           EXISTS (SELECT 1 FROM applications_link l
                   WHERE l.application_id = a.id AND l.user_id = %(user)s
                     AND l.remote_id IS NOT NULL AND l.active IS NOT FALSE) AS ready
    FROM applications_application a
    JOIN (SELECT w.application_id, min(greatest(s.created, m.created)) AS since
          FROM applications_access w
          JOIN applications_assignment s ON s.application_id = w.application_id
              AND (s.group_id = w.group_id OR (w.group_id IS NULL AND s.user_id = w.user_id))
          LEFT JOIN directory_membership m ON m.group_id = w.member_of_id AND m.user_id = w.user_id
          WHERE w.user_id = %(user)s
          GROUP BY w.application_id) access ON access.application_id = a.id
    WHERE a.show_in_portal AND a.provisioning <> 'configured'
"""
_PUSHING = """
    SELECT a.id FROM applications_application a
    WHERE (a.settings ->> 'push_passwords')::boolean
      AND EXISTS (SELECT 1 FROM applications_access w WHERE w.application_id = a.id AND w.user_id = %(user)s)
"""


@dataclass(frozen=True)
class Tile:
    """One application that its owner may use. `ready`: the account is there; `address`: where it leads, if anywhere."""

    id: uuid.UUID
    name: str
    label: str | None
    connector: str
    address: str | None
    since: datetime
    ready: bool
    new: bool

    @property
    def title(self) -> str:
        return self.label or self.name


def tiles(user_id: uuid.UUID, *, new_since: datetime) -> list[Tile]:
    """The applications that this user has access to and that are shown to people, by their titles. Where all of them are
    new, none is marked so."""
    rows = rows_of(_TILES, {"user": user_id})
    found = [
        Tile(
            id=row["id"],
            name=row["name"],
            label=row["label"],
            connector=row["connector"],
            address=row["sign_in_url"],
            since=row["since"],
            ready=row["ready"],
            new=row["since"] >= new_since,
        )
        for row in rows
    ]
    if all(tile.new for tile in found):
        found = [replace(tile, new=False) for tile in found]
    return sorted(found, key=lambda tile: (_alphabetical(tile.title), str(tile.id)))


def names_taking_passwords(user_id: uuid.UUID) -> list[str]:
    """What the applications are called in which a password that this user sets is set too, by name."""
    ids = [row["id"] for row in rows_of(_PUSHING, {"user": user_id})]
    taking = [each for each in Application.objects.filter(id__in=ids) if takes_passwords(each)]
    return sorted((each.label or each.name for each in taking), key=_alphabetical)


def _alphabetical(name: str) -> str:
    """Ä beside A, not behind Z."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
