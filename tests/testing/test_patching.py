"""The PATCH applier follows RFC 7644 3.5.2: by a table, by properties, and beside an independent implementation."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import Context, EnterpriseUser, PatchOp, SCIMException, User

from provisor.testing import ScimError
from provisor.testing.patching import apply_patch
from provisor.testing.schema import ENTERPRISE_URN, GROUPS, USER_URN, USERS, canonical

WORK = {"type": "work", "value": "a@example.org", "primary": True}
HOME = {"type": "home", "value": "b@example.org"}
ADA = {
    "schemas": [USER_URN, ENTERPRISE_URN],
    "id": "1",
    "userName": "ada",
    "title": "Countess",
    "active": True,
    "name": {"givenName": "Ada", "familyName": "Lovelace"},
    "emails": [WORK, HOME],
    ENTERPRISE_URN: {"department": "Sales"},
}


def op(op: str, path: str | None = None, value: Any = None) -> dict[str, Any]:
    parts = {"op": op, "path": path, "value": value}
    return {name: part for name, part in parts.items() if part is not None}


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    names = {*before, *after} - {"schemas"}
    return {name: after.get(name) for name in names if before.get(name) != after.get(name)}


APPLIED = {
    "replace a simple one": (op("replace", "title", "Dr"), {"title": "Dr"}),
    "replace an unassigned one": (op("replace", "nickName", "A"), {"nickName": "A"}),
    "replace by null unassigns": ({"op": "replace", "path": "title", "value": None}, {"title": None}),
    "replace by nothing unassigns": (op("replace", "emails", []), {"emails": None}),
    "names in any case": (op("Replace", "TITLE", "Dr"), {"title": "Dr"}),
    "a boolean": (op("replace", "active", False), {"active": False}),
    "replace a part": (op("replace", "name.givenName", "A"), {"name": {"givenName": "A", "familyName": "Lovelace"}}),
    "replace a complex one keeps what isn't named": (
        op("replace", "name", {"givenName": "A"}),
        {"name": {"givenName": "A", "familyName": "Lovelace"}},
    ),
    "without a path": (
        op("replace", value={"title": "Dr", "name.givenName": "A"}),
        {"title": "Dr", "name": {"givenName": "A", "familyName": "Lovelace"}},
    ),
    "an extension's attribute": (
        op("replace", f"{ENTERPRISE_URN}:department", "IT"),
        {ENTERPRISE_URN: {"department": "IT"}},
    ),
    "an extension as an object": (
        op("add", value={ENTERPRISE_URN: {"costCenter": "7"}}),
        {ENTERPRISE_URN: {"department": "Sales", "costCenter": "7"}},
    ),
    "a whole extension": (op("remove", ENTERPRISE_URN), {ENTERPRISE_URN: None}),
    "the last of an extension": (op("remove", f"{ENTERPRISE_URN}:department"), {ENTERPRISE_URN: None}),
    "replace all elements": (op("replace", "emails", [HOME]), {"emails": [HOME]}),
    "a part of one element": (
        op("replace", 'emails[type eq "work"].value', "c@example.org"),
        {"emails": [{**WORK, "value": "c@example.org"}, HOME]},
    ),
    "one element as a whole": (
        op("replace", 'emails[type eq "home"]', {"value": "c@example.org"}),
        {"emails": [WORK, {"value": "c@example.org"}]},
    ),
    "add appends": (
        op("add", "emails", [{"value": "c@example.org"}]),
        {"emails": [WORK, HOME, {"value": "c@example.org"}]},
    ),
    "add of what is there": (op("add", "emails", [HOME]), {}),
    "a new primary takes it from the old one": (
        op("add", "emails", [{"value": "c@example.org", "primary": True}]),
        {"emails": [{**WORK, "primary": False}, HOME, {"value": "c@example.org", "primary": True}]},
    ),
    "primary by filter": (
        op("replace", 'emails[type eq "home"].primary', True),
        {"emails": [{**WORK, "primary": False}, {**HOME, "primary": True}]},
    ),
    "remove by filter": (op("remove", 'emails[type eq "home"]'), {"emails": [WORK]}),
    "remove a part by filter": (
        op("remove", 'emails[type eq "work"].primary'),
        {"emails": [{"type": "work", "value": "a@example.org"}, HOME]},
    ),
    "remove by a filter that finds nothing": (op("remove", 'emails[type eq "other"]'), {}),
    "remove a part": (op("remove", "name.givenName"), {"name": {"familyName": "Lovelace"}}),
    "remove what isn't there": (op("remove", "nickName"), {}),
    "remove all elements": (op("remove", "emails"), {"emails": None}),
}


@pytest.mark.parametrize(("operation", "expected"), APPLIED.values(), ids=APPLIED)
def test_one_operation(operation: dict[str, Any], expected: dict[str, Any]) -> None:
    before = copy.deepcopy(ADA)
    assert differences(ADA, apply_patch(ADA, [operation], USERS)) == expected
    assert before == ADA


def test_the_schemas_say_which_extensions_hold_something() -> None:
    bare = apply_patch(ADA, [op("remove", ENTERPRISE_URN)], USERS)
    assert bare["schemas"] == [USER_URN]
    assert apply_patch(bare, [op("add", f"{ENTERPRISE_URN}:division", "x")], USERS)["schemas"] == ADA["schemas"]


REFUSED = {
    "no such operation": (op("move", "title", "x"), "invalidSyntax"),
    "remove without a path": (op("remove"), "noTarget"),
    "add without a value": (op("add", "title"), "invalidValue"),
    "no path and no object": (op("replace", value="x"), "invalidValue"),
    "an unknown name": (op("replace", "shoeSize", 42), "invalidPath"),
    "an unknown part": (op("replace", "name.colour", "red"), "invalidPath"),
    "a path that can't be read": (op("replace", "emails[type", "x"), "invalidPath"),
    "a filter that finds nothing": (op("replace", 'emails[type eq "other"].value', "x"), "noTarget"),
    "read-only": (op("replace", "id", "2"), "mutability"),
    "read-only inside": (op("replace", f"{ENTERPRISE_URN}:manager.displayName", "x"), "mutability"),
    "groups": (op("add", "groups", [{"value": "1"}]), "mutability"),
    "required": (op("remove", "userName"), "mutability"),
    "required, by null": ({"op": "replace", "path": "userName", "value": None}, "mutability"),
    "text for an object": (op("replace", "name", "Ada"), "invalidValue"),
    "text for an element": (op("add", "emails", ["a@example.org"]), "invalidValue"),
    "two primaries": (
        op("replace", "emails", [{"value": "x", "primary": True}, {"value": "y", "primary": True}]),
        "invalidValue",
    ),
}


@pytest.mark.parametrize(("operation", "scim_type"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_undoes_the_whole_request(operation: dict[str, Any], scim_type: str) -> None:
    before = copy.deepcopy(ADA)
    with pytest.raises(ScimError) as refused:
        apply_patch(ADA, [op("replace", "title", "Dr"), operation], USERS)
    assert (refused.value.status, refused.value.scim_type) == (400, scim_type)
    assert before == ADA


def test_the_list_form_of_remove_empties_a_group() -> None:
    """RFC 7644 3.5.2.2 knows no value on remove: this is what a strict provider makes of it."""
    group = {"displayName": "All", "members": [{"value": "1"}, {"value": "2"}]}
    assert "members" not in apply_patch(group, [op("remove", "members", [{"value": "1"}])], GROUPS)


def test_a_member_is_what_its_value_says() -> None:
    group = {"displayName": "All", "members": [{"value": "1", "type": "User", "$ref": "x"}]}
    assert apply_patch(group, [op("add", "members", [{"value": "1"}])], GROUPS)["members"] == group["members"]


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=6)
types = st.sampled_from(["work", "home", "other"])
addresses = st.sampled_from([f"{letter}@example.org" for letter in "abcdef"])
names = st.dictionaries(st.sampled_from(["givenName", "familyName", "middleName"]), texts, max_size=3)


@st.composite
def elements(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Elements of different types and values, at most one of them primary."""
    values = draw(st.lists(addresses, unique=True, max_size=3))
    found = [{"type": kind, "value": value} for kind, value in zip(["work", "home", "other"], values, strict=False)]
    primary = draw(st.integers(-1, len(found) - 1))
    return [{**one, "primary": True} if place == primary else one for place, one in enumerate(found)]


