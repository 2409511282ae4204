"""People and their browsers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from tests.portal.conftest import HTML
from tests.web.applications.conftest import make_link  # noqa: F401

from provisor.directory.models import Organisation, User
from provisor.portal.own import sessions

PASSWORD = "seven grey herons by the quay"
OTHER = "nine blue lanterns in the fog"


@cache
def hash_of(password: str = PASSWORD) -> str:
    """Computed once: a good hash is slow."""
    return make_password(password)


@pytest.fixture
def make_person(make_user: Callable[..., User]) -> Callable[..., User]:
    """`make_person("zoe", firstname="Zoë")`: an active user who has set PASSWORD."""

    def make(username: str = "zoe", **fields: Any) -> User:
        given = {"state": "active", "password_status": "active", "password": hash_of(), **fields}
        return make_user(username, password_changed=timezone.now(), **given)

    return make


@pytest.fixture
def zoe(make_person: Callable[..., User]) -> User:
    return make_person("zoe", firstname="Zoë", lastname="Öztürk", displayname="Zoë Öztürk", department="Harbour")


@pytest.fixture
def entered() -> Callable[..., Client]:
    """`entered(person)`: a browser in which this person has just signed in."""

    def sign_in(person: User, **options: Any) -> Client:
        client, answer = Client(headers=HTML, **options), HttpResponse()
        sessions.begin(RequestFactory().get("/my"), answer, person)
        client.cookies[sessions.COOKIE] = answer.cookies[sessions.COOKIE].value
        return client

    return sign_in


@pytest.fixture
def browser_of_zoe(zoe: User, entered: Callable[..., Client]) -> Client:
    return entered(zoe)


def settings(**parts: dict[str, Any]) -> None:
    """Chooses settings of the organisation: `settings(self_service={"edit": []})`."""
    organisation = Organisation.objects.get()
    organisation.settings = parts
    organisation.save()
