"""Groups are imported the same way: made with those of their members who are users here; existing ones never change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from provisor.applications import commands as applications
from provisor.applications.models import Application, Assignment, Due, GroupDue
from provisor.audit.models import Event
from provisor.directory.importing.decisions import All
from provisor.directory.models import Group, Membership, User
from provisor.errors import Invalid
from provisor.text import unique_key

if TYPE_CHECKING:
    from conftest import Source


def group(name: str) -> Group:
    return Group.objects.create(name=name, name_key=unique_key(name), updated=timezone.now())


def there(source: Source, name: str, *members: str, **more: str) -> str:
    listed = [{"value": member} for member in members]
    return str(source.sp.put_group({"displayName": name, "members": listed, **more})["id"])


def test_groups_are_linked_exact_new_or_twins(source: Source) -> None:
    chess, old = group("Chess"), group("Old name")
    there(source, "CHESS")
    there(source, "Choir", source.account("ada", "ada@example.com"))
    there(source, "Renamed", externalId=str(old.id))
    there(source, "Twin")
    there(source, "twin")
    done = source.read("groups")
    found = source.candidates(done)
    assert {name: (row.match, row.reason) for name, row in found.items()} == {
        "CHESS": ("exact", "group_name"),
        "Choir": ("new", "none"),
        "Renamed": ("linked", "external_id"),
        "Twin": ("ambiguous", "group_twins"),
        "twin": ("ambiguous", "group_twins"),
    }
    assert (found["CHESS"].hit, found["Renamed"].hit, found["Choir"].members) == (chess.id, old.id, 1)
    assert done.counts == {"exact": 1, "new": 1, "linked": 1, "ambiguous": 2}


def test_new_groups_are_made_with_the_members_that_are_known(source: Source) -> None:
    ada = source.person("ada")
    source.link(ada, first := source.account("ada", "ada@example.com"))
    second, third = source.account("bob", "bob@example.com"), source.account("cleo", "cleo@example.com")
    users = source.read()
    source.confirm(users, create=[source.candidates(users)["bob"].id])
    there(source, "Choir", first, second, third)
    done = source.confirm(source.read("groups"), create=All())
    choir = Group.objects.get()
    members = Membership.objects.filter(group=choir).values_list("user__username", flat=True)
    assert sorted(members) == ["ada", "bob"]
    row = source.candidates(done)["Choir"]
    assert (row.outcome, row.made) == ("created", choir.id)
    assert row.message == "1 of its members are no users here."
    assert Event.objects.get(type="group_create").application_name == "Sample app"
    assert not Assignment.objects.exists()


def test_an_existing_group_never_changes(source: Source) -> None:
    chess = group("Chess")
    there(source, "Chess", source.account("ada", "ada@example.com"))
    source.person("ada")
    read = source.read("groups")
    row = source.candidates(read)["Chess"]
    source.confirm(read, create=[row.id])
    assert not Membership.objects.exists()
    assert Group.objects.values().get()["updated"] == chess.updated
    with pytest.raises(Invalid):
        source.confirm(read, update=[row.id])


def test_a_group_is_linked_where_groups_are_managed_and_it_is_assigned(source: Source) -> None:
    chess = group("Chess")
    remote = there(source, "Chess")
    read = source.read("groups")
    row = source.candidates(read)["Chess"]
    source.confirm(read, link={row.id: chess.id}, assign=True)
    row.refresh_from_db()
    assert (row.outcome, GroupDue.objects.count()) == ("skipped", 0)
    applications.update_application(source.actor, source.application.id, {"settings": {"manage_groups": True}})
    source.confirm(read, link={row.id: chess.id})
    row.refresh_from_db()
    assert row.outcome == "skipped"
    source.confirm(read, link=All(), assign=True)
    row.refresh_from_db()
    assert row.outcome == "linked"
    assert Assignment.objects.get().group_id == chess.id
    assert GroupDue.objects.get(decision__isnull=False).decision == {"action": "adopt", "remote_id": remote}


def test_a_group_that_is_made_and_assigned_is_adopted_where_groups_are_managed(source: Source) -> None:
    applications.update_application(source.actor, source.application.id, {"settings": {"manage_groups": True}})
    remote = there(source, "Choir")
    source.confirm(source.read("groups"), create=All(), assign=True)
    assert GroupDue.objects.get(decision__isnull=False).decision == {"action": "adopt", "remote_id": remote}


def test_protected_groups_are_left_alone(source: Source) -> None:
    there(source, "Owners")
    Application.objects.update(protected=["owners"])
    read = source.read("groups")
    row = source.candidates(read)["Owners"]
    assert row.barred == "protected"
    assert source.confirm(read, create=All()).results == {}
    source.confirm(read, create=[row.id], assign=True)
    row.refresh_from_db()
    assert row.message == "Not assigned: the group is protected."
    assert not Due.objects.exists()
    assert not User.objects.exists()
