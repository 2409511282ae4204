"""What the fake service provider holds and answers: the protocol without deviations."""

from __future__ import annotations

import urllib.request
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from provisor.testing import FakeServiceProvider, ScimError

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def user(username: str = "ada", /, **more: Any) -> dict[str, Any]:
    return {"schemas": [USER], "userName": username, "externalId": f"x-{username}", "active": True, **more}


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": list(operations)}


def group(name: str, *ids: str) -> dict[str, Any]:
    return {"schemas": [GROUP], "displayName": name, "members": [{"value": id} for id in ids]}


async def test_a_user_lives_from_post_to_delete(sp, call):
    created = await call("POST", "/Users", user("Ada", title="Countess"))
    assert created.status == 201
    id = created.body["id"]
    assert created.headers["Location"] == created.body["meta"]["location"] == f"{sp.base_url}/Users/{id}"
    assert (await call("GET", f"/Users/{id}")).body == created.body
    changed = await call("PATCH", f"/Users/{id}", patch({"op": "replace", "path": "title", "value": "Dr"}))
    assert (changed.status, changed.body["title"]) == (200, "Dr")
    assert changed.body["meta"]["version"] != created.body["meta"]["version"]
    assert (await call("PUT", f"/Users/{id}", user("Ada"))).body.get("title") is None
    assert (await call("DELETE", f"/Users/{id}")).status == 204
    assert (await call("GET", f"/Users/{id}")).status == 404
    assert sp.users == []
    assert sp.findings == []


async def test_a_taken_user_name_is_refused_in_any_case(sp, call):
    await call("POST", "/Users", user("ada"))
    again = await call("POST", "/Users", user("ADA", externalId="other"))
    assert (again.status, again.body["status"], again.body["scimType"]) == (409, "409", "uniqueness")
    assert len(sp.users) == 1


async def test_a_refused_rename_leaves_both_users(sp, call):
    sp.put_user({"userName": "bob"})
    id = sp.put_user({"userName": "ada", "title": "Countess"})["id"]
    rename = {"op": "replace", "path": "userName", "value": "bob"}
    title = {"op": "replace", "path": "title", "value": "Dr"}
    assert (await call("PATCH", f"/Users/{id}", patch(title, rename))).status == 409
    assert sp.user("ada")["title"] == "Countess"


async def test_names_are_kept_in_their_defined_case(sp, call):
    body = {"SCHEMAS": [USER], "USERNAME": "ada", "Emails": [{"VALUE": "a@example.org", "Type": "work"}]}
    assert (await call("POST", "/Users", body)).status == 201
    assert sp.user("ada")["emails"] == [{"value": "a@example.org", "type": "work"}]


LOOKUPS = {
    "userName ignores case": ('userName eq "ADA"', ["ada"]),
    "externalId doesn't": ('externalId eq "X-ADA"', []),
    "externalId": ('externalId eq "x-ada"', ["ada"]),
    "an e-mail's value": ('emails.value eq "B@Example.org"', ["bob"]),
    "an e-mail by type": ('emails[type eq "work"].value eq "b@example.org"', []),
    "a value filter": ('emails[type eq "home" and value eq "b@example.org"]', ["bob"]),
    "both must hold": ('userName eq "ada" and active eq false', []),
    "a boolean": ("active eq true", ["ada", "bob"]),
    "an extension": (f'{ENTERPRISE}:department eq "Sales"', ["bob"]),
    "core with its schema": (f'{USER}:userName eq "bob"', ["bob"]),
    "no such value": ('userName eq "cy"', []),
}


@pytest.mark.parametrize(("text", "expected"), LOOKUPS.values(), ids=LOOKUPS)
async def test_filters(sp, call, text, expected):
    sp.put_user(user("ada"))
    sp.put_user(
        user("bob", emails=[{"type": "home", "value": "b@example.org"}], **{ENTERPRISE: {"department": "Sales"}})
    )
    found = (await call("GET", f"/Users?filter={quote(text)}")).body
    assert [row["userName"] for row in found["Resources"]] == expected
    assert found["totalResults"] == len(expected)
    assert sp.findings == []


async def test_id_is_a_filter_too(sp, call):
    id = sp.put_user(user("ada"))["id"]
    found = (await call("GET", "/Users?filter=" + quote(f'id eq "{id}"'))).body
    assert found["totalResults"] == 1


async def test_a_search_by_post_is_a_read(sp, call):
    sp.put_user(user("ada"))
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": 'userName eq "ada"'}
    assert (await call("POST", "/Users/.search", body)).body["totalResults"] == 1
    assert (await call("POST", "/.search", body)).body["totalResults"] == 1
    assert (sp.writes, sp.findings) == ([], [])


