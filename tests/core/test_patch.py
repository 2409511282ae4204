"""From differences to a request body: the smallest PATCH that every reading of the RFC agrees on, or a PUT.

The properties apply the bodies with provisor.testing's applier, which shares no code with core.
"""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisor.core import resource
from provisor.core.form import Form
from provisor.core.mapping import DEFAULT_ROWS, ENTERPRISE, managed
from provisor.core.patch import WORK_VALUE, merged_emails, operations, replacement, sent
from provisor.core.resource import CORE_USER, Difference
from provisor.testing.patching import apply_patch
from provisor.testing.schema import USERS, canonical

PATHS = (*managed(DEFAULT_ROWS), f"{ENTERPRISE}:manager")
A = "ada@example.com"
WORK = {"value": A, "type": "work", "primary": True}
OLD = {"value": "old@example.com", "type": "work", "primary": True}
HOME = {"value": "ada@home.example", "type": "home"}
HOME_FIRST = {**HOME, "primary": True}
PLAIN = Form(value_path=False)
DEPARTMENT = f"{ENTERPRISE}:department"


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


OPERATIONS: list[tuple[str, tuple[str, Any, Any], list[dict[str, Any]]]] = [
    # why, (attribute, held, wanted), the operations
    ("replace a simple one (U2)", ("title", "Dr", "Prof"), [replace("title", "Prof")]),
    ("replace an unassigned one too (U2)", ("title", None, "Prof"), [replace("title", "Prof")]),
    ("remove without a value (U1, U9)", ("title", "Dr", None), [{"op": "remove", "path": "title"}]),
    ("a sub-attribute by its dotted path (U3)", ("name.givenName", "A", "B"), [replace("name.givenName", "B")]),
    ("remove a sub-attribute only", ("name.middleName", "A", None), [{"op": "remove", "path": "name.middleName"}]),
    ("an extension by URN:attribute (A14)", (DEPARTMENT, "IT", "HR"), [replace(DEPARTMENT, "HR")]),
    ("remove an extension's", (DEPARTMENT, "IT", None), [{"op": "remove", "path": DEPARTMENT}]),
    ("a boolean is a boolean (A11)", ("active", True, False), [replace("active", False)]),
    ("active is never removed", ("active", None, True), [replace("active", True)]),
    ("phones as a whole", ("phoneNumbers", None, [{"value": "1"}]), [replace("phoneNumbers", [{"value": "1"}])]),
    ("no phones any more", ("phoneNumbers", [{"value": "1"}], None), [{"op": "remove", "path": "phoneNumbers"}]),
    ("no phones any more: []", ("phoneNumbers", [{"value": "1"}], []), [{"op": "remove", "path": "phoneNumbers"}]),
    ("manager: only its value (A15)", (f"{ENTERPRISE}:manager", {"value": "8", "displayName": "G"}, {"value": "7"}),
     [replace(f"{ENTERPRISE}:manager", {"value": "7"})]),
]  # fmt: skip


@pytest.mark.parametrize("form", [Form(), PLAIN], ids=["value paths", "whole lists"])
@pytest.mark.parametrize(("why", "difference", "expected"), OPERATIONS, ids=[row[0] for row in OPERATIONS])
def test_operations(why: str, difference: tuple[str, Any, Any], expected: list[Any], form: Form) -> None:
    assert operations([Difference(*difference)], form) == expected


