"""A real authorisation server, worlds that sign in there, and servers that misbehave."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.engine.conftest import World
from tests.oauth.authorising import Authorising, authorisation_server
from tests.scim.conftest import connect as connect
from tests.scim.conftest import serve as serve

from provisor.testing import FakeServiceProvider

LIFE = 2  # seconds of a token


@pytest.fixture(scope="session")
def brief(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authorising]:
    """An authorisation server whose tokens last two seconds."""
    with authorisation_server(tmp_path_factory.mktemp("brief"), life=LIFE) as server:
        yield server


@pytest.fixture(scope="session")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authorising]:
    """An authorisation server whose tokens last an hour."""
    with authorisation_server(tmp_path_factory.mktemp("lasting")) as server:
        yield server


@pytest.fixture
def guarded(brief: Authorising, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServiceProvider]:
    """The strict SP, which takes only tokens that hold at the authorisation server at that moment."""
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    with FakeServiceProvider.in_thread(check=brief.check()) as provider:
        yield provider


@pytest.fixture
def signing_world(dsn: str, guarded: FakeServiceProvider) -> Iterator[World]:
    """A world whose application's way to sign in the test sets."""
    world = World(dsn, guarded)
    yield world
    world.stop_worker()