users = st.fixed_dictionaries(
    {"userName": st.just("ada")},
    optional={
        "title": texts,
        "nickName": texts,
        "active": st.booleans(),
        "name": names,
        "emails": elements(),
        ENTERPRISE_URN: st.dictionaries(st.sampled_from(["department", "costCenter"]), texts, max_size=2),
    },
).map(lambda user: canonical(user, USERS))

operations = st.one_of(
    st.builds(op, st.sampled_from(["add", "replace"]), st.sampled_from(["title", "name.givenName"]), texts),
    st.builds(op, st.sampled_from(["add", "replace"]), st.just(f"{ENTERPRISE_URN}:department"), texts),
    st.builds(op, st.sampled_from(["add", "replace"]), st.just("name"), names.filter(bool)),
    st.builds(op, st.sampled_from(["add", "replace"]), st.just("emails"), elements().filter(bool)),
    st.builds(op, st.just("replace"), types.map('emails[type eq "{}"].value'.format), addresses),
    st.builds(op, st.just("replace"), types.map('emails[type eq "{}"].primary'.format), st.booleans()),
    st.builds(op, st.just("remove"), types.map('emails[type eq "{}"]'.format)),
    st.builds(op, st.just("remove"), st.sampled_from(["title", "name", "name.familyName", "emails"])),
)