EMAILS: list[tuple[str, Any, Any, list[dict[str, Any]], list[dict[str, Any]]]] = [
    # why, held, wanted, with value paths, without
    ("only the value differs (U4 a)", [OLD], [WORK], [replace(WORK_VALUE, A)], [replace("emails", [WORK])]),
    ("beside a private one", [HOME, OLD], [WORK], [replace(WORK_VALUE, A)], [replace("emails", [WORK, HOME])]),
    ("the only one, at an SP that doesn't show primary", [{"value": "old@example.com", "type": "work"}], [WORK],
     [replace(WORK_VALUE, A)], [replace("emails", [WORK])]),
    ("one of two, and none is primary", [HOME, {"value": "old@example.com", "type": "work"}], [WORK],
     *([[replace("emails", [WORK, HOME])]] * 2)),
    ("none there (U4 b)", None, [WORK], *([[{"op": "add", "path": "emails", "value": [WORK]}]] * 2)),
    ("none there: []", [], [WORK], *([[{"op": "add", "path": "emails", "value": [WORK]}]] * 2)),
    ("only a private one: nothing that a value path could mean", [HOME], [WORK], *([[replace("emails", [WORK, HOME])]] * 2)),
    ("a private one is primary: the old one says false (A8)", [HOME_FIRST], [WORK],
     *([[replace("emails", [WORK, {**HOME, "primary": False}])]] * 2)),
    ("ours isn't primary", [HOME_FIRST, {**WORK, "primary": False}], [WORK],
     *([[replace("emails", [WORK, {**HOME, "primary": False}])]] * 2)),
    ("two of type work: a value path would hit both", [OLD, {"value": "b@x.example", "type": "work"}], [WORK],
     *([[replace("emails", [WORK, {"value": "b@x.example", "type": "work"}])]] * 2)),
    ("an SP without types", [{"value": "old@example.com"}], [WORK], *([[replace("emails", [WORK])]] * 2)),
    ("several without types: none is taken from anybody", [{"value": "x@x.example"}, {"value": "y@x.example"}], [WORK],
     *([[replace("emails", [WORK, {"value": "x@x.example"}, {"value": "y@x.example"}])]] * 2)),
    ("our address stands there as a private one: it isn't listed twice", [{**WORK, "type": "home"}], [WORK],
     *([[replace("emails", [WORK])]] * 2)),
    ("what others say of theirs stays", [OLD, {**HOME, "display": "x", "$ref": "y"}], [WORK],
     [replace(WORK_VALUE, A)], [replace("emails", [WORK, {**HOME, "display": "x", "$ref": "y"}])]),
    ("ours goes, nobody else's is there", [OLD], None, *([[{"op": "remove", "path": "emails"}]] * 2)),
    ("ours goes, a private one stays (U5)", [OLD, HOME], None, *([[replace("emails", [HOME])]] * 2)),
]  # fmt: skip


@pytest.mark.parametrize(("why", "held", "wanted", "short", "whole"), EMAILS, ids=[row[0] for row in EMAILS])
def test_emails(why: str, held: Any, wanted: Any, short: list[Any], whole: list[Any]) -> None:
    difference = [Difference("emails", held, wanted)]
    before = copy.deepcopy(held)
    assert operations(difference, Form()) == short
    assert operations(difference, PLAIN) == whole
    assert held == before, "what was read isn't changed in place"


def test_active_comes_first() -> None:
    """C4: some refuse other changes of an inactive account."""
    found = operations([Difference("title", "a", "b"), Difference("active", False, True)], Form())
    assert [operation["path"] for operation in found] == ["active", "title"]


def test_nothing_to_say_says_nothing() -> None:
    assert operations([], Form()) == []


def test_our_email_stands_first() -> None:
    assert [email["value"] for email in merged_emails([HOME, OLD], WORK)] == [A, HOME["value"]]


SENT = [
    ("a value", Difference("title", None, "Dr"), {"title": "Dr"}),
    ("a removal", Difference("title", "Dr", None), {"title": None}),
    ("an empty list is a removal", Difference("phoneNumbers", [{"value": "1"}], []), {"phoneNumbers": None}),
]


@pytest.mark.parametrize(("why", "difference", "expected"), SENT, ids=[row[0] for row in SENT])
def test_sent(why: str, difference: Difference, expected: dict[str, Any]) -> None:
    assert sent([difference]) == expected


# --- PUT ------------------------------------------------------------------------------------------------------------

RAW = {
    "schemas": [CORE_USER, "urn:example:Own", ENTERPRISE],
    "id": "1",
    "meta": {"resourceType": "User", "version": 'W/"1"'},
    "groups": [{"value": "g1"}],
    "userName": "ada",
    "nickName": None,
    "name": {"givenName": "Ada", "honorificPrefix": "Lady"},
    "emails": [OLD, HOME],
    "urn:example:Own": {"colour": "red"},
    ENTERPRISE: {"department": "IT"},
}