async def test_pages_count_from_one_and_hold_what_is_asked(sp, call):
    for number in range(5):
        sp.put_user(user(f"user{number}"))
    page = (await call("GET", "/Users?startIndex=4&count=3")).body
    assert [row["userName"] for row in page["Resources"]] == ["user3", "user4"]
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (5, 4, 2)
    assert (await call("GET", "/Users?count=0")).body["Resources"] == []


PARTS = {
    "attributes": ("attributes=userName,name.familyName", {"id", "schemas", "userName", "name"}),
    "an extension's attribute": (f"attributes={ENTERPRISE}:department", {"id", "schemas", ENTERPRISE}),
    "core with its schema": (f"attributes={USER}:title", {"id", "schemas", "title"}),
    "without": (
        "excludedAttributes=name,meta,active,id",
        {"id", "schemas", "userName", "externalId", "title", ENTERPRISE},
    ),
}


@pytest.mark.parametrize(("query", "expected"), PARTS.values(), ids=PARTS)
async def test_parts_of_a_resource(sp, call, query, expected):
    name = {"familyName": "Lovelace", "givenName": "Ada"}
    extension = {ENTERPRISE: {"department": "Sales", "costCenter": "7"}}
    id = sp.put_user(user("ada", name=name, title="Dr", **extension))["id"]
    one = (await call("GET", f"/Users/{id}?{query}")).body
    assert set(one) == expected
    assert one.get("name") in (None, {"familyName": "Lovelace"})
    assert (await call("GET", f"/Users?{query}")).body["Resources"] == [one]


async def test_members_follow_their_users(sp, call):
    ada, bob = sp.put_user(user("ada"))["id"], sp.put_user(user("bob"))["id"]
    made = await call("POST", "/Groups", group("Staff", ada, bob))
    assert made.status == 201
    assert (await call("GET", f"/Users/{ada}")).body["groups"][0]["display"] == "Staff"
    await call("DELETE", f"/Users/{ada}")
    assert [member["value"] for member in sp.group("staff")["members"]] == [bob]
    remove = {"op": "remove", "path": f'members[value eq "{bob}"]'}
    assert (await call("PATCH", f"/Groups/{made.body['id']}", patch(remove))).status == 200
    assert "members" not in sp.group("Staff")
    assert "groups" not in (await call("GET", f"/Users/{bob}")).body


async def test_an_unknown_member_is_refused(sp, call):
    refused = await call("POST", "/Groups", group("Staff", "nobody"))
    assert (refused.status, refused.body["scimType"]) == (400, "invalidValue")
    assert sp.groups == []
    assert [finding.rule for finding in sp.findings] == ["G8"]


async def test_a_member_is_added_once(sp, call):
    ada = sp.put_user(user("ada"))["id"]
    id = sp.put_group(group("Staff", ada))["id"]
    add = {"op": "add", "path": "members", "value": [{"value": ada}]}
    assert (await call("PATCH", f"/Groups/{id}", patch(add))).status == 200
    assert len(sp.group("Staff")["members"]) == 1


async def test_a_password_is_kept_and_never_shown(sp, call):
    created = await call("POST", "/Users", user("ada", password="correct horse"))
    assert "password" not in created.body
    assert "password" not in sp.user("ada")
    change = {"op": "replace", "path": "password", "value": "battery staple"}
    changed = await call("PATCH", f"/Users/{created.body['id']}", patch(change))
    assert "password" not in changed.body
    assert sp.password("ada") == "battery staple"
    assert sp.findings == []
    assert "battery" not in repr(sp.requests)
    assert "secret" not in repr(sp.requests)


REFUSED = {
    "bad token": ("GET", "/Users", None, {"Authorization": "Bearer wrong"}, 401),
    "no token": ("GET", "/ServiceProviderConfig", None, {"Authorization": None}, 401),
    "no user agent": ("GET", "/Users", None, {"User_Agent": None}, 403),
    "unknown path": ("GET", "/Nothing", None, {}, 404),
    "too deep a path": ("GET", "/Users/1/name", None, {}, 404),
    "unknown id": ("PATCH", "/Users/1", patch({"op": "remove", "path": "title"}), {}, 404),
    "unknown schema": ("GET", "/Schemas/urn:x", None, {}, 404),
    "write of discovery": ("POST", "/Schemas", {}, {}, 405),
    "delete of all": ("DELETE", "/Users", None, {}, 405),
    "bulk": ("POST", "/Bulk", {}, {}, 501),
    "me": ("GET", "/Me", None, {}, 501),
    "broken JSON": ("POST", "/Users", b"{", {}, 400),
    "a list": ("POST", "/Users", [], {}, 400),
    "no user name": ("POST", "/Users", {"schemas": [USER]}, {}, 400),
    "an attribute of nobody's": ("POST", "/Users", user(shoeSize=42), {}, 400),
    "not an address": ("POST", "/Users", user(emails=[{"value": "x"}]), {}, 400),
    "two primaries": (
        "POST",
        "/Users",
        user(phoneNumbers=[{"value": "1", "primary": True}, {"value": "2", "primary": True}]),
        {},
        400,
    ),
    "a filter by prefix": ("GET", "/Users?filter=" + quote('userName sw "a"'), None, {}, 400),
    "half a filter": ("GET", "/Users?filter=userName", None, {}, 400),
    "a page that is no number": ("GET", "/Users?count=many", None, {}, 400),
}


