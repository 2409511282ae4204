"""Who was imported and assigned keeps the account that is there: the worker adopts it, and nothing is made twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisor import jobs
from provisor.administrators.actor import shell
from provisor.applications.importing import commands, queries
from provisor.applications.importing.models import Candidate, Import
from provisor.applications.models import Link
from provisor.directory.importing.confirming import Confirmed, confirm_import
from provisor.directory.importing.decisions import All
from provisor.directory.models import User

if TYPE_CHECKING:
    from conftest import World


def account(world: World, username: str, email: str, **more: object) -> str:
    emails = [{"value": email, "type": "work", "primary": True}]
    return str(world.sp.put_user({"userName": username, "emails": emails, "active": True, **more})["id"])


def read(world: World, kind: str = "users") -> Import:
    started = commands.start_import(world.actor, world.application.id, kind)
    jobs.run_all()
    return queries.get_import(started.id)


def confirm(of: Import, **wanted: object) -> None:
    confirm_import(shell(), of.id, Confirmed(**wanted))  # type: ignore[arg-type]
    jobs.run_all()


def test_imported_and_assigned_users_are_linked_to_their_accounts(world: World) -> None:
    ids = {name: account(world, name, f"{name}@example.com", title="Engineer") for name in ("ada", "bob", "cleo")}
    confirm(read(world), create=All(), assign=True)
    world.work()
    links = {link.user.username: link for link in Link.objects.select_related("user")}
    assert {name: link.remote_id for name, link in links.items()} == ids
    assert {link.status for link in links.values()} == {"synced"}
    assert not any(link.created_here for link in links.values())
    assert {one["userName"]: one["externalId"] for one in world.sp.users} == {
        user.username: str(user.id) for user in User.objects.all()
    }
    assert [one.method for one in world.sp.writes].count("POST") == 0
    assert all(one.get("title") == "Engineer" for one in world.sp.users)
    assert world.sp.findings == []


def test_a_person_links_an_account_of_another_name(world: World) -> None:
    ada = world.person("ada")
    remote = account(world, "a.l", "elsewhere@example.com")
    confirm(found := read(world), link={Candidate.objects.get().id: ada.id}, assign=True)
    assert queries.get_import(found.id).results == {"linked": 1}
    world.work()
    link = Link.objects.get()
    assert (link.status, link.remote_id, len(world.sp.users)) == ("synced", remote, 1)
    assert world.sp.users[0]["userName"] == "ada"
    again = read(world)
    assert again.counts == {"linked": 1}


def test_an_imported_group_is_linked_with_its_members(world: World) -> None:
    world.configure(manage_groups=True)
    ada = account(world, "ada", "ada@example.com")
    confirm(read(world), create=All(), assign=True)
    world.work()
    group = world.sp.put_group({"displayName": "Choir", "members": [{"value": ada}]})
    confirm(read(world, "groups"), create=All(), assign=True)
    world.work()
    assert [one["displayName"] for one in world.sp.groups].count("Choir") == 1
    there = world.sp.group("Choir")
    assert there["id"] == group["id"]
    assert [member["value"] for member in there["members"]] == [ada]
    assert read(world, "groups").counts["linked"] == 1


def test_a_full_read_counts_what_an_import_is_compared_with(world: World) -> None:
    ids = [account(world, f"user{n}", f"user{n}@example.com") for n in range(10)]
    world.run("reconcile")
    for id in ids[:5]:
        world.sp.remove_user(id)
    problem = read(world).problem or {}
    assert (problem["code"], problem["was"], problem["now"]) == ("shrunk", 10, 5)
    world.run("reconcile")
    assert (read(world).problem or {})["code"] == "shrunk"
