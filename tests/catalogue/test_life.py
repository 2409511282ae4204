"""Every file of the catalogue through one whole life, at the strict SP that wears exactly what the file says.

What the SP holds is what counts. On the way nothing was refused, no rule of the protocol broken, and nothing had to be
learned: the file knew it all. What a product can't do (groups, coming back, ending) is not asked of it.

    ./script/test tests/catalogue/test_life.py -k sample
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from provisor.applications import commands as applications
from provisor.catalogue.connector import Connector
from provisor.catalogue.entries import ENTRIES
from provisor.directory import commands as directory
from provisor.directory.models import User
from provisor.directory.validation import GroupChanges
from provisor.testing.records import Finding, Recorded

from .conftest import Connected, Start

# A variant that wants things said otherwise has a life of its own.
VARIANTS = [f"{slug}@{one.name}" for slug in sorted(ENTRIES) for one in ENTRIES[slug].variants if one.form]
EVERY = sorted(ENTRIES)
WHOLE: dict[str, Any] = {
    "middlename": "King",
    "displayname": "Ada <Countess>",
    "job_title": "Engineer",
    "department": "Research",
    "company": "Example",
    "cost_center": "42",
    "location": "Berlin",
    "locale": "en-GB",
    "employee_type": "Regular",
    "phone_numbers": [{"type": "work", "number": "+49 30 1234"}, {"type": "mobile", "number": "+49 170 1"}],
    "addresses": [{"type": "work", "locality": "Berlin", "country": "DE"}, {"type": "home", "locality": "Bonn"}],
}
# What a user's attributes are called in the mapping, where a user name may come from.
NAMES = {"username": "username", "email": "email", "employeeIdentifier": "employee_identifier"}


class Life:
    """One product's: three people, their group, and what has to become of them there."""

    def __init__(self, world: Connected) -> None:
        self.world, self.form, self.connector = world, world.form, ENTRIES[world.slug]
        self.ending = self.connector.settings.deprovision or "deactivate"
        self.ada, self.grace, self.alan = (
            world.employee(name, **WHOLE, employee_identifier=f"17{number}", attributes=self.custom())
            for number, name in enumerate(("ada", "grace", "alan"))
        )
        self.groups = "groups" in self.connector.supports and self.form.groups
        if self.groups:
            self.give_groups()

    def custom(self) -> dict[str, str]:
        """A value for each custom attribute that the file's mapping reads."""
        sources = [source for source in self.connector.mapping.values() if isinstance(source, str)]
        return {source.partition(".")[2]: "Standard" for source in sources if source.startswith("attributes.")}

    def give_groups(self) -> None:
        if not self.form.group_create:  # it has to be there, with its name
            self.world.sp.put_group({"displayName": "Staff"})
        self.world.configure(manage_groups=True)

    def keeps(self, path: str) -> bool:
        """Whether the product has this attribute."""
        return not self.form.attributes or path in self.form.attributes

    def follows(self, path: str) -> bool:
        """Whether the attribute can change there."""
        return self.keeps(path) and path not in self.form.create_only

    def told(self, user: User) -> dict[str, Any]:
        """The user's account there; it has to be."""
        account = self.world.account(user)
        assert account is not None, self.world.link(user).error
        return account

    def is_there(self, user: User, **expected: Any) -> None:
        account = self.told(user)
        assert account["userName"].casefold() == self.user_name(user)
        assert ("externalId" in account) == (self.form.external_id and self.keeps("externalId"))
        if self.keeps("active"):
            assert account["active"] is True
        for path, value in expected.items():
            assert not self.keeps(f"name.{path}") or account["name"].get(path) == value

    def user_name(self, user: User) -> str:
        user.refresh_from_db()
        source = next(row.attribute for row in self.world.rows() if row.scim == "userName")
        return str(getattr(user, NAMES[str(source)])).casefold()

    def has_ended(self, user: User) -> None:
        """What of an account is left of somebody without access."""
        account = self.world.account(user)
        if self.ending == "nothing":
            assert account is not None
        elif (self.ending == "delete" and self.form.delete) or self.form.deactivation != "deactivates":
            assert account is None
        else:
            assert account is not None
            assert account["active"] is False
        assert self.world.status(user) in ("inactive", "none")

    def members_are(self, *users: User) -> None:
        if self.groups:
            (group,) = self.world.sp.groups
            ids = {str(member["value"]) for member in group.get("members") or ()}
            assert ids == {self.world.link(user).remote_id for user in users}

    def group_is_called(self, name: str) -> None:
        assert not self.groups or [group["displayName"] for group in self.world.sp.groups] == [name]


