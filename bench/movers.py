"""Movers: a department changes, and access follows in three applications by the rules of two groups; and what a rule costs
over a whole directory.

The service providers are the strict ones that ship with Provisor, in threads of the benchmark: one is left, one is entered,
and in the third a role changes. Measured from the call of the command until all three hold what is right.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any
from uuid import UUID

from bench.figures import Figures
from bench.world import PATIENCE, Size, World
from provisor.testing import FakeServiceProvider

PEOPLE = 20  # who move in turn
PLACES = ("Finance", "Legal")
ROLE = {"scim": "userType", "source": {"expression": "values.role"}}


def measure(world: World, figures: Figures, size: Size) -> None:
    _moves(world, figures, size)
    _whole_directory(world, figures, size.accounts)


def _moves(world: World, figures: Figures, size: Size) -> None:
    with ExitStack() as stack:
        providers = [stack.enter_context(FakeServiceProvider.in_thread()) for _ in range(3)]
        applications = [_application(stack, world, n, one) for n, one in enumerate(providers)]
        groups = [_group(world, f"Movers to {place}", place) for place in PLACES]
        _connect(world, applications, groups)
        (desk,) = world.people(PEOPLE, "mover")
        movers = world.members(desk)
        for user in movers:
            world.edit(user, department=PLACES[0])
        world.settle()
        took = [_move(world, providers, movers[n % PEOPLE], n // PEOPLE + 1) for n in range(size.edits)]
    figures.spread("a department changes: three applications right", took)


def _move(world: World, providers: list[Any], user: UUID, turn: int) -> float:
    to = turn % 2
    called = time.monotonic()
    world.edit(user, department=PLACES[to])
    while not _right(providers, str(user), to):
        assert time.monotonic() - called < PATIENCE
        time.sleep(0.0005)
    return time.monotonic() - called


def _right(providers: list[Any], user: str, to: int) -> bool:
    entered, left, kept = providers[to], providers[1 - to], providers[2]
    there, gone, role = (one.by_external_id(user) for one in (entered, left, kept))
    return bool(
        there and there["active"] and not (gone and gone["active"]) and role and role.get("userType") == PLACES[to]
    )


def _application(stack: ExitStack, world: World, number: int, provider: Any) -> UUID:
    from provisor.applications import commands

    given = {"name": f"Mover {number}", "base_url": provider.base_url, "auth": {"type": "bearer", "token": "secret"}}
    guard = {"guard": {"max_percent": 100, "max_count": 100_000}}
    id = commands.create_application(world.actor, given | {"settings": guard}).id
    stack.callback(commands.delete_application, world.actor, id)
    commands.activate_application(world.actor, id, force=True)
    return id


def _group(world: World, name: str, place: str) -> UUID:
    from provisor.directory import commands
    from provisor.directory.commands.rules import set_rule
    from provisor.directory.validation import NewGroup

    group = commands.create_group(world.actor, NewGroup(name=name)).id
    set_rule(world.actor, group, f'user.department == "{place}" && like(user.username, "mover.*")')
    return group


def _connect(world: World, applications: list[UUID], groups: list[UUID]) -> None:
    """Each group gives an application of its own, and both give the third one, with a role."""
    from provisor.applications import commands
    from provisor.applications.commands.group_values import set_group_values
    from provisor.applications.models import Application

    for application, group in zip(applications[:2], groups, strict=True):
        world.assign(application, [group])
    world.assign(applications[2], groups)
    for group, place in zip(groups, PLACES, strict=True):
        set_group_values(world.actor, applications[2], group, {"role": place})
    rows = Application.objects.get(id=applications[2]).mapping
    others = [row for row in rows if row["scim"] != ROLE["scim"]]
    commands.replace_mapping(world.actor, applications[2], [*others, ROLE])


def _whole_directory(world: World, figures: Figures, count: int) -> None:
    from provisor.directory import commands
    from provisor.directory.commands import rules
    from provisor.directory.models import User
    from provisor.directory.rules.queries import preview_rule
    from provisor.directory.validation import NewGroup

    world.people(count, "whole")
    group = commands.create_group(world.actor, NewGroup(name="Whole")).id
    expression = 'user.department in ["Finance", "Legal", "Research"] && user.state == "active"'
    everybody = User.objects.count()
    begun = time.monotonic()
    found = preview_rule(group, expression)
    figures.add(f"a rule over {everybody} users: preview", time.monotonic() - begun, "s")
    begun = time.monotonic()
    rules.set_rule(world.actor, group, expression)
    rules.compute(str(group))
    figures.add("the same: computed and applied", time.monotonic() - begun, "s")
    figures.add("the same: members", found.joins, "")
    assert len(world.members(group)) == found.joins
