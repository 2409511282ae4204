"""What an account may hold, whose it is, and how it ends."""

from __future__ import annotations

from typing import Any

import pytest

from provisor.testing import Profile

from .said import ENTERPRISE, add_members, group, patch, replace, user

EMAILS = [{"type": "work", "value": "a@example.org", "primary": True}, {"type": "home", "value": "h@example.org"}]
KNOWN = ("userName", "externalId", "active", "name.givenName", "emails", "department")

# reason: the deviation, a body that is refused, its scimType, and one that is taken
VALUES: dict[str, tuple[Profile, dict[str, Any], str, dict[str, Any]]] = {
    "unknown attributes": (Profile(attributes=KNOWN), user(title="Dr"), "invalidSyntax", user(emails=EMAILS)),
    "unknown parts": (
        Profile(attributes=KNOWN, unknown="invalidValue"),
        user(name={"familyName": "L"}),
        "invalidValue",
        user(name={"givenName": "A"}),
    ),
    "unknown parts of an extension": (
        Profile(attributes=KNOWN),
        user(**{ENTERPRISE: {"costCenter": "7"}}),
        "invalidSyntax",
        user(**{ENTERPRISE: {"department": "R"}}),
    ),
    "required": (
        Profile(required=("externalId", "name.givenName")),
        user(),
        "invalidValue",
        user(name={"givenName": "A"}),
    ),
    "one element only": (
        Profile(single_valued=("emails",)),
        user(emails=EMAILS),
        "invalidValue",
        user(emails=EMAILS[:1]),
    ),
    "a part of elements": (
        Profile(refused_parts=("emails.type",)),
        user(emails=EMAILS[:1]),
        "invalidSyntax",
        user(emails=[{"value": "a@example.org", "primary": True}]),
    ),
    "21 characters": (
        Profile(formats=("userName:short_name_21",)),
        user("a" * 22),
        "invalidValue",
        user("a" * 21),
    ),
    "no at sign": (Profile(formats=("displayName:no_at_sign",)), user(displayName="a@b"), "invalidValue", user()),
    "characters": (Profile(formats=("*:plain_text",)), user(title="<Dr>"), "invalidValue", user(title="Dr & Ms")),
    "characters deep inside": (
        Profile(formats=("*:plain_text",)),
        user(addresses=[{"formatted": "a\nb"}]),
        "invalidValue",
        user(addresses=[{"formatted": "a, b"}], profileUrl="https://example.org/a"),
    ),
    "country codes": (
        Profile(formats=("addresses.country:country_code",)),
        user(addresses=[{"country": "Germany"}]),
        "invalidValue",
        user(addresses=[{"country": "DE"}]),
    ),
    "lower case": (Profile(formats=("userName:lower_case",)), user("Ada"), "invalidValue", user("ada")),
}


@pytest.mark.parametrize(("profile", "refused", "kind", "taken"), VALUES.values(), ids=VALUES)
async def test_values_on_create_and_on_update(sp, call, profile, refused, kind, taken):
    sp.profile = profile
    answer = await call("POST", "/Users", refused)
    assert (answer.status, answer.body["scimType"], sp.users) == (400, kind, [])
    created = await call("POST", "/Users", taken)
    assert created.status == 201
    answer = await call("PUT", f"/Users/{created.body['id']}", refused)
    assert (answer.status, answer.body["scimType"]) == (400, kind)
    assert sp.findings == []


@pytest.mark.parametrize("refused", [value[1] for value in VALUES.values()], ids=VALUES)
async def test_without_the_deviation_it_is_taken(call, refused):
    assert (await call("POST", "/Users", refused)).status == 201


PATCHES = {
    "a path": (Profile(attributes=KNOWN), replace("title", "Dr"), 400),
    "a path into a list": (Profile(refused_parts=("emails.type",)), replace("emails", EMAILS[:1]), 400),
    "a known path": (Profile(attributes=KNOWN), replace(f"{ENTERPRISE}:department", "R"), 200),
    "no path": (Profile(attributes=KNOWN), {"op": "replace", "value": {"title": "Dr"}}, 400),
    "a second element": (Profile(single_valued=("emails",)), replace("emails", EMAILS), 400),
    "a character": (Profile(formats=("*:plain_text",)), replace("title", "a:b"), 400),
    "what is so already may stay": (Profile(formats=("userName:lower_case",)), replace("title", "Dr"), 200),
}