@given(users, users)
def test_replacing_each_attribute_gives_the_other_user(one: dict[str, Any], other: dict[str, Any]) -> None:
    gone = [op("remove", name) for name in one if name not in (*other, "schemas")]
    rebuilt = [op("remove", name) for name in ("name", ENTERPRISE_URN) if name in one and name in other]
    new = [op("replace", name, value) for name, value in other.items() if name != "schemas"]
    assert apply_patch(one, gone + rebuilt + new, USERS) == other


@given(users, st.lists(operations, max_size=4))
def test_what_it_was_given_stays_as_it_is(user: dict[str, Any], changes: list[dict[str, Any]]) -> None:
    before = copy.deepcopy((user, changes))
    patched(user, changes)
    assert (user, changes) == before


@given(users, st.lists(operations, max_size=6))
def test_at_most_one_element_is_primary(user: dict[str, Any], changes: list[dict[str, Any]]) -> None:
    after = patched(user, changes)
    if not isinstance(after, str):
        assert sum(email.get("primary", False) for email in after.get("emails", [])) <= 1


@given(users, operations)
def test_a_replace_or_remove_done_twice_is_done_once(user: dict[str, Any], change: dict[str, Any]) -> None:
    once = patched(user, [change])
    assert isinstance(once, str) or "filter" in str(change) or patched(once, [change]) in (once, "noTarget")


@given(users, operations)
def test_an_independent_implementation_agrees(user: dict[str, Any], change: dict[str, Any]) -> None:
    assert patched(user, [change]) == patched_elsewhere(user, [change])


def patched(user: dict[str, Any], changes: list[dict[str, Any]]) -> dict[str, Any] | str:
    """The patched user, or the scimType of the refusal."""
    try:
        return apply_patch(user, changes, USERS)
    except ScimError as refused:
        return str(refused.scim_type)


def patched_elsewhere(user: dict[str, Any], changes: list[dict[str, Any]]) -> dict[str, Any] | str:
    model: Any = User[EnterpriseUser]
    resource = model.model_validate(user)
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": changes}
    request = PatchOp[model].model_validate(body, scim_ctx=Context.RESOURCE_PATCH_REQUEST)
    try:
        request.patch(resource)
    except SCIMException as refused:
        return str(refused.scim_type)
    return canonical(resource.model_dump(), USERS)
