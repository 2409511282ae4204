"""The strict service provider as one of SCIM 1.1: what it takes, what it refuses, and what its answers look like."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provisor.testing.presets import PRESETS

CORE = "urn:scim:schemas:core:1.0"
ENTERPRISE = "urn:scim:schemas:extension:enterprise:1.0"
NEW = "urn:ietf:params:scim:schemas:core:2.0:User"
NEW_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
JSON = {"Content_Type": "application/json", "Accept": "application/json"}


@pytest.fixture
def old(sp: Any, call: Any) -> Any:
    """A call as a client of SCIM 1.1 makes it."""
    sp.profile = PRESETS["scim-1.1"]

    async def send(method: str, path: str, body: Any = None, **headers: Any) -> Any:
        kind = JSON if body is not None else {"Accept": "application/json"}
        return await call(method, path, body, **{**kind, **headers})

    return send


def user(name: str = "ada", /, **more: Any) -> dict[str, Any]:
    extension = [ENTERPRISE] if ENTERPRISE in more else []
    return {"schemas": [CORE, *extension], "userName": name, "externalId": f"x-{name}", "active": True, **more}


async def test_a_user_lives_from_post_to_delete(sp: Any, old: Any) -> None:
    grace = (await old("POST", "/Users", user("grace"))).body["id"]
    made = await old("POST", "/Users", user(**{ENTERPRISE: {"department": "Engines", "manager": {"managerId": grace}}}))
    assert (made.status, made.headers["Content-Type"]) == (201, "application/json; charset=utf-8")
    assert made.body["schemas"] == [CORE, ENTERPRISE]
    assert made.body[ENTERPRISE] == {"department": "Engines", "manager": {"managerId": grace}}
    assert "resourceType" not in made.body["meta"]
    assert sp.user("ada")[NEW_ENTERPRISE]["manager"] == {"value": grace}
    place = f"/Users/{made.body['id']}"
    assert (await old("PUT", place, user(title="Countess"))).body["title"] == "Countess"
    changed = await old("PATCH", place, {"schemas": [CORE], "meta": {"attributes": ["title"]}, "active": False})
    assert (changed.status, changed.body["active"], "title" in changed.body) == (200, False, False)
    assert (await old("DELETE", place)).status == 204
    gone = await old("GET", place)
    assert gone.body == {"Errors": [{"description": f"User {made.body['id']} doesn't exist here.", "code": "404"}]}
    assert sp.findings == []


REFUSED: list[tuple[str, str, str, Any, dict[str, Any], int]] = [
    ("a user of 2.0", "POST", "/Users", {"schemas": [NEW], "userName": "x"}, {}, 400),
    ("no schemas", "POST", "/Users", {"userName": "x"}, {}, 400),
    ("operations", "PATCH", "/Users/ID", {"schemas": [PATCH_OP], "Operations": []}, {}, 400),
    ("operations under 1.1", "PATCH", "/Users/ID", {"schemas": [CORE], "Operations": []}, {}, 400),
    ("null in a PATCH", "PATCH", "/Users/ID", {"schemas": [CORE], "title": None}, {}, 400),
    ("a manager by value", "POST", "/Users", user("x", **{ENTERPRISE: {"manager": {"value": "1"}}}), {}, 400),
    ("an operation in a POST", "POST", "/Users", user("x", emails=[{"value": "a", "operation": "delete"}]), {}, 400),
    ("another operation", "PATCH", "/Users/ID", {"schemas": [CORE], "emails": [{"operation": "add"}]}, {}, 400),
    (
        "what is required can't go",
        "PATCH",
        "/Users/ID",
        {"schemas": [CORE], "meta": {"attributes": ["userName"]}},
        {},
        400,
    ),
    (
        "a new name to remove",
        "PATCH",
        "/Users/ID",
        {"schemas": [CORE], "meta": {"attributes": [f"{NEW}:title"]}},
        {},
        400,
    ),
    ("the media type of 2.0", "POST", "/Users", user("x"), {"Content_Type": "application/scim+json"}, 415),
    ("answers in 2.0's type", "GET", "/Users", None, {"Accept": "application/scim+json"}, 406),
    ("a value filter", "GET", "/Users?filter=emails%5Btype%20eq%20%22work%22%5D", None, {}, 400),
    ("a filter on a new name", "GET", f"/Users?filter={NEW}:userName%20eq%20%22a%22", None, {}, 400),
    ("excludedAttributes", "GET", "/Groups?excludedAttributes=members", None, {}, 400),
    ("the config of 2.0", "GET", "/ServiceProviderConfig", None, {}, 404),
    ("resource types", "GET", "/ResourceTypes", None, {}, 404),
    ("me", "GET", "/Me", None, {}, 404),
    ("a search by POST", "POST", "/Users/.search", {"schemas": [CORE]}, {}, 404),
]


@pytest.mark.parametrize("row", REFUSED, ids=[row[0] for row in REFUSED])
async def test_nothing_of_2_0_is_understood(sp: Any, old: Any, row: Any) -> None:
    _why, method, path, body, headers, status = row
    id = sp.put_user({"userName": "ada", "title": "Countess"})["id"]
    before = sp.users
    answer = await old(method, path.replace("ID", id), body, **headers)
    assert (answer.status, answer.body["Errors"][0]["code"]) == (status, str(status))
    assert sp.users == before


async def test_how_lists_change(sp: Any, old: Any) -> None:
    mails = [{"value": "a@x.example", "type": "work", "primary": True}, {"value": "b@x.example", "type": "home"}]
    id = sp.put_user({"userName": "ada", "emails": mails})["id"]

    async def changed(**partial: Any) -> Any:
        answer = await old("PATCH", f"/Users/{id}", {"schemas": [CORE], **partial})
        return [(email["value"], email.get("primary")) for email in answer.body.get("emails", [])]

    added = [{"value": "c@x.example", "primary": True}, {"value": "b@x.example", "display": "B"}]
    assert await changed(emails=added) == [("a@x.example", False), ("b@x.example", None), ("c@x.example", True)]
    assert sp.user("ada")["emails"][1] == {"value": "b@x.example", "type": "home", "display": "B"}
    gone = [{"value": "a@x.example", "operation": "delete"}, {"value": "nobody@x.example", "operation": "delete"}]
    assert await changed(emails=gone) == [("b@x.example", None), ("c@x.example", True)]
    assert await changed(meta={"attributes": ["emails"]}, emails=[{"value": "d@x.example"}]) == [("d@x.example", None)]
    assert await changed(meta={"attributes": ["emails"]}) == []


async def test_members(sp: Any, old: Any) -> None:
    ids = [sp.put_user({"userName": name})["id"] for name in ("ada", "grace", "alan")]
    body = {"schemas": [CORE], "displayName": "Staff", "members": [{"value": ids[0]}]}
    place = f"/Groups/{(await old('POST', '/Groups', body)).body['id']}"
    change = [{"value": ids[0], "operation": "delete"}, {"value": ids[1]}, {"value": ids[2]}]
    answer = await old("PATCH", place, {"schemas": [CORE], "members": change})
    assert [member["value"] for member in answer.body["members"]] == ids[1:]
    assert sp.findings == []
    whole = {"schemas": [CORE], "meta": {"attributes": ["members"]}, "members": [{"value": ids[0]}]}
    assert [member["value"] for member in (await old("PATCH", place, whole)).body["members"]] == ids[:1]
    assert [finding.rule for finding in sp.findings] == ["G5"]
    unknown = await old("PATCH", place, {"schemas": [CORE], "members": [{"value": "nobody"}]})
    assert unknown.status == 400


async def test_listings_and_filters(sp: Any, old: Any) -> None:
    for name in ("ada", "grace"):
        sp.put_user(
            {"userName": name, "emails": [{"value": f"{name}@x.example"}], NEW_ENTERPRISE: {"department": name}}
        )
    all = (await old("GET", "/Users?startIndex=1&count=1")).body
    assert (all["schemas"], all["totalResults"], all["itemsPerPage"], all["startIndex"]) == ([CORE], 2, 1, 1)
    for text in ('emails eq "ada@x.example"', f'{CORE}:userName eq "ADA"', f'{ENTERPRISE}:department eq "ada"'):
        found = (await old("GET", f"/Users?filter={text.replace(' ', '%20').replace(chr(34), '%22')}")).body
        assert [user["userName"] for user in found["Resources"]] == ["ada"], text


async def test_what_it_says_of_itself(old: Any) -> None:
    config = (await old("GET", "/ServiceProviderConfigs")).body
    assert (config["schemas"], config["patch"], config["xmlDataFormat"]) == (
        [CORE],
        {"supported": True},
        {"supported": False},
    )
    listed = (await old("GET", "/Schemas")).body["Resources"]
    assert [(each["name"], each["schema"]) for each in listed] == [("User", CORE), ("Group", CORE)]
    assert (await old("GET", "/Schemas/User")).body == listed[0]
    assert {each["schema"] for each in listed[0]["attributes"]} == {CORE, ENTERPRISE}


async def test_bulk(sp: Any, old: Any) -> None:
    sp.profile = replace(sp.profile, bulk=5)
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": user()},
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": user()},
    ]
    answer = await old("POST", "/Bulk", {"schemas": [CORE], "Operations": operations})
    first, second = answer.body["Operations"]
    assert (first["bulkId"], first["status"]) == ("a", {"code": "201"})
    assert (second["status"]["code"], bool(second["status"]["description"])) == ("409", True)
    assert len(sp.users) == 1
