"""SCIM 1.1 on the wire, 2.0 in the house: what becomes of requests and answers. Pure, and by tables."""

from __future__ import annotations

import re

import pytest

from provisor.core import group_patch, patch, resource
from provisor.core.form import Form, make
from provisor.core.resource import Difference
from provisor.scim.answers import Answer
from provisor.scim.filters import both, eq
from provisor.scim.schemas import CORE_1_1, ENTERPRISE_1_1, ENTERPRISE_USER, ERROR, GROUP, LIST_RESPONSE, USER
from provisor.scim.users import patch_body
from provisor.scim.version_1_1 import inward, outward
from provisor.scim.version_1_1.patching import Inexpressible

WORK = {"value": "ada@example.com", "type": "work", "primary": True}
BY_PATCH = make({}, {}, {"scim": "1.1", "update": "patch", "group_update": "patch"})


def said(*operations: dict) -> dict:
    """A PATCH in SCIM 1.1."""
    return dict(outward.request("PATCH", "/Users/1", None, patch_body(list(operations))).body or {})


# The form


def test_choosing_1_1_changes_what_nobody_said_otherwise():
    form = make({}, {}, {"scim": "1.1"})
    assert (form.update, form.group_update, form.value_path, form.content_type) == (
        "put",
        "put",
        False,
        "application/json",
    )
    assert make({"scim": "1.1"}, {"update": "patch"}, {"content_type": "application/scim+json"}) == Form(
        scim="1.1", update="patch", group_update="put", value_path=False, content_type="application/scim+json"
    )
    assert make({}, {}, {}) == Form()
    assert make({"scim": "1.1"}, {}, {"scim": "2.0"}) == Form()


# Requests


def test_a_new_user():
    body = resource.body(
        {"userName": "ada", "emails": [WORK], f"{ENTERPRISE_USER}:department": "Engines", "active": True}
        | {f"{ENTERPRISE_USER}:manager": {"value": "7"}}
    )
    sent = outward.request("POST", "/Users", None, body)
    assert sent.body == {
        "schemas": [CORE_1_1, ENTERPRISE_1_1],
        "userName": "ada",
        "emails": [WORK],
        "active": True,
        ENTERPRISE_1_1: {"department": "Engines", "manager": {"managerId": "7"}},
    }


def test_a_whole_group():
    body = {"schemas": [GROUP], "displayName": "Staff", "members": [{"value": "1"}]}
    assert outward.request("PUT", "/Groups/9", None, body).body == {**body, "schemas": [CORE_1_1]}


@pytest.mark.parametrize(
    ("given", "wire"),
    [
        pytest.param(eq("userName", "ada"), 'userName eq "ada"', id="a core attribute"),
        pytest.param(eq("emails.value", "a@example.com"), 'emails eq "a@example.com"', id="a list by its name"),
        pytest.param(eq("userName", "emails.value"), 'userName eq "emails.value"', id="what is quoted stays"),
        pytest.param(eq("title", 'a "emails.value" b'), 'title eq "a \\"emails.value\\" b"', id="quotes in it too"),
        pytest.param(eq(f"{USER}:title", "x"), 'title eq "x"', id="core needs no URN"),
        pytest.param(
            both(eq(f"{ENTERPRISE_USER}:department", "x"), eq("emails.type", "work")),
            f'{ENTERPRISE_1_1}:department eq "x" and emails.type eq "work"',
            id="the extension",
        ),
    ],
)
def test_a_filter(given, wire):
    assert outward.request("GET", "/Users", {"filter": given, "count": "1"}, None).query == {
        "filter": wire,
        "count": "1",
    }


def test_a_group_without_its_members_is_asked_for_by_what_is_wanted():
    sent = outward.request("GET", "/Groups/1", {"excludedAttributes": "members"}, None)
    assert sent.query == {"attributes": "id,externalId,displayName"}
    assert outward.request("GET", "/Groups/1", None, None).query is None


# PATCH


