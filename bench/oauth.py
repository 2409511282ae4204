"""A first load whose tokens end in the middle of it: OAuth 2.0 with client credentials at a real authorisation server
(django-oauth-toolkit, tests/oauth) whose tokens last two seconds; beside it the same load with a fixed token.

The service provider asks the authorisation server whether a token holds; who came twice or never is counted. "All revoked at
once": everything that was given out ends in the middle, so that requests in flight get a 401.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from tests.oauth.authorising import Authorising, authorisation_server, own_credentials

from bench.figures import Figures
from bench.world import Size, World
from provisor.testing import FakeServiceProvider

LIFE = 2  # seconds of a token


def measure(world: World, figures: Figures, size: Size) -> None:
    with tempfile.TemporaryDirectory() as folder, authorisation_server(Path(folder), life=LIFE) as server:
        for _ in range(size.rounds):
            _load(world, figures, size, "a fixed token", None)
            _load(world, figures, size, "tokens of 2 s", server)
            _load(world, figures, size, "all revoked at once", server, revoke=True)


def _load(
    world: World, figures: Figures, size: Size, name: str, server: Authorising | None, *, revoke: bool = False
) -> None:
    check = server.check() if server else None
    with FakeServiceProvider.in_thread(check=check, strict=False) as provider:
        with world.application(
            base_url=provider.base_url, auth=own_credentials(server) if server else None
        ) as application:
            before, begun = _asked(server), time.monotonic()
            world.assign(application, world.staff)
            if revoke and server:
                _in_the_middle(provider, size, server)
            world.settle()
            seconds, asked = time.monotonic() - begun, _asked(server) - before
        _count(figures, f"{name}: ", provider, size.people)
    figures.add(f"{name}: seconds", seconds, "s")
    figures.add(f"{name}: accounts a second", size.people / seconds, "/s")
    figures.add(f"{name}: tokens asked for", asked, "")


def _in_the_middle(provider: FakeServiceProvider, size: Size, server: Authorising) -> None:
    while len(provider.requests) < size.people / 3:
        threading.Event().wait(0.02)
    server.revoke()


def _count(figures: Figures, name: str, provider: FakeServiceProvider, people: int) -> None:
    made = Counter(request.body["userName"] for request in provider.writes if request.status == 201)
    refused = sum(request.status == 401 for request in provider.requests)
    lost, doubled = people - len(made), sum(made.values()) - len(made)
    figures.add(f"{name}lost", lost, "")
    figures.add(f"{name}doubled", doubled, "")
    figures.add(f"{name}401, sent once more", refused, "")
    assert lost == doubled == 0, "accounts were lost or doubled"


def _asked(server: Authorising | None) -> int:
    return server.asked("client_credentials 200") if server else 0
