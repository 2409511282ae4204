"""A SCIM service provider to rehearse with and to test against: it keeps what it is told, remembers every request,
says which rules were broken, and goes wrong on demand. It listens on loopback and holds everything in memory."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import orjson
from aiohttp import web

from provisor.testing.endpoints import Endpoints
from provisor.testing.faults import Fault, Faults
from provisor.testing.profile import Profile
from provisor.testing.records import Finding, Log, Recorded
from provisor.testing.resources import Resource, Store
from provisor.testing.schema import BY_ENDPOINT, canonical
from provisor.testing.wire import PREFIX, Wire

_STRICT_RFC = Profile()


class FakeServiceProvider:
    """A stateful, strict, recording SCIM 2.0 service provider.

    `token`: the bearer token that it wants ("" takes everyone). `check`: asked instead whether a bearer token holds, for
    tokens that an authorisation server gives out. `profile`: how it deviates from the RFCs; it may be
    replaced at any time. `strict`: validate each request and check the rules for clients; without it the provider is
    fast, keeps what it gets and finds nothing. `seed` drives faults with a probability, and unstable order. `clock` and
    `wall` are what its limits go by: seconds, and the time of day.

    Everything it shows is a copy, and may be looked at from any thread. Resources are shown as they are kept, whatever
    the profile leaves out of answers; a user's groups and password aren't part of them.
    """

    def __init__(
        self,
        token: str = "secret",  # noqa: S107 - a rehearsal's
        profile: Profile = _STRICT_RFC,
        *,
        seed: int = 0,
        check: Callable[[str], bool] | None = None,
        strict: bool = True,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.base_url = ""
        self._store = Store(profile)
        self._faults, self._log, self._lock = Faults(seed), Log(), threading.RLock()
        chance = random.Random(seed)  # noqa: S311 - repeatable chance is the point
        token = "" if check else token
        self._endpoints = Endpoints(
            self._store, token=token, check=check, strict=strict, chance=chance, clock=clock, wall=wall
        )
        self._runner: web.ServerRunner | None = None
        self._wire: Wire | None = None

    async def start(self, port: int = 0, *, host: str = "127.0.0.1") -> None:
        """Listens; port 0 takes a free one. `base_url` says where. Started again, it still holds what it held."""
        self._wire = Wire(self._endpoints, self._faults, self._log, self._lock)
        self._runner = web.ServerRunner(self._wire.server(), shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        taken = self._runner.addresses[0][1]
        self.base_url = self._store.base_url = f"http://{host}:{taken}{PREFIX}"

    async def stop(self) -> None:
        """Closes every connection; waiting faults end. Nothing happens if it doesn't run."""
        if self._wire and self._runner:
            self._wire.stopping.set()
            await self._runner.cleanup()
        self._wire = self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @classmethod
    @contextmanager
    def in_thread(cls, port: int = 0, **options: Any) -> Iterator[Self]:
        """A provider that runs in a thread of its own, for code without an event loop. Takes what the class takes."""
        provider, loop = cls(**options), asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="fake-sp", daemon=True)
        thread.start()
        try:
            asyncio.run_coroutine_threadsafe(provider.start(port), loop).result()
            yield provider
        finally:
            asyncio.run_coroutine_threadsafe(provider.stop(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    @property
    def profile(self) -> Profile:
        """How it deviates from the RFCs now."""
        return self._store.profile

    @profile.setter
    def profile(self, profile: Profile) -> None:
        self._store.profile = profile

    # What it holds

    @property
    def users(self) -> list[Resource]:
        """Every user, in order of creation."""
        return self._all("Users")

    @property
    def groups(self) -> list[Resource]:
        """Every group, in order of creation."""
        return self._all("Groups")

    def user(self, username: str) -> Resource | None:
        """The user of this userName, in any case."""
        return self._having("Users", "userName", username)

    def group(self, name: str) -> Resource | None:
        """The first group of this displayName, in any case."""
        return self._having("Groups", "displayName", name)

    def by_external_id(self, external_id: str) -> Resource | None:
        """The first user of this externalId, by exact case."""
        return self._having("Users", "externalId", external_id)

    def password(self, username: str) -> str | None:
        """The password that was last set for a user, for a test to compare."""
        with self._lock:
            user = self.user(username)
            return self._store.passwords.get(user["id"]) if user else None

    def put_user(self, user: Resource) -> Resource:
        """An edit by hand, without a request: creates a user, or replaces the one whose `id` it names. Answers it with
        id and meta. Raises ScimError for what no provider would hold (a taken userName)."""
        return self._put("Users", user)

    def edit_user(self, id: str, **attributes: Any) -> Resource:
        """An edit by hand: sets top-level attributes; None removes one."""
        with self._lock:
            return self._put("Users", {**self._store.get("Users", id), **attributes})

    def remove_user(self, id: str) -> None:
        """An edit by hand: the user is gone, and out of every group."""
        self._remove("Users", id)

    def put_group(self, group: Resource) -> Resource:
        """As put_user; members must exist."""
        return self._put("Groups", group)

    def edit_group(self, id: str, **attributes: Any) -> Resource:
        """As edit_user."""
        with self._lock:
            return self._put("Groups", {**self._store.get("Groups", id), **attributes})

    def remove_group(self, id: str) -> None:
        """An edit by hand: the group is gone."""
        self._remove("Groups", id)

    # What was asked of it

    @property
    def requests(self) -> list[Recorded]:
        """Every request since the last clear_requests, in order of arrival; open ones have status 0."""
        with self._lock:
            return self._log.all()

    @property
    def writes(self) -> list[Recorded]:
        """Those of `requests` that create, change or delete."""
        return [request for request in self.requests if request.is_write]

    @property
    def findings(self) -> list[Finding]:
        """Every rule that one of `requests` broke."""
        return [finding for request in self.requests for finding in request.findings]

    @property
    def early(self) -> list[Recorded]:
        """Those of `requests` that came before the Retry-After of a 429 had ended."""
        return [request for request in self.requests if request.early]

    @property
    def throttled(self) -> float:
        """The share of `requests` that were answered 429; 0 to 1."""
        asked = self.requests
        return sum(request.status == 429 for request in asked) / len(asked) if asked else 0.0

    @property
    def most_at_once(self) -> int:
        """How many requests were being answered at once, at most, since it was started."""
        return self._wire.places.most if self._wire else 0

    def listen(self, listener: Callable[[Recorded], None] | None) -> None:
        """`listener` is called with each request when it has its answer, in the provider's thread."""
        self._log.listener = listener

    def clear_requests(self) -> None:
        """Forgets requests and findings, not what it holds."""
        with self._lock:
            self._log.clear()

    # What goes wrong

    def fault(self, fault: Fault) -> None:
        """From now on this goes wrong. Earlier faults come first."""
        with self._lock:
            self._faults.add(fault)

    def clear_faults(self) -> None:
        """From now on all goes well."""
        with self._lock:
            self._faults.clear()

    def _all(self, endpoint: str) -> list[Resource]:
        with self._lock:
            return [self._copy(resource) for resource in self._store.tables[endpoint].rows.values()]

    def _having(self, endpoint: str, name: str, value: str) -> Resource | None:
        with self._lock:
            found = self._store.tables[endpoint].having(name, value)
            return self._copy(found[0]) if found else None

    def _put(self, endpoint: str, resource: Resource) -> Resource:
        body = canonical(orjson.loads(orjson.dumps(resource)), BY_ENDPOINT[endpoint])
        with self._lock:
            old = self._store.tables[endpoint].rows.get(resource.get("id", ""))
            if old:
                return self._copy(self._store.replace(endpoint, old, body))
            return self._copy(self._store.create(endpoint, body, id=resource.get("id")))

    def _remove(self, endpoint: str, id: str) -> None:
        with self._lock:
            self._store.remove(endpoint, id)

    def _copy(self, resource: Resource) -> Resource:
        located = {**resource["meta"], "location": self._store.location(resource)}
        copied: Resource = orjson.loads(orjson.dumps({**resource, "meta": located}))
        return copied