@pytest.mark.parametrize("slug", EVERY + VARIANTS)
def test_the_life(wearing: Start, slug: str) -> None:
    life = Life(wearing(slug))
    world = life.world
    with world.worker():
        for step in (_arrives, _changes, _is_suspended, _comes_back, _loses_access):
            step(life, world.settle)
    assert _broken(life) == []
    assert [(request.method, request.path, request.status) for request in world.refused()] == []
    assert world.learned().keys() <= {"members_shown"}, "whether it shows members no file has to know"


def _arrives(life: Life, settle: Callable[[], None]) -> None:
    settle()
    life.is_there(life.ada, givenName="Ada", familyName="Example")
    life.is_there(life.grace, givenName="Grace")
    assert len(life.world.sp.users) == 3
    life.members_are(life.ada, life.grace, life.alan)


def _changes(life: Life, settle: Callable[[], None]) -> None:
    """She is called otherwise, the group is renamed, somebody leaves it."""
    world = life.world
    world.edit(life.ada, firstname="Augusta", displayname="Augusta", department="Engines", phoneNumbers=[])
    directory.update_group(world.actor, world.staff.id, GroupChanges(name="Everybody"))
    world.leave(life.grace)
    settle()
    life.is_there(life.ada, givenName="Augusta" if life.follows("name.givenName") else "Ada")
    assert not life.follows("phoneNumbers") or not life.told(life.ada).get("phoneNumbers")
    life.has_ended(life.grace)
    life.members_are(life.ada, life.alan)
    life.group_is_called("Everybody" if life.form.group_rename else "Staff")


def _is_suspended(life: Life, settle: Callable[[], None]) -> None:
    world = life.world
    directory.suspend_user(world.actor, life.ada.id)
    world.join(life.grace)
    settle()
    if life.keeps("active"):
        account = world.account(life.ada)
        assert (account and account["active"]) is (False if life.form.deactivation == "deactivates" else None)
    life.is_there(life.grace, givenName="Grace")


def _comes_back(life: Life, settle: Callable[[], None]) -> None:
    """She is active again; then everything is right, and a full read writes nothing."""
    world = life.world
    directory.unsuspend_user(world.actor, life.ada.id)
    settle()
    life.is_there(life.ada)
    life.members_are(life.ada, life.grace, life.alan)
    before = len(world.sp.writes)
    run = applications.start_run(world.actor, world.application.id, "reconcile")
    world.until(lambda: world.ended(run))
    assert (world.ended(run), len(world.sp.writes)) == (("done", {}), before)


def _loses_access(life: Life, settle: Callable[[], None]) -> None:
    world = life.world
    applications.change_assignments(world.actor, world.application.id, groups_remove=[world.staff.id])
    settle()
    for user in (life.ada, life.grace, life.alan):
        life.has_ended(user)


def _broken(life: Life) -> list[tuple[str, str, str]]:
    """Rules of the protocol that were broken although the product leaves a way to keep them."""
    return [
        (request.method, request.path, finding.message)
        for request in life.world.sp.requests
        for finding in request.findings
        if not _forced(life, request, finding)
    ]


def _forced(life: Life, request: Recorded, finding: Finding) -> bool:
    """Members are only ever said whole; nothing is known of active; or a member is taken out whose account is gone, and
    nobody can know whether that product's groups forget it by themselves."""
    gone = life.ending == "delete" or life.form.deactivation != "deactivates"
    return {
        "G5": life.form.group_update == "replace",
        "U7": not life.keeps("active"),
        "U8": gone and request.path.startswith("/Groups/"),
    }.get(finding.rule, False)


def test_the_suite_plays_every_file_of_the_folder() -> None:
    from provisor.catalogue.entries import FOLDER

    assert [path.stem for path in sorted(FOLDER.glob("*.yaml"))] == EVERY
    assert all(isinstance(connector, Connector) for connector in ENTRIES.values())
