"""The whole life at a service provider that speaks nothing but SCIM 1.1: by PUT, which it must have, and by PATCH, which it
may have. Everything above the HTTP client is what it is for 2.0."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.engine.pushed import OWN, set_password, work
from tests.engine.pushed import told as password_of

from provisor.applications import commands as applications
from provisor.applications.models import Application, Drift, GroupLink, Link, Orphan
from provisor.core.form import make
from provisor.directory import commands as directory
from provisor.directory.validation import GroupChanges
from provisor.testing import Fault
from provisor.testing.profile import Profile
from provisor.testing.wearing import worn

CORE = "urn:scim:schemas:core:1.0"
ENTERPRISE = "urn:scim:schemas:extension:enterprise:1.0"
KEPT_AS = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"  # how the strict SP keeps the extension
ONLY_1_1 = Profile(scim="1.1")
FORMS = {
    "PUT": {"scim": "1.1"},
    "PATCH": {"scim": "1.1", "update": "patch", "group_update": "patch"},
}


@pytest.fixture(params=FORMS)
def world(world, request):
    world.sp.profile = ONLY_1_1
    world.configure(manage_groups=True, push_passwords=True, form=FORMS[request.param])
    world.method = request.param
    yield world
    assert world.sp.findings == []


def sent(world) -> list[str]:
    return [f"{record.method} {record.path.split('/')[1]}" for record in world.sp.writes]


def bodies(world, method: str) -> list[dict]:
    return [record.body for record in world.sp.writes if record.method == method]


def include(world, *names: str) -> None:
    rows = [{**row, "included": row["included"] or row["scim"] in names} for row in world.application.mapping]
    applications.replace_mapping(world.actor, world.application.id, rows)


def test_a_life(world):
    ada = world.employee(
        "Ada",
        job_title="Countess",
        department="Engines",
        middlename="King",
        phone_numbers=[{"type": "work", "number": "+49 30 12"}],
        addresses=[{"type": "work", "locality": "London", "country": "GB"}],
    )
    work(world)
    account = world.account(ada)
    assert (account["userName"], account["title"], account["active"]) == ("Ada", "Countess", True)
    assert account[KEPT_AS] == {"department": "Engines"}
    (made,) = [body for body in bodies(world, "POST") if "userName" in body]
    assert (made["schemas"], made[ENTERPRISE]) == ([CORE, ENTERPRISE], {"department": "Engines"})

    world.sp.clear_requests()
    world.edit(ada, email="countess@example.com", jobTitle=None, department="Numbers", middlename=None)
    world.edit(ada, addresses=[{"type": "home", "locality": "Ockham"}], phoneNumbers=[])
    work(world)
    account = world.account(ada)
    assert [email["value"] for email in account["emails"]] == ["countess@example.com"]
    assert {"title", "phoneNumbers"}.isdisjoint(account)
    assert "middleName" not in account["name"]
    assert account[KEPT_AS] == {"department": "Numbers"}
    assert [address["locality"] for address in account["addresses"]] == ["Ockham"]
    assert set(sent(world)) == {f"{world.method} Users"}

    for act, active in ((directory.suspend_user, False), (directory.unsuspend_user, True)):
        act(world.actor, ada.id)
        work(world)
        assert world.account(ada)["active"] is active
    world.leave(ada)
    work(world)
    assert world.account(ada)["active"] is False
    assert (len(world.sp.users), Link.objects.get().error) == (1, None)


def test_nothing_is_written_that_is_there_already(world):
    people = [world.employee(name, department="Engines", job_title="Engineer") for name in ("ada", "grace", "alan")]
    work(world)
    world.sp.clear_requests()
    for kind in ("sync", "reconcile", "sync", "reconcile"):
        assert world.run(kind).counts in ({}, {"update": 0})
    assert world.sp.writes == []
    assert {world.status(user) for user in people} == {"synced"}


def test_a_manager_goes_by_managerId(world):
    include(world, f"{KEPT_AS}:manager")
    grace = world.employee("grace")
    work(world)
    ada = world.employee("ada", manager=grace)
    work(world)
    assert world.account(ada)[KEPT_AS]["manager"]["value"] == world.account(grace)["id"]
    assert bodies(world, "POST")[-1][ENTERPRISE] == {"manager": {"managerId": world.account(grace)["id"]}}
    world.edit(ada, manager=None)
    work(world)
    assert KEPT_AS not in world.account(ada)


def test_somebody_else_s_address_stays(world):
    ada = world.employee("ada")
    work(world)
    held = world.account(ada)
    private = {"value": "ada@home.example", "type": "home"}
    world.sp.edit_user(held["id"], emails=[*held["emails"], private])
    world.run("reconcile")
    world.edit(ada, email="lovelace@example.com")
    work(world)
    values = {email["value"]: email.get("primary") for email in world.account(ada)["emails"]}
    assert values == {"lovelace@example.com": True, "ada@home.example": None}


def test_an_account_that_exists_is_taken_over(world):
    emails = [{"value": "ada@example.com", "type": "work", "primary": True}]
    there = world.sp.put_user({"userName": "ada", "emails": emails, "title": "Old", "active": True})
    ada = world.employee("ada", job_title="New")
    work(world)
    assert (world.link(ada).remote_id, world.account(ada)["title"]) == (there["id"], "New")
    assert [method for method in sent(world) if method == "POST Users"] == []


def test_a_half_match_is_held(world):
    world.sp.put_user({"userName": "ada", "emails": [{"value": "other@example.com", "primary": True}]})
    ada = world.employee("ada")
    work(world)
    assert world.link(ada).error["code"] == "partial_match"
    assert len(world.sp.users) == 1


def test_a_conflict_and_an_error_in_its_own_words(world):
    """The address is taken by somebody whom no look-up shows; the answers are lists of Errors."""
    world.sp.profile = replace(ONLY_1_1, filter_emails=False, unique_emails=True)
    world.sp.put_user({"userName": "other", "emails": [{"value": "ada@example.com"}], "active": True})
    ada = world.employee("ada")
    work(world)
    assert (world.link(ada).status, world.link(ada).error["code"], len(world.sp.users)) == ("held", "exists", 1)
    assert "409" in world.link(ada).error["message"]
    world.sp.profile = replace(ONLY_1_1, required=("nickName",))
    grace = world.employee("grace")
    work(world)
    error = world.link(grace).error
    assert "400" in error["message"]
    assert "nickName is required." in error["message"]


def test_a_group_and_its_members(world):
    _ada, grace, _alan = [world.employee(name) for name in ("ada", "grace", "alan")]
    work(world)
    assert world.members_there(world.staff) == {"ada", "grace", "alan"}
    world.sp.clear_requests()
    world.leave(grace)
    world.join(world.person("mary"))
    work(world)
    assert world.members_there(world.staff) == {"ada", "alan", "mary"}
    changes = [record for record in world.sp.writes if record.path.startswith("/Groups/")]
    assert {record.method for record in changes} == {world.method}
    if world.method == "PATCH":
        gone = [member for record in changes for member in record.body["members"] if "operation" in member]
        assert gone == [{"value": world.account(grace)["id"], "operation": "delete"}]
    directory.update_group(world.actor, world.staff.id, GroupChanges(name="Everybody"))
    work(world)
    assert world.group_there(world.staff)["displayName"] == "Everybody"
    assert world.members_there(world.staff) == {"ada", "alan", "mary"}
    directory.delete_group(world.actor, world.staff.id)
    work(world)
    assert [account["active"] for account in world.sp.users] == [False] * 4


def test_a_group_that_exists_is_taken_over_and_its_strangers_stay(world):
    stranger = world.sp.put_user({"userName": "stranger", "emails": [{"value": "stranger@example.org"}]})
    world.sp.put_group({"displayName": "Staff", "members": [{"value": stranger["id"]}]})
    world.employee("ada")
    work(world)
    assert (len(world.sp.groups), world.members_there(world.staff)) == (1, {"ada", "stranger"})


def test_a_password_is_pushed(world):
    ada = world.employee("ada")
    work(world)
    assert len(world.sp.password("ada")) >= 20
    world.sp.clear_requests()
    set_password(world, ada)
    work(world)
    assert (world.sp.password("ada"), password_of(world, ada).status) == (OWN, "pushed")
    (said,) = bodies(world, world.method)
    assert said["password"] == OWN
    if world.method == "PATCH":
        assert said == {"schemas": [CORE], "password": OWN}


def test_a_full_read_finds_drift_and_strangers_page_by_page(world):
    world.configure(form={**FORMS[world.method], "page": 50})
    people = world.people(120)
    work(world)
    there = world.account(people[7])
    world.sp.edit_user(there["id"], name={"givenName": "Somebody", "familyName": "Else"})
    world.sp.put_user({"userName": "other", "active": True})
    world.configure(drift="report")
    world.sp.clear_requests()
    run = world.run("reconcile")
    assert (run.status, run.error) == ("done", None)
    assert {change["name"] for drift in Drift.objects.all() for change in drift.changes} == {
        "name.givenName",
        "name.familyName",
    }
    assert Orphan.objects.get().remote_id == world.sp.user("other")["id"]
    listed = [record.query for record in world.sp.requests if record.path == "/Users" and "filter" not in record.query]
    assert [query["startIndex"] for query in listed] == ["1", "51", "101"]
    world.configure(drift="repair")
    world.run("reconcile")
    assert world.account(people[7])["name"]["familyName"] == "Number 7"


def test_a_lost_answer_to_a_create_makes_nobody_twice(world):
    world.sp.fault(Fault("lost_answer", method="POST", path_contains="/Users", times=1))
    ada = world.employee("ada")
    work(world)
    world.make_ready()
    world.work_off()
    assert len(world.sp.users) == 1
    assert world.account(ada)["active"] is True


def test_at_a_provider_that_wants_it_just_so_and_not_otherwise(world):
    """As the suite over the catalogue plays a connector of 1.1: what the form doesn't say is refused there."""
    world.sp.profile = worn(make({}, {}, FORMS[world.method]))
    ada, grace = world.employee("ada"), world.employee("grace")
    work(world)
    world.edit(ada, jobTitle="Countess", email="countess@example.com")
    world.leave(grace)
    work(world)
    assert (world.account(ada)["title"], world.account(grace)["active"]) == ("Countess", False)
    assert world.members_there(world.staff) == {"ada"}
    assert {record.status for record in world.sp.writes} <= {200, 201, 204}