@pytest.mark.parametrize(("profile", "operation", "status"), PATCHES.values(), ids=PATCHES)
async def test_values_in_a_patch(sp, call, profile, operation, status):
    id = sp.put_user(user("Ada"))["id"]
    sp.profile = profile
    assert (await call("PATCH", f"/Users/{id}", patch(operation))).status == status


async def test_what_was_never_there_is_not_asked_for_again(sp, call):
    sp.profile = Profile(required=("title",))
    old, new = sp.put_user(user("old"))["id"], sp.put_user(user("new", title="Dr"))["id"]
    assert (await call("PATCH", f"/Users/{old}", patch(replace("active", False)))).status == 200
    assert (await call("PATCH", f"/Users/{new}", patch({"op": "remove", "path": "title"}))).status == 400


async def test_unknown_attributes_are_dropped(sp, call):
    sp.profile = Profile(attributes=("externalId", "active"), unknown="drop")
    created = await call("POST", "/Users", user(title="Dr", **{ENTERPRISE: {"department": "R"}}))
    assert {key for key in created.body if key not in ("id", "meta", "schemas")} == {"userName", "externalId", "active"}


async def test_what_cannot_change_after_creation(sp, call):
    sp.profile = Profile(create_only=("userName", "externalId"))
    id = (await call("POST", "/Users", user())).body["id"]
    answer = await call("PATCH", f"/Users/{id}", patch(replace("userName", "augusta")))
    assert (answer.status, answer.body["scimType"]) == (400, "mutability")
    body = {key: value for key, value in user(title="Dr").items() if key != "externalId"}
    assert (await call("PUT", f"/Users/{id}", body)).status == 200
    assert (sp.user("ada")["externalId"], sp.user("ada")["title"]) == ("x-ada", "Dr")


async def test_what_a_put_may_not_repeat(sp, call):
    sp.profile = Profile(put_refuses=("externalId",), create_only=("externalId",))
    id = (await call("POST", "/Users", user())).body["id"]
    answer = await call("PUT", f"/Users/{id}", user(title="Dr"))
    assert (answer.status, answer.body["scimType"]) == (400, "mutability")
    body = {key: value for key, value in user(title="Dr").items() if key != "externalId"}
    assert (await call("PUT", f"/Users/{id}", body)).status == 200
    assert (sp.user("ada")["externalId"], sp.user("ada")["title"]) == ("x-ada", "Dr")


async def test_updates_that_are_accepted_and_forgotten(sp, call):
    sp.profile = Profile(ignore_updates=("displayName", "department"))
    id = sp.put_user(user(displayName="Ada"))["id"]
    changes = patch(replace("displayName", "A"), replace(f"{ENTERPRISE}:department", "R"), replace("title", "Dr"))
    answer = await call("PATCH", f"/Users/{id}", changes)
    assert (answer.body["displayName"], ENTERPRISE in answer.body, answer.body["title"]) == ("Ada", False, "Dr")


async def test_an_inactive_account_is_locked(sp, call):
    sp.profile = Profile(inactive_locked=True)
    id = sp.put_user(user(active=False))["id"]
    assert (await call("PATCH", f"/Users/{id}", patch(replace("title", "Dr")))).status == 400
    both = patch(replace("active", True), replace("title", "Dr"))
    assert (await call("PATCH", f"/Users/{id}", both)).status == 200


async def test_values_are_brought_into_another_form(sp, call):
    sp.profile = Profile(lowercase_user_name=True, trim=True, phone_digits=True, truncate=5, fill_display_name=True)
    name = {"givenName": " Augusta ", "familyName": "King"}
    body = user("Ada", name=name, phoneNumbers=[{"value": "+49 (30) 12-34"}])
    held = (await call("POST", "/Users", body)).body
    assert held["userName"] == "ada"
    assert held["name"] == {"givenName": "Augus", "familyName": "King"}
    assert held["phoneNumbers"] == [{"value": "+49301234"}]
    assert held["displayName"] == "Augus King"


async def test_names_in_lower_case(sp, call):
    sp.profile = Profile(lowercase_names=True)
    created = await call("POST", "/Users", user())
    assert created.body["username"] == "ada"
    listed = (await call("GET", "/Users")).body
    assert (listed["totalresults"], listed["resources"][0]["externalid"]) == (1, "x-ada")


