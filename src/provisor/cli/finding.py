"""People name a user by username, e-mail or id, and an application by name or id; commands want the row."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from provisor.cli.failures import Failure

if TYPE_CHECKING:
    from provisor.applications.models import Application
    from provisor.directory.models import User


def application(named: str) -> Application:
    """The application with this name or id. Raises Failure."""
    from provisor.applications import queries
    from provisor.text import unique_key

    found = queries.applications().filter(name_key=unique_key(named)).first()
    if found is None and (id := _id(named)):
        found = queries.applications().filter(id=id).first()
    if found is None:
        raise Failure(f"There is no application “{named}”. “provisor apps list” shows them.")
    return found


def user(named: str) -> User:
    """The user with this username, e-mail or id. Raises Failure."""
    from django.db.models import Q

    from provisor.directory import queries
    from provisor.text import unique_key

    key = unique_key(named)
    wanted = Q(username_key=key) | Q(email_key=key)
    if id := _id(named):
        wanted |= Q(id=id)
    hits = list(queries.users(queries.UserFilter()).filter(wanted)[:2])
    if not hits:
        raise Failure(f"There is no user “{named}”. “provisor users list --search …” finds them.")
    if len(hits) > 1:
        raise Failure(f"“{named}” is one user's username and another's e-mail. Give the id instead.")
    return hits[0]


def _id(named: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(named)
    except ValueError:
        return None