def test_where_patch_is_refused_put_is_learned(world):
    world.sp.profile = replace(ONLY_1_1, patch=False)
    before = {word: value for word, value in FORMS[world.method].items() if word != "scim"}
    world.configure(form=None)
    world.configure(form={"scim": "1.1"})
    Application.objects.filter(id=world.application.id).update(learned=before)
    ada = world.employee("ada")
    work(world)
    world.edit(ada, jobTitle="Countess")
    work(world)
    world.leave(ada)
    work(world)
    assert (world.account(ada)["title"], world.account(ada)["active"]) == ("Countess", False)
    assert world.members_there(world.staff) == set()
    learned = {} if world.method == "PUT" else {"update": "put", "group_update": "put"}
    assert Application.objects.get(id=world.application.id).learned == learned


def test_a_person_who_wants_a_patch_of_members_where_there_is_none_is_told(world):
    world.sp.profile = replace(ONLY_1_1, patch=False)
    world.configure(form={"scim": "1.1", "group_update": "patch"})
    world.employee("ada")
    with world.worker():
        world.until(lambda: GroupLink.objects.exclude(error=None).exists())
        world.until(lambda: not world.ready() and not world.running())
    assert world.group_link(world.staff).error["code"] == "unsupported"
    assert len([record for record in world.sp.writes if record.path.startswith("/Groups/")]) < 5


def test_a_person_s_value_path_is_taken_back_where_1_1_has_no_words_for_it(world):
    world.configure(form={**FORMS[world.method], "value_path": True})
    ada = world.employee("ada")
    work(world)
    world.edit(ada, email="lovelace@example.com")
    work(world)
    assert [email["value"] for email in world.account(ada)["emails"]] == ["lovelace@example.com"]
    assert world.status(ada) == "synced"


def test_many_at_once_by_bulk(world):
    world.sp.profile = replace(ONLY_1_1, bulk=50)
    world.configure(manage_groups=False, push_passwords=False, form={**FORMS[world.method], "bulk": 50})
    people = world.people(60)
    work(world)
    assert len(world.sp.users) == 60
    assert {record.path for record in world.sp.writes} >= {"/Bulk"}
    assert {world.status(user) for user in people[:3]} == {"synced"}


def test_2_0_is_refused_there_so_that_this_test_could_fail(world):
    world.configure(form=None)
    ada = world.employee("ada")
    work(world)
    assert world.sp.users == []
    assert world.link(ada).error["code"] == "refused"