PUT: list[tuple[str, list[Difference], dict[str, Any]]] = [
    ("nothing differs: active is said all the same (U7)", [], {}),
    ("a sub-attribute beside those of others", [Difference("name.givenName", "Ada", "A")],
     {"name": {"givenName": "A", "honorificPrefix": "Lady"}}),
    ("the work e-mail beside a private one (U5)", [Difference("emails", [OLD, HOME], [WORK])], {"emails": [WORK, HOME]}),
    ("no work e-mail any more, a private one stays (U5)", [Difference("emails", [OLD, HOME], None)], {"emails": [HOME]}),
    ("an extension's attribute", [Difference(DEPARTMENT, "IT", "HR")], {ENTERPRISE: {"department": "HR"}}),
    ("the extension goes, and its schema with it (A14)", [Difference(DEPARTMENT, "IT", None)],
     {ENTERPRISE: None, "schemas": [CORE_USER, "urn:example:Own"]}),
    ("phones", [Difference("phoneNumbers", None, [{"value": "1"}])], {"phoneNumbers": [{"value": "1"}]}),
]  # fmt: skip


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize(("why", "differences", "changed"), PUT, ids=[row[0] for row in PUT])
def test_replacement(why: str, differences: list[Difference], changed: dict[str, Any], active: bool) -> None:
    before = copy.deepcopy(RAW)
    kept = {name: value for name, value in RAW.items() if name not in ("meta", "groups", "nickName")}
    expected = {name: value for name, value in {**kept, **changed, "active": active}.items() if value is not None}
    assert replacement(RAW, differences, active) == expected
    assert before == RAW, "what was read isn't changed in place"


SCHEMAS: list[tuple[str, dict[str, Any], list[Difference], list[str]]] = [
    ("an SP that leaves schemas out", {"userName": "ada"}, [], [CORE_USER]),
    ("a new extension", {"userName": "ada"}, [Difference(DEPARTMENT, None, "IT")], [CORE_USER, ENTERPRISE]),
    ("a removal from an extension that isn't there", {"schemas": [CORE_USER], "userName": "ada"},
     [Difference(DEPARTMENT, "IT", None)], [CORE_USER]),
    ("somebody else's extension stays", {"schemas": [CORE_USER, "urn:example:Own"], "urn:example:Own": {"a": 1}}, [],
     [CORE_USER, "urn:example:Own"]),
]  # fmt: skip


@pytest.mark.parametrize(("why", "raw", "differences", "schemas"), SCHEMAS, ids=[row[0] for row in SCHEMAS])
def test_a_replacement_names_exactly_its_schemas(
    why: str, raw: dict[str, Any], differences: list[Difference], schemas: list[str]
) -> None:
    assert replacement(raw, differences, True)["schemas"] == schemas


def test_a_replacement_leaves_out_what_the_sp_takes_in_no_put() -> None:
    raw = {"userName": "ada", "externalId": "17", "name": {"givenName": "Ada", "familyName": "L"}}
    body = replacement(raw, [Difference("externalId", "17", "18")], True, ("externalId", "name.givenName", "title"))
    assert body == {"schemas": [CORE_USER], "userName": "ada", "name": {"familyName": "L"}, "active": True}


def test_a_replacement_never_carries_a_password() -> None:
    assert "password" not in replacement({**RAW, "password": "returned-by-mistake"}, [], True)


# --- properties: what an independent applier makes of it ------------------------------------------------------------

few = st.sampled_from(["a", "b", "Ümläut 'x\" \\", "𝔸"])
maybe = st.none() | few
WORDS = ["title", "displayName", "name.givenName", "name.familyName", "name.middleName", DEPARTMENT]
phones = st.lists(
    st.fixed_dictionaries({"value": few}, optional={"type": st.sampled_from(["work", "home"])}), min_size=1, max_size=3
)
towns = st.lists(st.fixed_dictionaries({"locality": few}, optional={"country": few}), min_size=1, max_size=2)
work = st.builds(lambda n: [{"value": f"ada{n}@example.com", "type": "work", "primary": True}], st.integers(0, 3))
wishes = st.fixed_dictionaries(
    {"userName": few, "active": st.booleans(), "externalId": few},
    optional={**dict.fromkeys(WORDS, few), "phoneNumbers": phones, "addresses": towns, "emails": work,
              f"{ENTERPRISE}:manager": st.builds(lambda id: {"value": id}, few)},
)  # fmt: skip


def _one_primary(emails: list[dict[str, Any]], which: int) -> list[dict[str, Any]]:
    return [{**email, "primary": True} if index == which else email for index, email in enumerate(emails)]


private = st.lists(
    st.fixed_dictionaries(
        {"value": st.builds("p{}@home.example".format, st.integers(0, 9)), "type": st.sampled_from(["home", "other"])},
        optional={"display": few},
    ),
    max_size=2,
    unique_by=lambda email: email["value"],
)
at_work = st.lists(st.builds(lambda n: {"value": f"ada{n}@example.com", "type": "work"}, st.integers(0, 3)), max_size=1)
lists = st.builds(
    lambda ours, theirs, which: _one_primary([*theirs, *ours], which), at_work, private, st.integers(0, 3)
)
holdings = st.builds(
    lambda wish, emails: canonical(
        {**resource.body({**wish, "emails": emails}), "id": "1", "nickName": "theirs", "urn:example:Own": {"a": 1}},
        USERS,
    ),
    wishes,
    lists,
)
forms = st.builds(Form, value_path=st.booleans())


