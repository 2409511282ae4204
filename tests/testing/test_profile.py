"""Each deviation of a profile, seen from outside."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from provisor.testing import Profile

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def user(username: str = "ada", /, **more: Any) -> dict[str, Any]:
    return {"schemas": [USER], "userName": username, "externalId": f"x-{username}", "active": True, **more}


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": [{"op": "replace", "path": path, "value": value}]}


UNSUPPORTED = {
    "patch": (Profile(patch=False), "PATCH", replace("title", "Dr"), 501),
    "put": (Profile(put=False), "PUT", user(), 501),
    "delete": (Profile(delete=False), "DELETE", None, 501),
}


@pytest.mark.parametrize(("profile", "method", "body", "status"), UNSUPPORTED.values(), ids=UNSUPPORTED)
async def test_unsupported_methods_change_nothing(sp, call, profile, method, body, status):
    before = sp.put_user(user())
    sp.profile = profile
    assert (await call(method, f"/Users/{before['id']}", body)).status == status
    assert sp.users == [before]


async def test_no_patch_is_announced(sp, call):
    sp.profile = Profile(patch=False)
    assert (await call("GET", "/ServiceProviderConfig")).body["patch"] == {"supported": False}


@pytest.mark.parametrize("path", ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"])
async def test_no_discovery(sp, call, path):
    assert (await call("GET", path)).status == 200
    sp.profile = Profile(discovery=False)
    assert (await call("GET", path)).status == 404


FILTERS = {
    "emails.value": (Profile(filter_emails=False), 'emails.value eq "a@example.org"'),
    "emails by type": (Profile(filter_emails=False), 'emails[type eq "work"].value eq "a@example.org"'),
    "externalId": (Profile(filter_external_id=False), 'externalId eq "x-ada"'),
}


@pytest.mark.parametrize(("profile", "text"), FILTERS.values(), ids=FILTERS)
async def test_unsupported_filters_are_refused(sp, call, profile, text):
    assert (await call("GET", f"/Users?filter={quote(text)}")).status == 200
    sp.profile = profile
    refused = await call("GET", f"/Users?filter={quote(text)}")
    assert (refused.status, refused.body["scimType"]) == (400, "invalidFilter")
    assert (await call("GET", "/Users?filter=" + quote('userName eq "ada"'))).status == 200
    assert sp.findings == []


async def test_an_ignored_filter_answers_everyone(sp, call):
    sp.profile = Profile(ignore_filter=True)
    sp.put_user(user("ada")), sp.put_user(user("bob"))
    assert (await call("GET", "/Users?filter=" + quote('userName eq "ada"'))).body["totalResults"] == 2


async def test_external_ids_are_dropped_silently(sp, call):
    sp.profile = Profile(keep_external_id=False)
    assert "externalId" not in (await call("POST", "/Users", user())).body
    assert (sp.by_external_id("x-ada"), sp.findings) == (None, [])


async def test_attributes_are_dropped_silently(sp, call):
    sp.profile = Profile(drop=("title", "name.middleName", "department"))
    extension = {"department": "Sales", "costCenter": "7"}
    body = user(title="Dr", name={"givenName": "Ada", "middleName": "K"}, **{ENTERPRISE: extension})
    created = await call("POST", "/Users", {**body, "schemas": [USER, ENTERPRISE]})
    assert (created.body["name"], created.body[ENTERPRISE]) == ({"givenName": "Ada"}, {"costCenter": "7"})
    assert "title" not in created.body
    again = await call("PATCH", f"/Users/{created.body['id']}", replace("title", "Dr"))
    assert ("title" in again.body, sp.findings) == (False, [])


async def test_an_extension_that_is_dropped_whole_leaves_the_schemas(sp, call):
    sp.profile = Profile(drop=("department",))
    body = user(schemas=[USER, ENTERPRISE], **{ENTERPRISE: {"department": "Sales"}})
    created = await call("POST", "/Users", body)
    assert created.body["schemas"] == [USER]
    assert ENTERPRISE not in created.body


async def test_addresses_in_lower_case(sp, call):
    sp.profile = Profile(lowercase_emails=True)
    created = await call("POST", "/Users", user(emails=[{"value": "Ada@Example.org", "primary": True}]))
    assert created.body["emails"] == [{"value": "ada@example.org", "primary": True}]


async def test_an_ignored_deactivation_is_accepted(sp, call):
    sp.profile = Profile(ignore_active=True)
    id = sp.put_user(user())["id"]
    answer = await call("PATCH", f"/Users/{id}", replace("active", False))
    assert (answer.status, answer.body["active"], sp.user("ada")["active"]) == (200, True, True)
    assert (await call("PUT", f"/Users/{id}", user(active=False))).body["active"] is True
    assert sp.edit_user(id, active=False)["active"] is False


async def test_patch_without_content(sp, call):
    sp.profile = Profile(answer_patch="no_content")
    id = sp.put_user(user())["id"]
    answer = await call("PATCH", f"/Users/{id}", replace("title", "Dr"))
    assert (answer.status, answer.raw, sp.user("ada")["title"]) == (204, b"", "Dr")


async def test_active_may_be_missing_from_answers(sp, call):
    sp.profile = Profile(active_in_answer=False)
    assert "active" not in (await call("POST", "/Users", user())).body
    assert sp.user("ada")["active"] is True


async def test_booleans_as_words(sp, call):
    sp.profile = Profile(string_booleans=True)
    created = await call("POST", "/Users", user(emails=[{"value": "a@example.org", "primary": True}]))
    assert (created.body["active"], created.body["emails"][0]["primary"]) == ("True", "True")
    assert sp.user("ada")["active"] is True


async def test_numeric_ids(sp, call):
    sp.profile = Profile(numeric_ids=True)
    id = (await call("POST", "/Users", user())).body["id"]
    assert isinstance(id, int)
    assert (await call("GET", f"/Users/{id}")).body["id"] == id


async def test_entity_tags(sp, call):
    sp.profile = Profile(etag=True)
    created = await call("POST", "/Users", user())
    path, etag = f"/Users/{created.body['id']}", created.headers["ETag"]
    assert etag == created.body["meta"]["version"]
    assert (await call("PATCH", path, replace("title", "Dr"), If_Match=etag)).status == 200
    assert (await call("PATCH", path, replace("title", "Ms"), If_Match=etag)).status == 412
    assert (sp.user("ada")["title"], sp.findings) == ("Dr", [])


async def test_small_pages(sp, call):
    sp.profile = Profile(max_page=3, default_page=2)
    for number in range(5):
        sp.put_user(user(f"user{number}"))
    assert (await call("GET", "/Users")).body["itemsPerPage"] == 2
    assert (await call("GET", "/Users?count=100")).body["itemsPerPage"] == 3


async def test_unstable_order(sp, call):
    sp.profile = Profile(unstable_order=True)
    names = [sp.put_user(user(f"user{number:02}"))["userName"] for number in range(20)]
    one, other = [(await call("GET", "/Users")).body["Resources"] for _ in range(2)]
    assert one != other
    assert sorted(row["userName"] for row in one) == names


async def test_no_user_agent_needed(sp, call):
    sp.profile = Profile(require_user_agent=False)
    assert (await call("GET", "/Users", User_Agent=None)).status == 200