@pytest.mark.parametrize(
    ("operations", "wire"),
    [
        pytest.param(
            [{"op": "replace", "path": "active", "value": False}], {"active": False}, id="a simple value replaces"
        ),
        pytest.param(
            [{"op": "add", "path": "name.givenName", "value": "Ada"}, {"op": "remove", "path": "name.middleName"}],
            {"meta": {"attributes": ["name.middleName"]}, "name": {"givenName": "Ada"}},
            id="parts of a name",
        ),
        pytest.param([{"op": "remove", "path": "title"}], {"meta": {"attributes": ["title"]}}, id="a removal"),
        pytest.param(
            [{"op": "add", "path": "emails", "value": [WORK]}], {"emails": [WORK]}, id="elements of a list are added"
        ),
        pytest.param(
            [{"op": "replace", "path": "emails", "value": [WORK]}],
            {"meta": {"attributes": ["emails"]}, "emails": [WORK]},
            id="a list is replaced",
        ),
        pytest.param(
            [{"op": "replace", "path": "emails", "value": []}], {"meta": {"attributes": ["emails"]}}, id="an empty list"
        ),
        pytest.param(
            [{"op": "Replace", "value": {"title": "Dr", "name": {"familyName": "Byron"}, "emails": [WORK]}}],
            {"meta": {"attributes": ["emails"]}, "title": "Dr", "name": {"familyName": "Byron"}, "emails": [WORK]},
            id="without a path",
        ),
        pytest.param(
            [{"op": "remove", "path": 'members[value eq "a\\"b"]'}],
            {"members": [{"value": 'a"b', "operation": "delete"}]},
            id="a member leaves",
        ),
        pytest.param(
            [{"op": "remove", "path": "members", "value": [{"value": "1"}, {"value": "2"}]}],
            {"members": [{"value": "1", "operation": "delete"}, {"value": "2", "operation": "delete"}]},
            id="members leave by a list",
        ),
        pytest.param(
            [
                {"op": "remove", "path": 'members[value eq "1"]'},
                {"op": "add", "path": "members", "value": [{"value": "1"}]},
            ],
            {"members": [{"value": "1"}]},
            id="who comes back meanwhile stays",
        ),
        pytest.param(
            [
                {"op": "add", "path": "members", "value": [{"value": "1"}]},
                {"op": "remove", "path": 'members[value eq "1"]'},
            ],
            {"members": [{"value": "1", "operation": "delete"}]},
            id="who leaves meanwhile goes",
        ),
        pytest.param(
            [{"op": "replace", "path": "title", "value": "x"}, {"op": "remove", "path": "title"}],
            {"meta": {"attributes": ["title"]}},
            id="the last word counts",
        ),
        pytest.param(
            [{"op": "remove", "path": "title"}, {"op": "replace", "path": "title", "value": "x"}],
            {"title": "x"},
            id="the last word counts the other way round",
        ),
    ],
)
def test_a_patch(operations, wire):
    assert said(*operations) == {"schemas": [CORE_1_1], **wire}


def test_a_patch_of_the_extension():
    prefix = f"{ENTERPRISE_USER}:"
    assert said(
        {"op": "replace", "path": f"{prefix}department", "value": "Engines"},
        {"op": "replace", "path": f"{prefix}manager", "value": {"value": "7"}},
        {"op": "remove", "path": f"{prefix}costCenter"},
    ) == {
        "schemas": [CORE_1_1, ENTERPRISE_1_1],
        "meta": {"attributes": [f"{ENTERPRISE_1_1}:costCenter"]},
        ENTERPRISE_1_1: {"department": "Engines", "manager": {"managerId": "7"}},
    }
    assert said({"op": "remove", "path": f"{prefix}manager"}) == {
        "schemas": [CORE_1_1],
        "meta": {"attributes": [f"{ENTERPRISE_1_1}:manager.managerId"]},
    }
    without_paths = said({"op": "replace", "value": {ENTERPRISE_USER: {"department": "Engines"}}})
    assert without_paths == {"schemas": [CORE_1_1, ENTERPRISE_1_1], ENTERPRISE_1_1: {"department": "Engines"}}


@pytest.mark.parametrize("path", [patch.WORK_VALUE, 'emails[type eq "work"]', 'members[type eq "User"]'])
def test_what_1_1_has_no_words_for(path):
    with pytest.raises(Inexpressible, match=re.escape(path)):
        said({"op": "replace", "path": path, "value": "x"})