CONFLICTS = {
    "409": (409, "uniqueness", "application/scim+json"),
    "409_bare": (409, None, "application/scim+json"),
    "400": (400, None, "application/scim+json"),
    "500": (500, None, "application/scim+json"),
    "html": (500, None, "text/html"),
}


@pytest.mark.parametrize("told", CONFLICTS)
async def test_how_a_taken_name_is_told(sp, call, told):
    sp.profile = Profile(conflict=told)
    sp.put_user(user())
    answer = await call("POST", "/Users", user("ADA", externalId="other"))
    status, kind, content = CONFLICTS[told]
    assert (answer.status, answer.headers["Content-Type"]) == (status, content)
    if content != "text/html":
        assert answer.body.get("scimType") == kind
        assert "exists" in answer.body["detail"]
    assert len(sp.users) == 1


async def test_what_else_may_be_taken(sp, call):
    sp.profile = Profile(unique_external_id=True, unique_emails=True)
    sp.put_user(user(emails=EMAILS))
    assert (await call("POST", "/Users", user("bob", externalId="x-ada"))).status == 409
    assert (await call("POST", "/Users", user("bob", emails=EMAILS[1:]))).status == 409
    assert (await call("POST", "/Users", user("bob"))).status == 201


async def test_a_create_with_a_known_external_id_updates(sp, call):
    sp.profile = Profile(upsert=True)
    id = sp.put_user(user(title="Dr"))["id"]
    answer = await call("POST", "/Users", user("augusta", externalId="x-ada"))
    assert (answer.status, answer.body["id"], answer.body["title"]) == (200, id, "Dr")
    assert [held["userName"] for held in sp.users] == ["augusta"]


@pytest.mark.parametrize(("deactivation", "returns"), [("erases", False), ("leaves", True)])
async def test_deactivating_ends_the_account(sp, call, deactivation, returns):
    sp.profile = Profile(deactivation=deactivation)
    id = (await call("POST", "/Users", user())).body["id"]
    sp.put_group(group("Staff", id))
    answer = await call("PATCH", f"/Users/{id}", patch(replace("active", False)))
    assert (answer.status, answer.body["active"]) == (200, False)
    assert (await call("GET", f"/Users/{id}")).status == 404
    assert (sp.users, sp.group("Staff").get("members")) == ([], None)
    again = (await call("POST", "/Users", user())).body["id"]
    assert (again == id) is returns


async def test_a_delete_that_only_deactivates(sp, call):
    sp.profile = Profile(delete_deactivates=True, answer_delete="resource")
    id = sp.put_user(user())["id"]
    answer = await call("DELETE", f"/Users/{id}")
    assert (answer.status, answer.body["active"], sp.user("ada")["active"]) == (200, False, False)


async def test_answers_to_a_delete(sp, call):
    sp.profile = Profile(answer_delete="accepted")
    id = sp.put_user(user())["id"]
    assert (await call("DELETE", f"/Users/{id}")).status == 202
    assert sp.users == []
    sp.profile = Profile(delete=False, refused_status=405)
    id, group_id = sp.put_user(user())["id"], sp.put_group(group("Staff"))["id"]
    assert (await call("DELETE", f"/Users/{id}")).status == 405
    assert (await call("DELETE", f"/Groups/{group_id}")).status == 204


async def test_a_manager_who_is_not_there_is_found(sp, call):
    body = user(**{ENTERPRISE: {"manager": {"value": "nobody"}}})
    assert (await call("POST", "/Users", body)).status == 201
    assert [finding.rule for finding in sp.findings] == ["G1"]
    boss = sp.put_user(user("boss"))["id"]
    sp.clear_requests()
    assert (await call("POST", "/Users", user("eve", **{ENTERPRISE: {"manager": {"value": boss}}}))).status == 201
    assert sp.findings == []


async def test_a_group_in_a_group_is_found(sp, call):
    inner, outer = (sp.put_group(group(name))["id"] for name in ("Inner", "Outer"))
    assert (await call("PATCH", f"/Groups/{outer}", patch(add_members(inner)))).status == 200
    assert [finding.rule for finding in sp.findings] == ["G10"]
    sp.profile = Profile(nested=False)
    assert (await call("POST", "/Groups", group("Third", inner))).status == 400
