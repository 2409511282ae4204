"""What a sealed password is bound to: a box that was moved to another row doesn't open."""

from __future__ import annotations

from uuid import UUID


def bound_to(id: UUID, application: UUID, user: UUID | str) -> str:
    """The row of applications_accountpassword that a box belongs to."""
    return f"applications_accountpassword:{id}:{application}:{user}:sealed"
