"""Bulk requests: each operation goes the way of a single request, and is answered for itself."""

from __future__ import annotations

from typing import Any

import pytest

from provisor.testing import Profile

from .said import BULK, add_members, group, patch, replace, user

RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"


@pytest.fixture(autouse=True)
def offered(sp) -> None:
    sp.profile = Profile(bulk=10)


def create(name: str, **more: Any) -> dict[str, Any]:
    return {"method": "POST", "path": "/Users", "bulkId": name, "data": user(name, **more)}


def bulk(*operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"schemas": [BULK], "Operations": list(operations), **more}


async def test_every_operation_is_answered(sp, call):
    gone = sp.put_user(user("gone"))["id"]
    bob = sp.put_user(user("bob"))["id"]
    answer = await call(
        "POST",
        "/Bulk",
        bulk(
            create("ada"),
            {"method": "PATCH", "path": f"/Users/{bob}", "bulkId": "2", "data": patch(replace("title", "Dr"))},
            {"method": "DELETE", "path": f"/Users/{gone}", "bulkId": "3"},
            {"method": "POST", "path": "/Users", "bulkId": "4", "data": user("BOB", externalId="other")},
        ),
    )
    assert (answer.status, answer.body["schemas"]) == (200, [RESPONSE])
    told = {entry["bulkId"]: entry for entry in answer.body["Operations"]}
    assert [told[name]["status"] for name in ("ada", "2", "3", "4")] == ["201", "200", "204", "409"]
    assert told["ada"]["location"] == f"{sp.base_url}/Users/{sp.user('ada')['id']}"
    assert told["2"]["location"] == f"{sp.base_url}/Users/{bob}"
    assert (told["4"]["response"]["scimType"], "location" in told["4"]) == ("uniqueness", False)
    assert (sorted(held["userName"] for held in sp.users), sp.user("bob")["title"]) == (["ada", "bob"], "Dr")
    assert sp.findings == []


async def test_an_operation_may_name_what_another_one_makes(sp, call):
    staff = {"method": "POST", "path": "/Groups", "bulkId": "staff", "data": group("Staff", "bulkId:ada")}
    rename = {
        "method": "PATCH",
        "path": "/Groups/bulkId:staff",
        "bulkId": "r",
        "data": patch(replace("displayName", "All")),
    }
    answer = await call("POST", "/Bulk", bulk(staff, create("ada"), rename))
    assert [entry["status"] for entry in answer.body["Operations"]] == ["201", "201", "200"]
    assert [member["value"] for member in sp.group("All")["members"]] == [sp.user("ada")["id"]]
    nobody = {"method": "POST", "path": "/Groups", "bulkId": "n", "data": group("None", "bulkId:nobody")}
    assert (await call("POST", "/Bulk", bulk(nobody))).body["Operations"][0]["status"] == "409"


async def test_the_same_rules_hold_for_each(sp, call):
    sp.put_user(user("bob"))
    double = {"method": "POST", "path": "/Users", "bulkId": "a", "data": user("eve", externalId="x-bob")}
    unfit = {"method": "POST", "path": "/Users", "bulkId": "b", "data": user("eva", shoeSize=42)}
    answer = await call("POST", "/Bulk", bulk(double, unfit))
    assert [entry["status"] for entry in answer.body["Operations"]] == ["201", "400"]
    assert {finding.rule for finding in sp.findings} == {"C1", "D6"}


async def test_deviations_hold_for_each(sp, call):
    sp.profile = Profile(bulk=10, required=("title",), group_create=False)
    new = {"method": "POST", "path": "/Groups", "bulkId": "g", "data": group("Staff")}
    answer = await call("POST", "/Bulk", bulk(create("ada"), create("bob", title="Dr"), new))
    assert [entry["status"] for entry in answer.body["Operations"]] == ["400", "201", "501"]


