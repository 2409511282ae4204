"""Whatever is changed: a PATCH of SCIM 1.1 does what the same PATCH of 2.0 does, and what goes out comes back as it was.

Both are carried out by the strict service provider's two appliers, which share no code with the client's side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisor.core import group_patch, patch, resource
from provisor.core.form import make
from provisor.core.resource import Difference
from provisor.scim.answers import Answer
from provisor.scim.names import canonical
from provisor.scim.schemas import ENTERPRISE_USER, GROUP, USER
from provisor.scim.users import patch_body
from provisor.scim.version_1_1 import inward, outward
from provisor.testing import version_1_1
from provisor.testing.patching import apply_patch
from provisor.testing.schema import GROUPS, USERS
from provisor.testing.schema import canonical as kept
from provisor.testing.version_1_1.reading import resource as read

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
SINGLE = [
    *("userName", "displayName", "title", "locale", "name.givenName", "name.familyName", "name.middleName"),
    *(f"{ENTERPRISE_USER}:{name}" for name in ("department", "employeeNumber", "costCenter")),
]
MANAGER = f"{ENTERPRISE_USER}:manager"


def elements(*types: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    one = st.fixed_dictionaries({"value": TEXT, "type": st.sampled_from(types)})
    return st.lists(one, min_size=1, max_size=3, unique_by=lambda element: element["value"])


def addresses() -> st.SearchStrategy[list[dict[str, Any]]]:
    one = st.fixed_dictionaries({"type": st.sampled_from(["work", "home"]), "locality": TEXT})
    return st.lists(one, min_size=1, max_size=2, unique_by=lambda address: (address["type"], address["locality"]))


FLAT = st.fixed_dictionaries(
    {"userName": TEXT, "active": st.booleans()},
    optional={
        **dict.fromkeys(SINGLE[1:], TEXT),
        "emails": elements("work", "home"),
        "phoneNumbers": elements("work", "mobile"),
        "addresses": addresses(),
        "roles": st.lists(st.fixed_dictionaries({"value": TEXT}), min_size=1, max_size=3, unique_by=str),
        MANAGER: st.fixed_dictionaries({"value": TEXT}),
    },
)
FORMS = [
    replace(make({}, {}, {"scim": "1.1", "update": "patch"}), **words)
    for words in ({}, {"patch": "no_path"}, {"unassigned": "add"}, {"op_case": "capital"})
]


def differences(held: dict[str, Any], wanted: dict[str, Any]) -> list[Difference]:
    paths = dict.fromkeys((*held, *wanted))
    known = {path: {"echo": held.get(path)} for path in paths}
    return list(resource.differences(wanted, known, paths))


def in_2_0(held: dict[str, Any], operations: list[dict[str, Any]], schema: Any) -> dict[str, Any]:
    return apply_patch(held, operations, schema)


def in_1_1(held: dict[str, Any], operations: list[dict[str, Any]], schema: Any) -> dict[str, Any]:
    said = outward.request("PATCH", f"/{schema.endpoint}/1", None, patch_body(operations)).body
    return version_1_1.patched(held, read(dict(said or {}), schema.endpoint, partial=True), schema)


@pytest.mark.parametrize("form", FORMS, ids=["each path", "no path", "add", "capital"])
@given(held=FLAT, wanted=FLAT)
def test_a_patch_of_a_user_has_the_same_effect(form, held, wanted):
    account = kept(resource.body(held), USERS)
    operations = patch.operations(differences(held, wanted), form)
    assert in_1_1(account, operations, USERS) == in_2_0(account, operations, USERS)


IDS = st.lists(st.sampled_from(["1", "2", 'a"b', "ü\\", "5"]), unique=True, max_size=5)


@given(held=IDS, steps=st.lists(st.tuples(st.sampled_from(["add", "remove", "list", "whole"]), IDS), max_size=4))
def test_a_patch_of_members_has_the_same_effect(held, steps):
    form = make({}, {}, {"scim": "1.1", "group_update": "patch"})
    group = kept({"displayName": "Staff", "members": [{"value": id} for id in held]}, GROUPS)
    operations = [operation for step in steps if step[1] for operation in _said(*step, form)]
    by_path = [operation for step in steps if step[1] for operation in _said(*step, form, listed=False)]
    assert _ids(in_1_1(group, operations, GROUPS)) == _ids(in_2_0(group, by_path, GROUPS))


def _said(what: str, ids: list[str], form: Any, *, listed: bool = True) -> list[dict[str, Any]]:
    """A removal as a list means those in it here, and all of them in 2.0."""
    if what == "add":
        return group_patch.additions(ids, form)
    if what == "whole":
        return group_patch.whole(ids, form)
    return group_patch.removals(ids, replace(form, member_remove="list") if what == "list" and listed else form)


def _ids(group: dict[str, Any]) -> set[str]:
    return {member["value"] for member in group.get("members", ())}


@given(FLAT)
def test_what_is_sent_comes_back(flat):
    body = resource.body(flat)
    sent = dict(outward.request("POST", "/Users", None, body).body or {})
    assert inward.answer(Answer(201, body=sent), "/Users").body == body
    assert inward.resource(version_1_1.shown(kept(body, USERS)), USER) == kept(body, USERS)


@given(IDS)
def test_what_is_sent_of_a_group_comes_back(ids):
    body = {"schemas": [GROUP], "displayName": "Staff", "members": [{"value": id} for id in ids]}
    sent = dict(outward.request("PUT", "/Groups/1", None, body).body or {})
    assert inward.resource(sent, GROUP) == body


NAMES = st.sampled_from(
    [
        *(
            "schemas",
            "Errors",
            "Resources",
            "code",
            "description",
            "id",
            "manager",
            "managerId",
            "members",
            "Operations",
        ),
        *("urn:scim:schemas:extension:enterprise:1.0", "status", "URN:SCIM:schemas:extension:enterprise:1.0:manager"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(body=JSON, path=st.sampled_from(["/Users", "/Users/1", "/Groups", "/Bulk", "/Schemas", "/Me"]))
def test_any_answer_can_be_read(body, path):
    """And one that is of 2.0 already is left as it is."""
    once = inward.answer(Answer(200, body=body), path)
    assert inward.answer(once, path).body == once.body
    if isinstance(once.body, dict):
        canonical(once.body)
