"""Eight connectors through the whole life of accounts and groups, on the strict SP that wears the product's deviations.
Those are written by hand (testing.presets), from the products' documents and not from the connectors' files: a witness of
its own beside test_life.

What the SP holds is what counts. Nothing may be refused on the way, no rule of the protocol broken, and nothing had to be
learned: the connector's file knew it all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from provisor.applications import commands as applications
from provisor.catalogue.entries import ENTRIES
from provisor.core.mapping import ENTERPRISE
from provisor.directory import commands as directory
from provisor.directory.validation import GroupChanges

from .conftest import PLAYED, Connected

WITH_GROUPS = [slug for slug in sorted(PLAYED) if "groups" in ENTRIES[slug].supports]
WHOLE = {
    "middlename": "King",
    "displayname": "Ada <Countess>",
    "job_title": "Engineer",
    "department": "Research",
    "company": "Example",
    "employee_identifier": "17",
    "phone_numbers": [{"type": "work", "number": "+49 30 1234"}, {"type": "mobile", "number": "+49 170 1"}],
    "addresses": [{"type": "work", "locality": "Berlin", "country": "DE"}, {"type": "home", "locality": "Bonn"}],
}


@pytest.fixture
def spotless(connected: Callable[[str], Connected]) -> Iterator[Callable[[str], Connected]]:
    """As `connected`; afterwards nothing was refused, broken or learned."""
    worlds: list[Connected] = []

    def start(slug: str) -> Connected:
        worlds.append(connected(slug))
        return worlds[0]

    yield start
    for world in worlds:
        assert world.sp.findings == []
        assert [(request.method, request.path, request.status) for request in world.refused()] == []
        assert world.learned().keys() <= {"members_shown"}, "whether it shows members no file has to know"


@pytest.mark.parametrize("slug", sorted(PLAYED))
def test_the_life_of_an_account(spotless: Callable[[str], Connected], slug: str) -> None:
    world = spotless(slug)
    ada, grace = world.employee("ada", **WHOLE), world.employee("grace", displayname="")
    world.work()
    _is_right(world, "ada", given="Ada")
    assert len(world.sp.users) == 2
    assert world.account(grace)["active"] is True

    first = world.account(ada)["id"]
    _stays_quiet(world)

    world.edit(ada, firstname="Augusta", displayname="Augusta", department="Engines", phoneNumbers=[])
    world.edit(ada, username="augusta", email="augusta@example.com")
    world.work()
    _is_right(world, "augusta", given="Augusta")
    assert not world.account(ada).get("phoneNumbers")

    directory.suspend_user(world.actor, ada.id)
    world.work()
    assert world.account(ada)["active"] is False
    directory.unsuspend_user(world.actor, ada.id)
    world.work()
    assert (world.account(ada)["active"], world.account(ada)["id"]) == (True, first)

    world.leave(ada)
    world.work()
    assert (world.account(ada)["active"], world.status(ada)) == (False, "inactive")
    world.join(ada)
    world.work()
    assert world.account(ada)["active"] is True

    applications.change_assignments(world.actor, world.application.id, groups_remove=[world.staff.id])
    world.work()
    assert [account["active"] for account in world.sp.users] == [False, False]
    assert (world.status(ada), world.status(grace)) == ("inactive", "inactive")


def _stays_quiet(world: Connected) -> None:
    """What is right causes no write, also where the whole SP is read and compared."""
    before = len(world.sp.writes)
    run = world.run("reconcile")
    assert (run.status, run.counts, len(world.sp.writes)) == ("done", {}, before)


def _is_right(world: Connected, username: str, *, given: str) -> None:
    """The account has what the product keeps of the user, and nothing that it doesn't."""
    account = next(one for one in world.sp.users if one["emails"][0]["value"] == f"{username}@example.com")
    mapped = "email" if ENTRIES[world.slug].mapping.get("userName") == "email" else "username"
    assert account["userName"] == (f"{username}@example.com" if mapped == "email" else username)
    assert (account["name"]["givenName"], account["active"]) == (given, True)
    assert ("externalId" in account) == world.form.external_id
    known = world.form.attributes
    assert ("title" in account) == (not known or "title" in known)
    assert ("department" in account.get(ENTERPRISE, {})) == (not known or f"{ENTERPRISE}:department" in known)
    for name in world.form.single_valued:
        assert len(account.get(name, [])) <= 1


