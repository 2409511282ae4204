"""Ids that a form sends: what is no id is left out, as if it hadn't been sent."""

from __future__ import annotations

import uuid

from django.http import HttpRequest


def posted_ids(request: HttpRequest, name: str) -> set[uuid.UUID]:
    """The ids in all values of a field."""
    found = {one_id(text) for text in request.POST.getlist(name)}
    return {id for id in found if id is not None}


def one_id(text: str) -> uuid.UUID | None:
    """The id, or None for text that is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
