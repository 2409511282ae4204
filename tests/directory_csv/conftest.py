"""Files as people send them, on a real database."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import django
import pytest

django.setup()  # this file may be read before pytest is configured

from django.utils import timezone  # noqa: E402

from provisor.administrators.actor import Actor  # noqa: E402
from provisor.directory.commands import csv_import  # noqa: E402
from provisor.directory.csv import reading  # noqa: E402
from provisor.directory.csv.review import Review  # noqa: E402
from provisor.directory.models import User  # noqa: E402
from provisor.text import unique_key  # noqa: E402

OWNER = Actor(kind="cli", id="cli", name="a test", role="owner")


def table(text: str | bytes) -> reading.Table:
    return reading.read(io.BytesIO(text.encode() if isinstance(text, str) else text))


@pytest.fixture
def look(db: None) -> Callable[..., Review]:
    """`look("username,email\\n…", {"Mail": "email"})`: what the file would do."""

    def review(text: str, chosen: Mapping[str, str] | None = None) -> Review:
        read = table(text)
        return csv_import.review_users_file(OWNER, read, reading.mapped(read, chosen or {}))

    return review


@pytest.fixture
def take(db: None) -> Callable[..., Review]:
    """`take("username,email\\n…", bad="leave out")`: imports it."""

    def apply(text: str, *, bad: str = "refuse", seen: str | None = None, actor: Actor = OWNER) -> Review:
        read, kind = table(text), csv_import.BadRows(bad)
        return csv_import.import_users_file(actor, read, reading.mapped(read, {}), bad=kind, seen=seen)

    return apply


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """A user as a row: `make_user("ada", state="suspended")`."""

    def make(name: str, **fields: Any) -> User:
        email = f"{name}@example.com"
        values = {"username": name, "email": email, "email_key": unique_key(email), "updated": timezone.now()}
        return User.objects.create(username_key=unique_key(name), **{**values, **fields})

    return make