def settled(raw: dict[str, Any], wish: dict[str, Any]) -> list[str]:
    """The managed paths that aren't as wished."""
    return [path for path in PATHS if not resource.same(path, wish.get(path), resource.read(raw, path))]


def differing(raw: dict[str, Any], wish: dict[str, Any]) -> tuple[Difference, ...]:
    return resource.differences(wish, resource.observe({}, raw, PATHS), PATHS)


def towns_of(resource: dict[str, Any]) -> list[list[tuple[str, str]]]:
    """The addresses, to the letter: `same` is not the judge of itself."""
    return sorted(sorted(address.items()) for address in resource.get("addresses", ()))


def others(raw: dict[str, Any]) -> set[str]:
    return {email["value"] for email in raw.get("emails", ()) if email.get("type") != "work"}


@settings(max_examples=300, deadline=None)
@given(holdings, wishes, forms)
def test_patching_reaches_what_is_desired(raw: dict[str, Any], wish: dict[str, Any], form: Form) -> None:
    after = apply_patch(raw, operations(differing(raw, wish), form), USERS)
    assert settled(after, wish) == []
    assert differing(after, wish) == ()
    assert towns_of(after) == towns_of(wish)
    assert (after["nickName"], after["urn:example:Own"]) == ("theirs", {"a": 1})


@settings(max_examples=300, deadline=None)
@given(holdings, wishes)
def test_replacing_reaches_what_is_desired(raw: dict[str, Any], wish: dict[str, Any]) -> None:
    after = canonical(replacement(raw, differing(raw, wish), wish["active"]), USERS)
    assert settled(after, wish) == []
    assert differing(after, wish) == ()
    assert (after["nickName"], after["urn:example:Own"]) == ("theirs", {"a": 1})


@settings(max_examples=300, deadline=None)
@given(holdings, wishes, forms)
def test_one_primary_and_everybody_elses_emails_stay(raw: dict[str, Any], wish: dict[str, Any], form: Form) -> None:
    differences = differing(raw, wish)
    patched = apply_patch(raw, operations(differences, form), USERS)
    replaced = canonical(replacement(raw, differences, wish["active"]), USERS)
    for after in (patched, replaced):
        assert sum(email.get("primary") is True for email in after.get("emails", ())) <= 1
        assert others(raw) <= {email["value"] for email in after.get("emails", ())}


@settings(max_examples=200, deadline=None)
@given(holdings, wishes, forms)
def test_operations_are_the_least_and_the_plainest(raw: dict[str, Any], wish: dict[str, Any], form: Form) -> None:
    """U1 to U4, U9: lower case, one path each, no value on remove, no element as a target, as many as differences."""
    differences = differing(raw, wish)
    said = operations(differences, form)
    assert len(said) == len(differences) == len({operation["path"] for operation in said})
    for operation in said:
        assert operation["op"] in ("add", "replace", "remove")
        assert ("value" in operation) is (operation["op"] != "remove")
        assert operation["path"] == WORK_VALUE or "[" not in operation["path"]
        assert form.value_path or "[" not in operation["path"]
        assert operation.get("value") not in (None, "", [], {}) or operation["op"] == "remove"


@settings(max_examples=200, deadline=None)
@given(holdings)
def test_nothing_differs_from_itself(raw: dict[str, Any]) -> None:
    known = resource.observe({}, raw, PATHS)
    itself = {path: entry["echo"] for path, entry in known.items() if path != "emails"}
    ours = resource.work_email(raw.get("emails"))
    assert differing(raw, {**itself, "emails": [ours] if ours else None}) == ()


@settings(max_examples=100, deadline=None)
@given(holdings, wishes, st.integers(0, 2**32))
def test_the_order_of_differences_means_nothing(raw: dict[str, Any], wish: dict[str, Any], seed: int) -> None:
    differences = list(differing(raw, wish))
    one = apply_patch(raw, operations(differences, Form()), USERS)
    random.Random(seed).shuffle(differences)
    assert apply_patch(raw, operations(differences, Form()), USERS) == one
