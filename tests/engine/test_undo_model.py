"""Whatever a run did, its undo gives the SP's world before it, except what others changed there meanwhile."""

from __future__ import annotations

from itertools import count

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from provisor.applications import commands as applications
from provisor.applications.models import Application, Change, Run
from provisor.directory import commands as directory

WORDS = st.sampled_from(["Engineer", "Director", "Kapitän", None])
EDITS = st.fixed_dictionaries(
    {}, optional={"jobTitle": WORDS, "displayname": WORDS, "department": WORDS, "email": st.just("new")}
)
# What happens to each of four people, and to a fifth who is new: in the directory, then there by others.
DAY = st.fixed_dictionaries(
    {
        "edit": st.lists(EDITS, min_size=4, max_size=4),
        "leave": st.sets(st.integers(0, 3)),
        "suspend": st.sets(st.integers(0, 3)),
        "team_before": st.sets(st.integers(0, 3), min_size=1),
        "team_after": st.sets(st.integers(0, 3)),
        "newcomer": st.booleans(),
        "others": st.dictionaries(st.integers(0, 3), st.sampled_from(["title", "displayName"]), max_size=2),
    }
)
serial = count()


@settings(
    max_examples=8,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # each day takes seconds: made smaller by hand, if need be
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(day=DAY)
def test_the_world_before(world, day):
    world.configure(manage_groups=True, guard={"max_percent": 100, "max_count": 1000})
    prefix = f"p{next(serial)}"
    people = [world.employee(f"{prefix}-{n}", job_title="Clerk") for n in range(4)]
    team = world.make_group(f"Team {prefix}")
    directory.change_members(world.actor, team.id, add=[people[n].id for n in day["team_before"]])
    world.work()
    before, members = {user["id"]: user for user in world.sp.users}, world.members_there(team)

    with_newcomer = _happen(world, day, people, team, prefix)
    run = world.run("sync")
    touched = {people[n].id: name for n, name in day["others"].items()}
    for person, name in touched.items():
        world.sp.edit_user(world.sp.by_external_id(str(person))["id"], **{name: "By others"})
    planned = applications.undo_run(world.actor, run.id)
    if planned.status == "waiting_approval":
        applications.approve_run(world.actor, planned.id, hash=planned.hash)
        world.work()
    assert Run.objects.get(id=planned.id).status == "done"
    assert not Change.objects.filter(run=planned, outcome__isnull=True).exists()

    for user in world.sp.users:
        if user["id"] not in before:
            assert with_newcomer
            assert user["active"] is False
            continue
        expected = dict(before[user["id"]])
        if name := next((name for person, name in touched.items() if str(person) == user.get("externalId")), None):
            expected[name] = "By others"
        assert _said(user) == _said(expected)
    assert world.members_there(team) == members
    world.run("sync")
    assert world.members_there(team) == members


def _happen(world, day, people, team, prefix):
    """The day in the directory, all in one run: nothing is sent until it is over."""
    Application.objects.filter(id=world.application.id).update(provisioning="paused")
    for n, (person, edit) in enumerate(zip(people, day["edit"], strict=True)):
        if edit:
            values = {**edit, **({"email": f"{prefix}-{n}-new@example.com"} if "email" in edit else {})}
            world.edit(person, **values)
    for n in day["suspend"]:
        directory.suspend_user(world.actor, people[n].id)
    world.leave(*[people[n] for n in day["leave"]])
    add = [people[n].id for n in day["team_after"] - day["team_before"]]
    remove = [people[n].id for n in day["team_before"] - day["team_after"]]
    directory.change_members(world.actor, team.id, add=add, remove=remove)
    if day["newcomer"]:
        world.employee(f"{prefix}-new")
    Application.objects.filter(id=world.application.id).update(provisioning="active")
    return day["newcomer"]


def _said(account):
    return {name: value for name, value in account.items() if name not in ("meta", "groups")}
