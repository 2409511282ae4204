"""Whatever is asked, and however the provider deviates, there is an answer, and what it holds stays whole."""

from __future__ import annotations

import random
from dataclasses import fields
from typing import Any, get_args, get_type_hints

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from provisor.testing import Profile
from provisor.testing.endpoints import Endpoints
from provisor.testing.messages import Request
from provisor.testing.resources import Store

from .said import BULK, ENTERPRISE, GROUP, PATCH, USER

HEADERS = {"Accept": "application/scim+json", "User-Agent": "Rehearsal/1.0", "Content-Type": "application/scim+json"}
LISTS: dict[str, tuple[str, ...]] = {
    "formats": ("*:plain_text", "userName:short_name_21", "addresses.country:country_code"),
    "limits": ("requests:5/1", "user_create:1/9/2"),
    "require_headers": ("X-Origin:a",),
    "discovery_says": ("patch:false", "filter.maxResults:7"),
    "group_required": ("members", "externalId"),
    "password_policy": ("min:10", "max:4", "needs:symbol", "not:a"),
    "group_attributes": ("members", "displayName"),
}
NAMES = ("userName", "title", "name.givenName", "emails", "emails.type", "department", "active", "externalId")
HINTS = get_type_hints(Profile)


def values(name: str) -> st.SearchStrategy[Any]:
    """What one field of a profile may be."""
    if choices := get_args(HINTS[name]):
        if choices[-1] is not Ellipsis:
            return st.sampled_from(choices)
        return st.lists(st.sampled_from(LISTS.get(name, NAMES)), max_size=3, unique=True).map(tuple)
    if name.endswith("_status"):
        return st.sampled_from([400, 404, 405, 409, 500])
    return {bool: st.booleans(), int: st.integers(0, 4), str: st.sampled_from(["", "/about"])}[HINTS[name]]


PROFILES = st.fixed_dictionaries({}, optional={each.name: values(each.name) for each in fields(Profile)}).map(
    lambda given: Profile(**given)
)
IDS = st.sampled_from(["1", "2", "3", "nobody", "bulkId:a"])
PLAIN = (
    st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from(["", "ada", "True", "<a>", "a@example.org"]) | IDS
)
ELEMENTS = st.dictionaries(st.sampled_from(["value", "type", "primary", "$ref", "country"]), PLAIN, max_size=3)
JSON = st.recursive(PLAIN | ELEMENTS, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
ATTRIBUTES = st.sampled_from(
    [
        *("userName", "displayName", "externalId", "active", "emails", "members", "name", "title", "password", "id"),
        *("schemas", "meta", ENTERPRISE, "addresses", "shoeSize", "USERNAME"),
    ]
)
RESOURCES = st.builds(
    lambda schema, rest: {"schemas": [schema], "userName": "ada", "displayName": "Staff", **rest},
    st.sampled_from([USER, GROUP]),
    st.dictionaries(ATTRIBUTES, JSON, max_size=4),
)
PATHS = st.sampled_from(
    [
        *("title", "members", 'members[value eq "1"]', "emails", 'emails[type eq "work"].value', "active", "name"),
        *(f"{ENTERPRISE}:department", ENTERPRISE, "displayName", "nonsense[", "members.value", "password", ""),
    ]
)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "replace", "remove", "Replace", "move", None])},
    optional={"path": PATHS, "value": JSON | RESOURCES},
)
PATCHES = st.builds(
    lambda operations: {"schemas": [PATCH], "Operations": operations}, st.lists(OPERATIONS, max_size=4) | JSON
)
TARGETS = st.tuples(st.sampled_from(["Users", "Groups"]), IDS) | st.sampled_from([("Users",), ("Groups",), ("Me",)])
SINGLE = st.fixed_dictionaries(
    {"method": st.sampled_from(["POST", "PUT", "PATCH", "DELETE", "GET"]), "path": TARGETS.map("/".join)},
    optional={"bulkId": st.sampled_from(["a", "b"]), "data": RESOURCES | PATCHES | JSON},
)
BULKS = st.builds(
    lambda listed, most: {"schemas": [BULK], "Operations": listed, "failOnErrors": most},
    st.lists(SINGLE, max_size=4) | JSON,
    PLAIN,
)
QUERIES = st.dictionaries(
    st.sampled_from(["startIndex", "count", "cursor", "filter", "attributes", "excludedAttributes"]),
    st.sampled_from(["", "0", "2", "x", 'userName eq "ada"', "members", 'id eq "1" and members eq "2"', "W10="]),
    max_size=3,
)
REQUESTS = st.one_of(
    st.tuples(st.just("POST"), st.sampled_from([("Users",), ("Groups",)]), RESOURCES | JSON),
    st.tuples(st.just("PUT"), TARGETS, RESOURCES | JSON),
    st.tuples(st.just("PATCH"), TARGETS, PATCHES | JSON),
    st.tuples(st.sampled_from(["GET", "DELETE", "HEAD"]), TARGETS | st.just(("Schemas",)), st.none()),
    st.tuples(st.just("POST"), st.just(("Bulk",)), BULKS),
    st.tuples(st.just("POST"), st.just(("Users", ".search")), JSON),
)


def held(profile: Profile) -> Store:
    """Two users and a group that holds one of them."""
    store = Store(Profile())
    for number in ("1", "2"):
        store.create("Users", {"userName": f"user{number}", "active": True}, id=number)
    store.create("Groups", {"displayName": "Staff", "members": [{"value": "1"}]}, id="3")
    store.profile = profile
    return store


@settings(max_examples=200)
@given(profile=PROFILES, asked=st.lists(st.tuples(REQUESTS, QUERIES), min_size=1, max_size=6), strict=st.booleans())
def test_there_is_always_an_answer(profile, asked, strict):
    store = held(profile)
    endpoints = Endpoints(store, token="", strict=strict, chance=random.Random(0))
    for (method, path, body), query in asked:
        raw = orjson.dumps(body)
        target = "/scim/v2/" + "/".join(path)
        request = Request(method, target, path, query, HEADERS, body, body is not None, len(raw))
        answer = endpoints.answer(request)
        assert 200 <= answer.status < 600
        assert not answer.body or answer.headers["Content-Type"] == "text/html" or orjson.loads(answer.body) is not None
    for group in store.tables["Groups"].rows.values():
        for member in group.get("members", ()):
            assert group in store.groups_of(member["value"])
            assert any(member["value"] in table.rows for table in store.tables.values())


def test_only_groups_have_members():
    store = held(Profile(unknown="drop"))
    user = store.create("Users", {"userName": "grace", "members": False, "active": True}, id="4")
    store.remove("Users", user["id"])
    assert "4" not in store.tables["Users"].rows
    assert [group["id"] for group in store.groups_of("1")] == ["3"]
