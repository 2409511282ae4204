"""The guard as a promise: whatever happens in whatever order, sets never end more than the limit without approval, and
calls that name their users never more than five times as many. Random days of one application, on the real database;
`GUARD_DAYS=10000` tries more of them than the build does."""

from __future__ import annotations

import asyncio
import os
import random
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from provisor.applications import guard_statements
from provisor.applications.models import Due, Link, Reservation
from provisor.applications.store import PostgresStore
from provisor.core.changes import Change, Kind
from provisor.core.guard import NAMED_TIMES, Limit
from provisor.directory.models import User
from provisor.engine.guard import Guard, Waits

DAYS = int(os.environ.get("GUARD_DAYS", "500"))
PEOPLE = 30


@dataclass
class Day:
    """What was sent, by cause; `limit` as it was in the morning: it only gets smaller as accounts end."""

    limit: int
    sent_by_sets: set[uuid.UUID] = field(default_factory=set)
    sent_by_name: set[uuid.UUID] = field(default_factory=set)

    def check(self) -> None:
        assert len(self.sent_by_sets) <= self.limit
        assert len(self.sent_by_name) <= NAMED_TIMES * self.limit


@pytest.fixture
def accounts(world) -> list[Link]:
    """People without access whose accounts are active there: all that happens to them ends them."""
    users = world.people(PEOPLE)
    world.leave(*users)
    Due.objects.all().delete()
    made = [
        Link(
            id=uuid.uuid4(), application=world.application, user=user, status="synced", remote_id=f"r{n}", active=True,
            updated=timezone.now(),
        )
        for n, user in enumerate(users)
    ]  # fmt: skip
    return Link.objects.bulk_create(made)


def test_no_day_ends_more_than_the_guard_lets_through(world, accounts, dsn):
    async def days() -> None:
        store, ready = PostgresStore(dsn), asyncio.Event()
        running = asyncio.create_task(store.run(ready))
        try:
            await ready.wait()
            for seed in range(DAYS):
                await _day(random.Random(seed), store, world, accounts)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            connections.close_all()  # those of this context

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        asyncio.run(days())
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


async def _day(chance: random.Random, store: PostgresStore, world: Any, accounts: list[Link]) -> None:
    limit = Limit(max_percent=chance.choice([0, 5, 20]), max_count=chance.randint(0, 4))
    world.configure(guard={"max_percent": limit.max_percent, "max_count": limit.max_count})
    Due.objects.all().delete()
    Reservation.objects.all().delete()
    Link.objects.update(active=True, status="synced", error=None)
    there = {link.id: link for link in chance.sample(accounts, chance.randint(3, PEOPLE))}
    Link.objects.exclude(id__in=there).update(active=False)
    day = Day(limit.of(len(there)))
    guards = [await _guard(store, world) for _ in range(2)]
    for _ in range(chance.randint(1, 8)):
        await _something_happens(chance, store, world, there, guards, day)
        day.check()


async def _guard(store: PostgresStore, world: Any) -> Guard:
    connection = await store.open(world.application.id)
    assert connection is not None
    return Guard(store, connection)


async def _something_happens(chance, store, world, there, guards, day) -> None:
    """Some accounts become due, by a set or by name; then passes carry out what they are let, or a worker starts anew."""
    named = chance.random() < 0.3
    for id in chance.sample(sorted(there), min(len(there), chance.randint(1, 6))):
        link = there[id]
        Due.objects.create(
            application_id=link.application_id, user_id=link.user_id, priority=0, not_before=timezone.now(),
            since=timezone.now(), cause="person" if named else "set",
        )  # fmt: skip
    if chance.random() < 0.3:
        guards[chance.randrange(2)] = await _guard(store, world)
    for link, by_name in _due(there, chance):
        await _try(store, chance.choice(guards), link, by_name, there, day)
        if chance.random() < 0.1:
            break  # the worker dies here; what it reserved is still reserved


def _due(there, chance) -> list[tuple[Link, bool]]:
    marks: dict[Any, bool] = {}
    for user, cause in Due.objects.values_list("user_id", "cause"):
        marks[user] = marks.get(user, False) or cause == "person"
    found = [(link, marks[link.user_id]) for link in there.values() if link.user_id in marks]
    chance.shuffle(found)
    return found


async def _try(store, guard: Guard, link: Link, named: bool, there, day: Day) -> None:
    change = Change(Kind.DEACTIVATE, link.id, "has no access any more", link.remote_id)
    refusal = await guard.refuses(change, named=named, decision=None, code=None)
    if refusal is None:
        what = {"application": link.application_id, "links": [link.id]}
        await store._rows(guard_statements.SPENT, **what)
        Link.objects.filter(id=link.id).update(active=False)
        Due.objects.filter(user_id=link.user_id).delete()
        (day.sent_by_name if named else day.sent_by_sets).add(link.id)
        del there[link.id]
        return
    assert isinstance(refusal, Waits)
    error = {"code": "guard"}
    Link.objects.filter(id=link.id).update(status="held", error=error)
    Due.objects.filter(user_id=link.user_id).delete()


def test_what_was_sent_more_than_a_day_ago_counts_no_more(world, dsn):
    people = world.people(40)
    world.work()
    world.leave(*people[:5])
    world.work()
    world.leave(people[5])
    world.work()
    assert sum(user.get("active", True) for user in world.sp.users) == 35
    Reservation.objects.update(at=timezone.now() - timedelta(hours=25))
    User.objects.filter(id=people[5].id).update(updated=timezone.now())
    world.edit(people[5], jobTitle="Somebody")
    world.work()
    assert sum(user.get("active", True) for user in world.sp.users) == 34
