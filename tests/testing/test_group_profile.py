"""Groups and members as they deviate."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from provisor.testing import Profile

from .said import GROUP, add_members, group, patch, remove, remove_listed, remove_member, replace, user


@pytest.fixture
def people(sp) -> list[str]:
    """Three users; `Staff` holds the first two."""
    ids = [sp.put_user(user(name))["id"] for name in ("ada", "bob", "eve")]
    sp.put_group({**group("Staff", *ids[:2]), "id": "STAFF"})
    return ids


def members(sp) -> set[str]:
    return {member["value"] for member in sp.group("Staff").get("members", ())}


async def test_no_groups_at_all(sp, call, people):
    sp.profile = Profile(groups=False)
    assert (await call("GET", "/Groups")).status == 404
    assert (await call("POST", "/Groups", group("New"))).status == 404
    assert [row["name"] for row in (await call("GET", "/ResourceTypes")).body["Resources"]] == ["User"]


REFUSED = {
    "create": (Profile(group_create=False, refused_status=403), "POST", "/Groups", group("New"), 403),
    "rename": (Profile(group_rename=False), "PATCH", "/Groups/STAFF", patch(replace("displayName", "All")), 501),
    "rename by PUT": (Profile(group_rename=False), "PUT", "/Groups/STAFF", group("All"), 501),
    "delete": (Profile(group_delete=False, refused_status=405), "DELETE", "/Groups/STAFF", None, 405),
    "put": (Profile(group_put=False), "PUT", "/Groups/STAFF", group("Staff"), 501),
    "patch": (Profile(group_patch=False), "PATCH", "/Groups/STAFF", patch(replace("displayName", "All")), 501),
    "attributes": (Profile(group_attributes=("members",)), "POST", "/Groups", group("New", externalId="x"), 400),
    "externalId": (Profile(group_required=("externalId",)), "POST", "/Groups", group("New"), 400),
    "members": (Profile(group_required=("members",)), "POST", "/Groups", group("New"), 400),
    "a taken name": (Profile(unique_group_names=True), "POST", "/Groups", group("STAFF"), 409),
    "replacing members": (
        Profile(member_replace=False), "PATCH", "/Groups/STAFF", patch(replace("members", [])), 400,
    ),
    "removing all": (Profile(member_replace=False), "PATCH", "/Groups/STAFF", patch(remove("members")), 400),
    "a list": (Profile(member_remove="path_only"), "PATCH", "/Groups/STAFF", patch(remove_listed("ADA")), 400),
    "no path": (
        Profile(patch_path="one"),
        "PATCH",
        "/Groups/STAFF",
        patch({"op": "replace", "value": {"displayName": "All"}}),
        400,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("profile", "method", "path", "body", "status"), REFUSED.values(), ids=REFUSED)
async def test_what_is_refused_changes_nothing(sp, call, people, profile, method, path, body, status):
    before = sp.groups
    sp.profile = profile
    assert (await call(method, path, body)).status == status
    assert sp.groups == before


@pytest.mark.parametrize(("method", "path", "body"), [case[1:4] for case in REFUSED.values()], ids=REFUSED)
async def test_without_the_deviation_it_is_taken(call, people, method, path, body):
    assert (await call(method, path, body)).status in (200, 201, 204)


async def test_what_is_still_possible_without_renames(sp, call, people):
    sp.profile = Profile(group_rename=False)
    assert (await call("PATCH", "/Groups/STAFF", patch(add_members(people[2])))).status == 200
    assert members(sp) == set(people)


@pytest.mark.parametrize("status", [413, 400])
async def test_too_many_members_in_one_request(sp, call, people, status):
    sp.profile = Profile(members_per_request=2, members_over_status=status)
    assert (await call("POST", "/Groups", group("New", *people))).status == status
    removal = patch(*(remove_member(id) for id in people[:2]), add_members(people[2]))
    assert (await call("PATCH", "/Groups/STAFF", removal)).status == status
    assert (members(sp), sp.group("New")) == (set(people[:2]), None)
    assert {finding.rule for finding in sp.findings} == {"G2"}
    sp.clear_requests()
    assert (await call("PATCH", "/Groups/STAFF", patch(*(remove_member(id) for id in people[:2])))).status == 200
    assert (members(sp), sp.findings) == (set(), [])


async def test_more_than_100_members_at_once_are_found(sp, call, people):
    ids = [sp.put_user(user(f"user{number}"))["id"] for number in range(101)]
    assert (await call("PATCH", "/Groups/STAFF", patch(add_members(*ids)))).status == 200
    assert [finding.rule for finding in sp.findings] == ["G2"]
    sp.clear_requests()
    sp.profile = Profile(members_per_request=200)
    await call("POST", "/Groups", group("New", *ids))
    assert sp.findings == []


async def test_members_of_a_new_group_are_ignored(sp, call, people):
    sp.profile = Profile(members_on_create="ignored")
    id = (await call("POST", "/Groups", group("New", *people))).body["id"]
    assert "members" not in sp.group("New")
    assert (await call("PATCH", f"/Groups/{id}", patch(add_members(*people)))).status == 200
    assert len(sp.group("New")["members"]) == 3


@pytest.mark.parametrize(("shown", "seen"), [("no", None), ("empty", []), ("yes", 2)])
async def test_whether_members_are_shown(sp, call, people, shown, seen):
    sp.profile = Profile(members_shown=shown)
    one = (await call("GET", "/Groups/STAFF")).body.get("members")
    listed = (await call("GET", "/Groups")).body["Resources"][0].get("members")
    changed = (await call("PATCH", "/Groups/STAFF", patch(replace("displayName", "Staff 2")))).body.get("members")
    assert [found if not found else len(found) for found in (one, listed, changed)] == [seen] * 3


async def test_who_is_a_member_can_be_asked_by_filter(sp, call, people):
    sp.profile = Profile(members_shown="no")
    for id, found in zip(people, (1, 1, 0), strict=True):
        text = quote(f'id eq "STAFF" and members eq "{id}"')
        assert (await call("GET", f"/Groups?filter={text}")).body["totalResults"] == found
    assert sp.findings == []


async def test_by_the_rfc_a_list_removes_everybody(sp, call, people):
    assert (await call("PATCH", "/Groups/STAFF", patch(remove_listed(people[0])))).status == 200
    assert (members(sp), {finding.rule for finding in sp.findings}) == (set(), {"G4", "U1"})


async def test_a_list_removes_those_in_it_where_that_is_the_form(sp, call, people):
    sp.profile = Profile(member_remove="list")
    refused = await call("PATCH", "/Groups/STAFF", patch(remove_member(people[0])))
    assert (refused.status, refused.body["scimType"], members(sp)) == (400, "invalidPath", set(people[:2]))
    sp.clear_requests()
    assert (await call("PATCH", "/Groups/STAFF", patch(remove_listed(people[0])))).status == 200
    assert (members(sp), sp.findings) == ({people[1]}, [])


async def test_both_removals_work_and_the_list_is_still_found(sp, call, people):
    sp.profile = Profile(member_remove="both")
    assert (await call("PATCH", "/Groups/STAFF", patch(remove_listed(people[0])))).status == 200
    assert "G4" in {finding.rule for finding in sp.findings}
    assert (await call("PATCH", "/Groups/STAFF", patch(remove_member(people[1])))).status == 200
    assert members(sp) == set()


@pytest.mark.parametrize("status", [409, 500])
async def test_members_twice_and_strangers(sp, call, people, status):
    sp.profile = Profile(member_again_status=status, member_missing_status=status)
    assert (await call("PATCH", "/Groups/STAFF", patch(add_members(people[0], people[2])))).status == status
    assert (await call("PATCH", "/Groups/STAFF", patch(remove_member(people[2])))).status == status
    assert members(sp) == set(people[:2])
    assert (await call("PATCH", "/Groups/STAFF", patch(add_members(people[2]), remove_member(people[0])))).status == 200
    assert members(sp) == set(people[1:])


async def test_members_need_their_reference(sp, call, people):
    sp.profile = Profile(member_ref=True)
    assert (await call("PATCH", "/Groups/STAFF", patch(add_members(people[2])))).status == 400
    sp.clear_requests()
    eve = {"value": people[2], "$ref": f"{sp.base_url}/Users/{people[2]}"}
    assert (await call("PATCH", "/Groups/STAFF", patch({"op": "add", "path": "members", "value": [eve]}))).status == 200
    assert (len(members(sp)), sp.findings) == (3, [])


@pytest.mark.parametrize(("unknown", "status", "count"), [("400", 400, 2), ("404", 404, 2), ("dropped", 200, 3)])
async def test_unknown_members(sp, call, people, unknown, status, count):
    sp.profile = Profile(unknown_member=unknown)
    answer = await call("PATCH", "/Groups/STAFF", patch(add_members("nobody", people[2])))
    assert (answer.status, len(members(sp))) == (status, count)


async def test_external_ids_of_groups_are_dropped(sp, call):
    sp.profile = Profile(keep_group_external_id=False)
    await call("POST", "/Groups", group("New", externalId="x-new"))
    await call("POST", "/Users", user())
    assert ("externalId" in sp.group("New"), sp.user("ada")["externalId"]) == (False, "x-ada")


async def test_groups_cannot_be_looked_up_by_name(sp, call, people):
    sp.profile = Profile(filter_display_name=False)
    refused = await call("GET", "/Groups?filter=" + quote('displayName eq "Staff"'))
    assert (refused.status, refused.body["scimType"]) == (400, "invalidFilter")


async def test_a_put_replaces_members(sp, call, people):
    assert (await call("PUT", "/Groups/STAFF", group("Staff", people[2]))).body["schemas"] == [GROUP]
    assert (members(sp), sp.findings) == ({people[2]}, [])
