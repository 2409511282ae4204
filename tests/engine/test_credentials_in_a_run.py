"""The credential is exchanged while hundreds of accounts are being made: the run goes on with the new one, and nothing is
lost or doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from tests.engine.conftest import World

from provisor.applications.commands import credentials
from provisor.applications.credentials import rotation
from provisor.applications.models import Application
from provisor.testing import FakeServiceProvider, Fault

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 150


class Door:
    """Which tokens the service provider takes, and which it saw."""

    def __init__(self) -> None:
        self.takes = {"secret", "the-next-one"}
        self.saw: Counter[str] = Counter()

    def __call__(self, token: str) -> bool:
        self.saw[token] += 1
        return token in self.takes


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def world(dsn: str, door: Door, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    with FakeServiceProvider.in_thread(check=door) as sp:
        sp.fault(Fault("latency", seconds=0.02))
        made = World(dsn, sp)
        yield made
        made.stop_worker()


def _each_once(world: World) -> None:
    assert len(world.sp.users) == PEOPLE
    created = Counter(one.body["userName"] for one in world.sp.writes if one.method == "POST" and one.status == 201)
    assert set(created.values()) == {1}
    assert world.sp.findings == []


def test_switched_by_a_person_in_the_middle(world: World, door: Door) -> None:
    world.people(PEOPLE)
    credentials.put_next(world.actor, world.application.id, {"token": "the-next-one"})
    with world.worker():
        world.until(lambda: len(world.sp.users) > 20)
        credentials.switch(world.actor, world.application.id)
        door.takes = {"the-next-one"}
        world.settle()
    _each_once(world)
    assert door.saw["the-next-one"] > PEOPLE / 3


def test_refused_in_the_middle_it_switches_by_itself(world: World, door: Door) -> None:
    world.people(PEOPLE)
    credentials.put_next(world.actor, world.application.id, {"token": "the-next-one"})
    with world.worker():
        world.until(lambda: len(world.sp.users) > 20)
        door.takes = {"the-next-one"}
        world.until(lambda: Application.objects.get().provisioning == "failing")
        assert rotation.switch_where_needed() == 1
        world.settle()
    _each_once(world)
    assert Application.objects.get().provisioning == "active"