def test_members_as_the_engine_says_them():
    add, remove = group_patch.additions(["1", "2"], BY_PATCH), group_patch.removals(["3"], BY_PATCH)
    assert said(*add) == {"schemas": [CORE_1_1], "members": [{"value": "1"}, {"value": "2"}]}
    assert said(*remove) == {"schemas": [CORE_1_1], "members": [{"value": "3", "operation": "delete"}]}
    assert said(*group_patch.whole(["4"], BY_PATCH)) == {
        "schemas": [CORE_1_1],
        "meta": {"attributes": ["members"]},
        "members": [{"value": "4"}],
    }


def test_a_new_address_beside_one_of_others_needs_no_path():
    held = [WORK, {"value": "ada@home.example", "type": "home"}]
    change = Difference("emails", held, [{**WORK, "value": "lovelace@example.com"}])
    assert said(*patch.operations([change], BY_PATCH)) == {
        "schemas": [CORE_1_1],
        "meta": {"attributes": ["emails"]},
        "emails": [{**WORK, "value": "lovelace@example.com"}, held[1]],
    }


# Answers


def told(body, status: int = 200, path: str = "/Users/1"):
    return inward.answer(Answer(status, body=body), path).body


def test_a_user_comes_back_as_2_0_has_it():
    shown = told(
        {
            "schemas": ["urn:scim:schemas:core:1.0", "URN:scim:schemas:extension:Enterprise:1.0"],
            "id": "1",
            "URN:scim:schemas:extension:Enterprise:1.0": {"Manager": {"managerID": "7", "displayName": "Grace"}},
        }
    )
    assert shown == {
        "schemas": [USER, ENTERPRISE_USER],
        "id": "1",
        ENTERPRISE_USER: {"Manager": {"value": "7", "displayName": "Grace"}},
    }


def test_a_listing():
    found = told({"totalResults": 1, "Resources": [{"schemas": [CORE_1_1], "id": "1"}]}, path="/Groups")
    assert found == {"totalResults": 1, "Resources": [{"schemas": [GROUP], "id": "1"}], "schemas": [LIST_RESPONSE]}
    assert told([{"schemas": [CORE_1_1]}], path="/Users") == [{"schemas": [USER]}]


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        pytest.param({"Errors": [{"description": "Gone", "code": "404"}]}, "404", "Gone", id="as the draft has it"),
        pytest.param(
            {"errors": [{"description": "One"}, {"Description": "Two", "code": 409}]}, "409", "One; Two", id="several"
        ),
        pytest.param({"Errors": {"description": "Alone"}}, "400", "Alone", id="no list"),
        pytest.param({"Errors": [{"description": "Odd", "code": "9" * 40}]}, "400", "Odd", id="no status"),
        pytest.param({"Errors": [None, "x"]}, "400", "", id="no errors at all"),
    ],
)
def test_an_error(body, status, detail):
    assert told(body, 400) == {"schemas": [ERROR], "status": status, "detail": detail}


def test_what_is_not_of_1_1_stays_as_it_is():
    for body in (None, "text", 7, {"id": "1", "schemas": [USER], "odd": [1]}, {"schemas": "x"}, {"Resources": None}):
        assert told(body) in (body, {"Resources": None, "schemas": [LIST_RESPONSE]})
    html = Answer(502, text="<html>", problem="html")
    assert inward.answer(html, "/Users") is html
    described = {"schemas": [CORE_1_1], "patch": {"supported": True}}
    assert told(described, path="/ServiceProviderConfigs") == described


def test_bulk_in_both_directions():
    data = patch_body([{"op": "replace", "path": "title", "value": "x"}])
    operation = {"method": "PATCH", "path": "/Users/1", "bulkId": "a", "data": data}
    sent = outward.request("POST", "/Bulk", None, {"schemas": ["x"], "failOnErrors": 2, "Operations": [operation]})
    assert sent.body == {
        "schemas": [CORE_1_1],
        "failOnErrors": 2,
        "Operations": [{**operation, "data": {"schemas": [CORE_1_1], "title": "x"}}],
    }
    refused = {"bulkId": "a", "status": {"code": "400", "description": "No."}}
    assert told({"Operations": [refused]}, path="/Bulk") == {
        "Operations": [{**refused, "response": {"schemas": [ERROR], "detail": "No."}}]
    }
