"""Pages as a browser without scripts gets them, on a real database."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import django
import pytest

django.setup()  # this file may be read before pytest is configured

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.core.cache import cache as tries  # noqa: E402
from django.test import Client  # noqa: E402
from tests.web.applications.conftest import make_link  # noqa: E402, F401
from tests.web.conftest import happened, make_application, make_group, make_user  # noqa: E402, F401

from provisor.administrators.models import Administrator  # noqa: E402
from provisor.portal import sessions  # noqa: E402
from provisor.text import unique_key  # noqa: E402

PASSWORD = "correct horse battery staple"
HTML = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


@cache
def _hashed() -> str:
    """Computed once: a good hash is slow."""
    return make_password(PASSWORD)


MakeAdministrator = Callable[..., Administrator]
SignedIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def _no_tries_yet(db: None) -> None:
    tries.clear()


@pytest.fixture
def make_administrator(db: None) -> MakeAdministrator:
    """`make_administrator("ada@example.com", role="auditor")`, with PASSWORD."""

    def make(email: str, role: str = "owner", **fields: Any) -> Administrator:
        made = Administrator(email=email, email_key=unique_key(email), role=role, **fields)
        made.password = _hashed()
        made.save()
        return made

    return make


@pytest.fixture
def browser(db: None) -> Client:
    """Somebody who isn't signed in."""
    return Client(headers=HTML)


@pytest.fixture
def signed_in(make_administrator: MakeAdministrator) -> SignedIn:
    """`signed_in("auditor")`: a browser in which somebody with this role has just signed in."""

    def sign_in(role: str = "owner", **options: Any) -> Client:
        client = Client(headers=HTML, **options)
        client.force_login(make_administrator(f"{role}@example.com", role))
        session = client.session
        sessions.begin(session)
        session.save()
        return client

    return sign_in


@pytest.fixture
def owner(signed_in: SignedIn) -> Client:
    return signed_in("owner")


def text_of(answer: Any) -> str:
    """What a page says, without its markup and with single spaces."""
    body = re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", answer.content.decode())
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())