@pytest.mark.parametrize(("method", "path", "body", "headers", "status"), REFUSED.values(), ids=REFUSED)
async def test_refusals_are_scim_errors(sp, call, method, path, body, headers, status):
    refused = await call(method, path, body, **headers)
    assert refused.status == status
    assert refused.body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert refused.body["status"] == str(status)
    assert refused.headers["Content-Type"] == "application/scim+json"
    assert sp.users == []


async def test_paths_outside_the_base_are_not_found(sp):
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer secret"}) as session:
        for path in ("/", "/scim/v2x/Users", "/other/scim/v2/Users"):
            async with session.get(sp.base_url.removesuffix("/scim/v2") + path) as answer:
                assert answer.status == 404


@pytest.mark.parametrize("id", ["a/b", "..", "x?y", "é", "%2e", "a b"])
async def test_any_id_is_reached_percent_encoded(sp, call, id):
    sp.put_user({**user("ada"), "id": id})
    assert (await call("GET", "/Users/" + quote(id, safe="").replace(".", "%2E"))).body["userName"] == "ada"


async def test_a_manager_needs_no_reference(sp, call):
    boss = sp.put_user(user("boss"))["id"]
    body = user("ada", schemas=[USER, ENTERPRISE], **{ENTERPRISE: {"manager": {"value": boss}}})
    assert (await call("POST", "/Users", body)).status == 201
    assert sp.findings == []


async def test_large_bodies_are_taken(sp, call):
    ids = [sp.put_user(user(f"user{number:06}"))["id"] for number in range(20_000)]
    assert (await call("POST", "/Groups", group("All", *ids))).status == 201
    assert len(sp.group("All")["members"]) == 20_000


async def test_requests_are_recorded_in_order(sp, call):
    await call("GET", "/Users?filter=" + quote('userName eq "ü+ x"'))
    await call("POST", "/Users", user("ada"))
    lookup, create = sp.requests
    assert (lookup.path, lookup.query, lookup.status) == ("/Users", {"filter": 'userName eq "ü+ x"'}, 200)
    assert lookup.target.startswith("/scim/v2/Users?filter=userName%20eq")
    assert (create.method, create.body["userName"], create.status) == ("POST", "ada", 201)
    assert create.at >= lookup.at
    assert create.headers["user-agent"] == "Rehearsal/1.0"
    assert sp.writes == [create]
    sp.clear_requests()
    assert (sp.requests, len(sp.users)) == ([], 1)


async def test_edits_by_hand(sp):
    made = sp.put_user(user("ada"))
    assert sp.edit_user(made["id"], title="Dr", active=False)["title"] == "Dr"
    assert sp.by_external_id("x-ada")["active"] is False
    assert "title" not in sp.edit_user(made["id"], title=None)
    assert sp.put_user({"id": made["id"], "userName": "eve"})["meta"]["created"] == made["meta"]["created"]
    assert (sp.user("ada"), sp.by_external_id("x-ada")) == (None, None)
    with pytest.raises(ScimError, match="exists"):
        sp.put_user({"userName": "EVE"})
    sp.remove_user(made["id"])
    assert (sp.users, sp.requests) == ([], [])


async def test_what_is_shown_is_a_copy(sp):
    sp.put_user(user("ada", name={"givenName": "Ada"}))
    sp.users[0]["name"]["givenName"] = "Eve"
    assert sp.user("ada")["name"]["givenName"] == "Ada"


async def test_it_keeps_what_it_held_over_a_restart(sp, call):
    port = int(sp.base_url.split(":")[2].partition("/")[0])
    sp.put_user(user("ada"))
    await sp.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await call("GET", "/Users")
    await sp.start(port)
    assert (await call("GET", "/Users")).body["totalResults"] == 1


async def test_without_strictness_it_keeps_what_it_gets(call, sp):
    async with FakeServiceProvider(strict=False) as loose, aiohttp.ClientSession() as session:
        headers = {"Authorization": "Bearer secret"}
        async with session.post(f"{loose.base_url}/Users", json={"userName": "a", "hat": 1}, headers=headers) as answer:
            assert answer.status == 201
        assert (loose.users[0]["hat"], loose.findings) == (1, [])


def test_in_a_thread_it_is_looked_at_from_another():
    with FakeServiceProvider.in_thread(token="other") as sp:
        request = urllib.request.Request(f"{sp.base_url}/Users", headers={"Authorization": "Bearer other"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200
        assert [(seen.method, seen.status) for seen in sp.requests] == [("GET", 200)]
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(request, timeout=10)
