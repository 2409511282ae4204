"""Every rule finds its breach, and lets the careful form pass."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from provisor.testing import Profile
from provisor.testing.rules import RULES

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

ADA = {"schemas": [USER], "userName": "ada", "externalId": "x-ada", "active": True}
EVE = {"schemas": [USER], "userName": "eve", "externalId": "x-eve", "active": True}
EMAILS = [{"value": "e@example.org", "primary": True}, {"value": "f@example.org", "primary": True}]


def patch(*operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": list(operations), **more}


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def extended(**values: Any) -> dict[str, Any]:
    return {**EVE, "schemas": [USER, ENTERPRISE], ENTERPRISE: values}


def remove_member(**more: Any) -> dict[str, Any]:
    return {"op": "remove", "path": 'members[value eq "ADA"]', **more}


def add_members(*members: dict[str, Any]) -> dict[str, Any]:
    return {"op": "add", "path": "members", "value": list(members)}


MANY = [{"value": str(number)} for number in range(101)]
DISPLAYED = [{"value": "ADA", "display": "Ada"}]
REMOVALS = [{"op": "remove", "path": f'members[value eq "{number}"]'} for number in range(101)]
Request = tuple[str, str, Any, dict[str, Any]]
POST, PUT, EDIT, EDIT_GROUP = (
    ("POST", "/Users"),
    ("PUT", "/Users/ADA"),
    ("PATCH", "/Users/ADA"),
    ("PATCH", "/Groups/ALL"),
)
GET = ("GET", "/Users")

# rule, reason, request (ADA and ALL stand for ids, ALL holds bob), does it break the rule
CASES = [
    ("T3", "text/html is no SCIM", (*GET, None, {"Accept": "text/html"}), True),
    ("T3", "a body is scim+json", (*POST, EVE, {"Content_Type": "application/json"}), True),
    ("T3", "no body, no Content-Type", (*GET, None, {"Content_Type": "application/scim+json"}), True),
    ("T3", "a charset is fine", (*POST, EVE, {"Content_Type": "application/scim+json; charset=utf-8"}), False),
    ("T3", "a second choice is fine", (*GET, None, {"Accept": "application/scim+json, application/json;q=0.9"}), False),
    ("T4", "a library's name says nothing", (*GET, None, {"User_Agent": "Python/3.11 aiohttp/3.14"}), True),
    ("T4", "no name at all", (*GET, None, {"User_Agent": None}), True),
    ("T4", "a product's name", (*GET, None, {"User_Agent": "Provisor/0.1"}), False),
    ("T5", "the token as a parameter", ("GET", "/Users?access_token=x", None, {}), True),
    ("T5", "our token anywhere", ("GET", "/Users/secre%74", None, {}), True),
    ("T5", "an ordinary parameter", ("GET", "/Users?count=1", None, {}), False),
    ("T11", "two slashes", ("GET", "//Users", None, {}), True),
    ("T11", "slashes in a parameter", ("GET", "/Users?filter=" + quote('title eq "a//b"', safe="/"), None, {}), False),
    ("F1", "an operator beyond eq", ("GET", "/Users?filter=" + quote('userName co "a"'), None, {}), True),
    ("F1", "or", ("GET", "/Users?filter=" + quote('title eq "a" or title eq "b"'), None, {}), True),
    ("F1", "two spaces", ("GET", "/Users?filter=" + quote('userName eq  "a"'), None, {}), True),
    ("F1", "eq and and", ("GET", "/Users?filter=" + quote('title eq "a" and active eq true'), None, {}), False),
    ("F2", "a plus for a space", ("GET", '/Users?filter=userName+eq+"a"', None, {}), True),
    ("F2", "an encoded plus", ("GET", "/Users?filter=" + quote('userName eq "a+b"'), None, {}), False),
    ("P1", "startIndex 0", ("GET", "/Users?startIndex=0", None, {}), True),
    ("P1", "startIndex 1", ("GET", "/Users?startIndex=1", None, {}), False),
    ("A1", "an id on create", (*POST, {**EVE, "id": "1"}, {}), True),
    ("A1", "an id in a replacement", (*PUT, {**ADA, "id": "ADA"}, {}), False),
    ("A2", "a number as externalId", (*POST, {**EVE, "externalId": "42"}, {}), True),
    ("A2", "a number with a prefix", (*POST, {**EVE, "externalId": "p42"}, {}), False),
    ("A6", "null on create", (*POST, {**EVE, "title": None}, {}), True),
    ("A6", "null deep inside", (*POST, {**EVE, "emails": [{"value": "e@example.org", "type": None}]}, {}), True),
    ("A6", "null in a replacement", (*PUT, {**ADA, "title": None}, {}), False),
    ("A7", "two primary", (*POST, {**EVE, "emails": EMAILS}, {}), True),
    ("A7", "two primary in a patch", (*EDIT, patch(replace("emails", EMAILS)), {}), True),
    ("A7", "one primary", (*POST, {**EVE, "emails": EMAILS[:1]}, {}), False),
    ("A11", "False as a word", (*POST, {**EVE, "active": "False"}, {}), True),
    ("A11", "False as a word in a patch", (*EDIT, patch(replace("active", "False")), {}), True),
    ("A11", "a boolean", (*EDIT, patch(replace("active", False)), {}), False),
    ("A12", "a password and more", (*EDIT, patch(replace("password", "p"), replace("title", "Dr")), {}), True),
    ("A12", "a password alone", (*EDIT, patch(replace("password", "p")), {}), False),
    ("A13", "groups on create", (*POST, {**EVE, "groups": []}, {}), True),
    ("A13", "groups in a patch", (*EDIT, patch(replace("groups", [{"value": "ALL"}])), {}), True),
    ("A13", "no groups", (*POST, EVE, {}), False),
    ("A14", "an extension that isn't listed", (*POST, {**extended(department="x"), "schemas": [USER]}, {}), True),
    ("A14", "a listed one that isn't used", (*POST, {**EVE, "schemas": [USER, ENTERPRISE]}, {}), True),
    ("A14", "the resource's schema on a patch", (*EDIT, patch(replace("title", "Dr"), schemas=[USER]), {}), True),
    ("A14", "none", (*POST, {"userName": "eve"}, {}), True),
    ("A14", "exactly", (*POST, extended(department="x"), {}), False),
    ("A15", "the manager's name", (*POST, extended(manager={"value": "ADA", "displayName": "Ada"}), {}), True),
    (
        "A15",
        "in a patch too",
        (*EDIT, patch(replace(f"{ENTERPRISE}:manager", {"value": "ADA", "$ref": "x"})), {}),
        True,
    ),
    ("A15", "the value only", (*EDIT, patch(replace(f"{ENTERPRISE}:manager", {"value": "ADA"})), {}), False),
    ("A16", "meta", (*POST, {**EVE, "meta": {"resourceType": "User"}}, {}), True),
    ("A16", "no meta", (*PUT, ADA, {}), False),
    ("C1", "the same externalId again", (*POST, {**EVE, "externalId": "x-ada"}, {}), True),
    ("C1", "another one", (*POST, EVE, {}), False),
    ("D6", "an attribute of nobody's", (*POST, {**EVE, "shoeSize": 42}, {}), True),
    ("D6", "a path of nobody's", (*EDIT, patch(replace("shoeSize", 42)), {}), True),
    ("D6", "known ones", (*POST, EVE, {}), False),
    ("U1", "a capital op", (*EDIT, patch({**replace("title", "Dr"), "op": "Replace"}), {}), True),
    ("U1", "no path", (*EDIT, patch({"op": "replace", "value": {"title": "Dr"}}), {}), True),
    ("U1", "a path twice", (*EDIT, patch(replace("title", "Dr"), replace("Title", "Ms")), {}), True),
    ("U1", "a value on remove", (*EDIT, patch({"op": "remove", "path": "title", "value": "x"}), {}), True),
    ("U1", "two paths", (*EDIT, patch(replace("title", "Dr"), {"op": "remove", "path": "nickName"}), {}), False),
    ("U3", "name as a whole", (*EDIT, patch(replace("name", {"givenName": "Ada"})), {}), True),
    ("U3", "a part of it", (*EDIT, patch(replace("name.givenName", "Ada")), {}), False),
    (
        "U4",
        "an element as a whole",
        (*EDIT, patch(replace('emails[type eq "work"]', {"value": "b@example.org"})), {}),
        True,
    ),
    ("U4", "a part of it", (*EDIT, patch(replace('emails[type eq "work"].value', "b@example.org")), {}), False),
    ("U4", "its removal", (*EDIT, patch({"op": "remove", "path": 'emails[type eq "work"]'}), {}), False),
    ("U7", "a replacement without active", (*PUT, {"schemas": [USER], "userName": "ada"}, {}), True),
    ("U7", "with it", (*PUT, ADA, {}), False),
    ("U8", "what is so already", (*EDIT, patch(replace("title", "Countess")), {}), True),
    ("U8", "a member twice", (*EDIT_GROUP, patch(add_members({"value": "BOB"})), {}), True),
    ("U8", "a change", (*EDIT, patch(replace("title", "Dr")), {}), False),
    ("U8", "a password again", (*EDIT, patch(replace("password", "p")), {}), False),
    ("U9", "removing active", (*EDIT, patch({"op": "remove", "path": "active"}), {}), True),
    ("U9", "removing a title", (*EDIT, patch({"op": "remove", "path": "title"}), {}), False),
    ("U10", "a condition nobody asked for", (*EDIT, patch(replace("title", "Dr")), {"If_Match": "*"}), True),
    ("U10", "no condition", (*EDIT, patch(replace("title", "Dr")), {}), False),
    ("G2", "too many members", (*EDIT_GROUP, patch(add_members(*MANY)), {}), True),
    ("G2", "too many removals", (*EDIT_GROUP, patch(*REMOVALS), {}), True),
    ("G2", "too many in a new group", ("POST", "/Groups", {"displayName": "New", "members": MANY}, {}), True),
    ("G2", "100", (*EDIT_GROUP, patch(add_members(*MANY[:100])), {}), False),
    ("G3", "display with a member", (*EDIT_GROUP, patch(add_members({"value": "ADA", "display": "Ada"})), {}), True),
    ("G3", "display in a new group", ("POST", "/Groups", {"displayName": "New", "members": DISPLAYED}, {}), True),
    ("G3", "values in a new group", ("POST", "/Groups", {"displayName": "New", "members": MANY[:1]}, {}), False),
    ("G3", "values only", (*EDIT_GROUP, patch(add_members({"value": "ADA"})), {}), False),
    ("G4", "a list of values", (*EDIT_GROUP, patch({"op": "remove", "path": "members", "value": []}), {}), True),
    ("G4", "all of them", (*EDIT_GROUP, patch({"op": "remove", "path": "members"}), {}), True),
    ("G4", "a value beside the filter", (*EDIT_GROUP, patch(remove_member(value=[])), {}), True),
    ("G4", "by filter", (*EDIT_GROUP, patch(remove_member()), {}), False),
    ("G5", "all members anew", (*EDIT_GROUP, patch(replace("members", [{"value": "ADA"}])), {}), True),
    ("G5", "the name", (*EDIT_GROUP, patch(replace("displayName", "Staff")), {}), False),
    ("G8", "a member who isn't there", (*EDIT_GROUP, patch(add_members({"value": "nobody"})), {}), True),
    ("G8", "one who is", (*EDIT_GROUP, patch(add_members({"value": "ADA"})), {}), False),
]


@pytest.mark.parametrize(
    ("rule", "request_", "breaks"),
    [(rule, request, breaks) for rule, _, request, breaks in CASES],
    ids=[f"{rule}-{reason}" for rule, reason, _, _ in CASES],
)
async def test_rules(sp, call, rule: str, request_: Request, breaks: bool):
    emails = [{"type": "work", "value": "a@example.org"}]
    sp.put_user({**ADA, "id": "ADA", "title": "Countess", "nickName": "A", "emails": emails})
    sp.put_user({"userName": "bob", "id": "BOB"})
    sp.put_group({"displayName": "All", "id": "ALL", "members": [{"value": "BOB"}]})
    method, path, body, headers = request_
    await call(method, path, body, **headers)
    assert (rule in {finding.rule for finding in sp.findings}) is breaks


def test_every_rule_has_both_cases():
    both = {(rule, breaks) for rule, _, _, breaks in CASES}
    assert {(rule, breaks) for rule in [*RULES, "F1", "C1", "D6", "U8", "G8"] for breaks in (True, False)} == both


async def test_a_careful_client_breaks_no_rule_at_all(sp, call):
    await call(*POST, ADA)
    id = sp.user("ada")["id"]
    await call("PATCH", f"/Users/{id}", patch(replace("active", False)))
    await call("GET", "/Users?startIndex=1&count=100")
    await call("DELETE", f"/Users/{id}")
    assert sp.findings == []


async def test_conditions_are_welcome_where_they_are_announced(sp, call):
    sp.profile = Profile(etag=True)
    await call("GET", "/Users", If_Match="*")
    assert sp.findings == []
