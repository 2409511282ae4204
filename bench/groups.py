"""What groups cost in requests: filling one in chunks, ten of 10,000 members, and ten syncs at SPs that deviate.

The service provider is the strict one that ships with Provisor, in a thread of the benchmark: requests are counted, and
seconds are given only to show the order of size.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import orjson

from bench.figures import Figures
from bench.world import Size, World
from provisor.testing import FakeServiceProvider, Profile

MANY = 10_000  # members; fewer with --people
DEVIATING = {
    "normalising": {"lowercase_emails": True, "lowercase_user_name": True, "trim": True, "phone_digits": True},
    "dropping": {"drop": ("title", "department", "name.middleName"), "keep_external_id": False},
    "string-answering": {"string_booleans": True, "total": "text"},
}


def measure(world: World, figures: Figures, size: Size) -> None:
    _chunks(world, figures)
    _ten_of_many(world, figures, min(MANY, 2 * size.people))
    for name, deviations in DEVIATING.items():
        _ten_syncs(world, figures, name, deviations)


@contextmanager
def _provider(world: World, **deviations: Any) -> Iterator[tuple[Any, UUID]]:
    """The strict SP with an active application on it that sends groups."""
    from provisor.applications import commands

    with (
        FakeServiceProvider.in_thread(profile=Profile(**deviations)) as provider,
        world.application(base_url=provider.base_url) as application,
    ):
        settings = {"manage_groups": True, "guard": {"max_percent": 100, "max_count": 1000}}
        commands.update_application(world.actor, application, {"settings": settings})
        yield provider, application


def _chunks(world: World, figures: Figures) -> None:
    with _provider(world, members_per_request=100, members_shown="no") as (provider, application):
        group = world.people(250, "chunked")
        world.assign(application, group)
        world.settle()
        patches = [r for r in provider.requests if r.method == "PATCH" and "/Groups/" in r.target]
        assert len(provider.group("chunked 0")["members"]) == 250
    figures.add("250 members, 100 a request, none shown: PATCH requests", len(patches), "")
    figures.add("the same: findings of the strict SP", len(provider.findings), "")


def _ten_of_many(world: World, figures: Figures, many: int) -> None:
    from provisor.directory import commands

    with _provider(world) as (provider, application):
        (group,) = world.people(many, "crowd")
        world.assign(application, [group])
        world.settle()
        provider.clear_requests()
        begun = time.monotonic()
        commands.change_members(world.actor, group, remove=world.members(group)[:10])
        world.settle()
        seconds = time.monotonic() - begun
        requests = [r for r in provider.requests if "/Groups/" in r.target]
        assert len(provider.group("crowd 0")["members"]) == many - 10
    figures.add(f"10 of {many} members leave: requests on the group", len(requests), "")
    figures.add("the same: bytes sent to the group", sum(len(orjson.dumps(r.body)) for r in requests if r.body), "")
    figures.add("the same: seconds until all is recorded, ten deactivations included", seconds, "s")


def _ten_syncs(world: World, figures: Figures, name: str, deviations: dict[str, Any]) -> None:
    with _provider(world, **deviations) as (provider, application):
        world.assign(application, world.people(50, name))
        world.settle()
        world.run(application, "reconcile")
        provider.clear_requests()
        for _ in range(10):
            world.run(application, "sync")
            world.run(application, "reconcile")
        figures.add(f"{name} SP, ten syncs and reconciles of 50 people: writes", len(provider.writes), "")
