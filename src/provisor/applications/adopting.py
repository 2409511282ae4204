"""Taking a value from a service provider into the directory. The directory lies above this package and says here how it is
done (`register`), so that it happens by its own command, with its own validation, events and due marks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction

from provisor.applications.full_read_statements import CORRECT
from provisor.errors import Problem

# The user, the new values under the contract's names, and what `updated` was when they were compared.
Take = Callable[[UUID, Mapping[str, Any], datetime], None]
_registered: list[Take] = []


@dataclass(frozen=True, slots=True)
class Wish:
    """One user's values to be taken over, and the link as it is known once they are."""

    user: UUID
    values: Mapping[str, Any]
    updated: datetime
    link: Mapping[str, Any]


def register(take: Take) -> None:
    """Says how a value gets into the directory. `take` raises a Problem where it can't."""
    _registered[:] = [take]


def adopt(wishes: Sequence[Wish]) -> list[str | None]:
    """Takes over what can be taken over: for each None, or why not. In a thread of its own: it waits for the database."""
    try:
        return [_adopted(wish) for wish in wishes]
    finally:
        connection.close()


def _adopted(wish: Wish) -> str | None:
    """The directory and the link change together, so that no pass in between writes the value back to where it is from."""
    try:
        with transaction.atomic():
            for take in _registered:
                take(wish.user, wish.values, wish.updated)
            with connection.cursor() as cursor:
                cursor.execute(CORRECT, {"links": orjson.dumps([wish.link]).decode()})
    except Problem as problem:
        return "; ".join(f"{name}: {text}" for name, text in problem.fields.items()) or problem.message
    return None
