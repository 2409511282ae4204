"""A button says what it does to accounts, in the words of the sentence above it."""

from __future__ import annotations

import uuid

import pytest

from provisor.applications.queries.people import Consequence, Touched
from provisor.portal.views.directory import words


@pytest.mark.parametrize(
    ("create", "reactivate", "deactivate", "act"),
    [
        (0, 0, 0, "Save"),
        (12, 0, 0, "Save, create 12"),
        (0, 1, 0, "Save, reactivate 1"),
        (12, 0, 3, "Save, create 12 and deactivate 3"),
        (1, 2, 1300, "Save, create 1, reactivate 2 and deactivate 1,300"),
    ],
)
def test_an_act(create: int, reactivate: int, deactivate: int, act: str) -> None:
    chat = Touched(uuid.UUID(int=1), "Chat", create, reactivate, deactivate)
    assert words.act("Save", Consequence([chat])) == act