async def test_failures_may_stop_it(sp, call):
    wrong = [create(name, shoeSize=42) for name in ("a", "b")]
    answer = await call("POST", "/Bulk", bulk(*wrong, create("ada"), failOnErrors=2))
    assert [entry["bulkId"] for entry in answer.body["Operations"]] == ["a", "b"]
    assert sp.users == []
    answer = await call("POST", "/Bulk", bulk(*wrong, create("ada"), failOnErrors=3))
    assert len(answer.body["Operations"]) == 3


async def test_too_much_is_refused_as_a_whole(sp, call):
    refused = await call("POST", "/Bulk", bulk(*(create(f"user{number}") for number in range(11))))
    assert (refused.status, sp.users, [finding.rule for finding in sp.findings]) == (413, [], ["B1"])
    sp.profile = Profile(bulk=10, bulk_bytes=500)
    assert (await call("POST", "/Bulk", bulk(create("ada", title="D" * 500)))).status == 413
    assert (await call("POST", "/Bulk", bulk(create("ada")))).status == 200


async def test_some_answers_are_missing_although_all_is_done(sp, call):
    sp.profile = Profile(bulk=10, bulk_missing=3)
    answer = await call("POST", "/Bulk", bulk(*(create(f"user{number}") for number in range(7))))
    told = [entry["bulkId"] for entry in answer.body["Operations"]]
    assert told == ["user0", "user1", "user3", "user4", "user6"]
    assert len(sp.users) == 7


@pytest.mark.parametrize(("kind", "told"), [("text", "201"), ("number", 201), ("object", {"code": "201"})])
async def test_how_a_status_is_told(sp, call, kind, told):
    sp.profile = Profile(bulk=10, bulk_status=kind, bulk_resources=True)
    (entry,) = (await call("POST", "/Bulk", bulk(create("ada")))).body["Operations"]
    assert (entry["status"], entry["response"]["userName"]) == (told, "ada")


async def test_another_order(sp, call):
    sp.profile = Profile(bulk=10, bulk_shuffled=True)
    answer = await call("POST", "/Bulk", bulk(*(create(f"user{number}") for number in range(10))))
    told = [entry["bulkId"] for entry in answer.body["Operations"]]
    assert told != sorted(told)
    assert sorted(told) == [f"user{number}" for number in range(10)]


UNCLEAR = {
    "no bulkId": [{"method": "DELETE", "path": "/Users/x"}],
    "one twice": [create("ada"), {**create("bob"), "bulkId": "ada"}],
    "a read": [{"method": "GET", "path": "/Users", "bulkId": "a"}],
    "no path": [{**create("ada"), "path": ""}],
}


@pytest.mark.parametrize("operations", UNCLEAR.values(), ids=UNCLEAR)
async def test_what_is_unclear_is_found_or_refused(sp, call, operations):
    answer = await call("POST", "/Bulk", bulk(*operations))
    refused = [entry for entry in answer.body["Operations"] if entry["status"] not in ("201", "404")]
    assert answer.status == 200
    assert refused or [finding.rule for finding in sp.findings] == ["B1"]


async def test_no_operations_at_all(sp, call):
    assert (await call("POST", "/Bulk", {"schemas": [BULK]})).status == 400
    assert (await call("GET", "/Bulk")).status == 405


@pytest.mark.parametrize("status", [501, 404, 405])
async def test_it_is_not_offered(sp, call, status):
    sp.profile = Profile(bulk_off_status=status)
    assert (await call("POST", "/Bulk", bulk(create("ada")))).status == status
    assert sp.users == []


async def test_what_it_says_of_itself(sp, call):
    sp.profile = Profile(bulk=7, bulk_bytes=9000)
    said = (await call("GET", "/ServiceProviderConfig")).body["bulk"]
    assert said == {"supported": True, "maxOperations": 7, "maxPayloadSize": 9000}


async def test_members_in_bulk(sp, call):
    ada = sp.put_user(user())["id"]
    staff = sp.put_group(group("Staff"))["id"]
    change = {"method": "PATCH", "path": f"/Groups/{staff}", "bulkId": "m", "data": patch(add_members(ada))}
    (entry,) = (await call("POST", "/Bulk", bulk(change))).body["Operations"]
    assert (entry["status"], sp.group("Staff")["members"][0]["value"]) == ("200", ada)