@pytest.mark.parametrize("slug", sorted(PLAYED))
def test_who_is_there_already_is_taken_over(spotless: Callable[[str], Connected], slug: str) -> None:
    world = spotless(slug)
    name = "ada@example.com" if ENTRIES[slug].mapping.get("userName") == "email" else "ada"
    there = world.sp.put_user(
        {
            "userName": name,
            "displayName": "Ada",
            "name": {"givenName": "Ada", "familyName": "Lovelace"},
            "emails": [{"value": "ada@example.com", "type": "work", "primary": True}],
            "active": True,
        }
    )
    ada = world.employee("ada")
    world.work()
    (account,) = world.sp.users
    assert (account["id"], account["name"]["familyName"]) == (there["id"], "Example")
    assert world.link(ada).remote_id == there["id"]


@pytest.mark.parametrize("slug", WITH_GROUPS)
def test_the_life_of_a_group(spotless: Callable[[str], Connected], slug: str) -> None:
    world = spotless(slug)
    if not world.form.group_create:  # it has to be there, with its name
        world.sp.put_group({"displayName": "Staff"})
    world.configure(manage_groups=True)
    ada, grace, alan = (world.employee(name) for name in ("ada", "grace", "alan"))
    world.work()
    (group,) = world.sp.groups
    assert group["displayName"] == "Staff"
    assert _members(world) == _ids(world, ada, grace, alan)

    world.leave(grace)
    world.work()
    assert _members(world) == _ids(world, ada, alan)
    assert world.account(grace)["active"] is False
    world.join(grace)
    world.work()
    assert _members(world) == _ids(world, ada, grace, alan)

    directory.update_group(world.actor, world.staff.id, GroupChanges(name="Everybody"))
    world.work()
    (group,) = world.sp.groups
    assert group["displayName"] == ("Everybody" if world.form.group_rename else "Staff")

    applications.change_assignments(world.actor, world.application.id, groups_remove=[world.staff.id])
    world.work()
    assert [account["active"] for account in world.sp.users] == [False, False, False]


@pytest.mark.parametrize("slug", WITH_GROUPS)
def test_a_group_that_is_deleted(spotless: Callable[[str], Connected], slug: str) -> None:
    world = spotless(slug)
    world.configure(manage_groups=True)
    if not world.form.group_create:
        world.sp.put_group({"displayName": "Staff"})
    world.employee("ada")
    world.work()
    directory.delete_group(world.actor, world.staff.id)
    with world.worker():
        world.until(lambda: not world.sp.users[0]["active"] and not world.ready())
    assert len(world.sp.groups) == (1 if not world.form.group_delete else 0)


def _members(world: Connected) -> set[str]:
    return {member["value"] for member in world.sp.groups[0].get("members") or ()}


def _ids(world: Connected, *users: object) -> set[str]:
    return {world.link(user).remote_id for user in users}


def test_250_members_at_aws_which_takes_100_at_once_and_shows_none(spotless: Callable[[str], Connected]) -> None:
    world = spotless("aws-iam-identity-center")
    world.configure(manage_groups=True)
    people = world.people(250)
    world.work()
    assert len(_members(world)) == 250
    changes = [request for request in world.sp.writes if request.method == "PATCH" and "/Groups" in request.path]
    assert len(changes) >= 3
    world.sp.clear_requests()
    world.leave(*people[:10])
    world.work()
    assert len(_members(world)) == 240
    assert len([request for request in world.sp.writes if "/Groups" in request.path]) <= 2


def test_names_that_slack_does_not_take_are_shortened_there(spotless: Callable[[str], Connected]) -> None:
    world = spotless("slack")
    grace = world.employee(
        "grace-brewster-hopper-the-first@corp.example", displayname="Grace @ work", email="g@example.com"
    )
    world.work()
    account = world.account(grace)
    assert (account["userName"], "@" in account["displayName"]) == ("grace-brewster-hopper", False)
    _stays_quiet(world)
