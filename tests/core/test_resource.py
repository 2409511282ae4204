"""Comparing what an SP holds with what it should hold; and remembering what it was sent and what it made of it.

Tables with a reason per case. What an SP's habits come to over many cycles is in test_habits.py.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from provisor.core.mapping import ENTERPRISE
from provisor.core.resource import (
    CORE_USER,
    Difference,
    acknowledge,
    body,
    differences,
    in_step,
    observe,
    read,
    same,
    same_value,
    work_email,
    write,
)

A = "ada@example.com"
WORK = {"value": A, "type": "work", "primary": True}
SENT = [{**WORK, "value": "Ada@Example.com"}]  # lower-cased by the SP
HOME = {"value": "ada@home.example", "type": "home"}
PHONE = {"type": "work", "value": "+49 30 1"}
MOBILE = {"type": "mobile", "value": "+49 170 1"}
TOWN = {"locality": "Köln"}

SAME: list[tuple[str, str, Any, Any, bool]] = [
    # why, path, what is wanted, what the SP holds, whether that is the same
    ("equal text", "title", "Dr", "Dr", True),
    ("other text", "title", "Dr", "Prof", False),
    ("case matters in text", "title", "Dr", "DR", False),
    ("white space matters in text", "title", "Dr", "Dr ", False),
    ("missing is null (A6)", "title", None, None, True),
    ("missing is empty text (A6)", "title", None, "", True),
    ("missing is an empty list (A6)", "title", None, [], True),
    ("missing is an empty object (A6)", "title", None, {}, True),
    ("something where nothing should be", "title", None, "Dr", False),
    ("nothing where something should be", "title", "Dr", None, False),
    ("false is a value, not nothing", "nickName", False, None, False),
    ("active", "active", True, True, True),
    ("inactive", "active", False, False, True),
    ("active that should not be", "active", False, True, False),
    ("inactive that should not be", "active", True, False, False),
    ("an SP that leaves out `active: true`", "active", True, None, True),
    ("but leaving it out isn't false", "active", False, None, False),
    ("text that is no boolean", "active", True, "maybe", False),
    ("the work e-mail", "emails", [WORK], [WORK], True),
    ("beside a private one (U5)", "emails", [WORK], [HOME, WORK], True),
    ("which is primary there", "emails", [WORK], [{**HOME, "primary": True}, {**WORK, "primary": False}], False),
    ("an SP that doesn't show primary", "emails", [WORK], [{"value": A, "type": "work"}], True),
    ("an SP without types", "emails", [WORK], [{"value": A, "primary": True}], True),
    ("an SP that keeps values only", "emails", [WORK], [{"value": A}], True),
    ("an SP that adds display", "emails", [WORK], [{**WORK, "display": A}], True),
    ("only a private e-mail there", "emails", [WORK], [HOME], False),
    ("our address as a private one", "emails", [WORK], [{**WORK, "type": "home"}], False),
    ("another address", "emails", [WORK], [{**WORK, "value": "x@example.com"}], False),
    ("no e-mail there", "emails", [WORK], None, False),
    ("no e-mail there: []", "emails", [WORK], [], False),
    ("none wanted, a private one there", "emails", None, [HOME], True),
    ("none wanted, a work one there", "emails", None, [WORK], False),
    ("phones in another order (A7)", "phoneNumbers", [PHONE, MOBILE], [MOBILE, PHONE], True),
    ("one phone too many", "phoneNumbers", [PHONE], [PHONE, MOBILE], False),
    ("one phone too few", "phoneNumbers", [PHONE, MOBILE], [PHONE], False),
    ("a phone twice isn't two phones", "phoneNumbers", [PHONE, MOBILE], [PHONE, PHONE], False),
    ("no phone: missing", "phoneNumbers", None, None, True),
    ("no phone: []", "phoneNumbers", None, [], True),
    ("the same number under another type", "phoneNumbers", [PHONE], [{**PHONE, "type": "home"}], False),
    ("an SP that drops types", "phoneNumbers", [PHONE], [{"value": "+49 30 1"}], True),
    ("an SP that adds to an address", "addresses", [TOWN], [{**TOWN, "formatted": "Köln", "primary": False}], True),
    ("a part of an address that should be gone", "addresses", [TOWN], [{**TOWN, "country": "DE"}], False),
    ("a type that should be gone", "phoneNumbers", [{"value": "+49 30 1"}], [PHONE], False),
    ("one number under two types, swapped", "phoneNumbers", [PHONE, {**PHONE, "type": "home"}],
     [{**PHONE, "type": "home"}, PHONE], True),
    ("one number with and without a type, swapped", "phoneNumbers", [PHONE, {"value": "+49 30 1"}],
     [{"value": "+49 30 1"}, PHONE], True),
    ("one number under two types, one of them dropped", "phoneNumbers", [PHONE, {**PHONE, "type": "home"}],
     [{"value": "+49 30 1"}, PHONE], True),
    ("a part of an address is missing", "addresses", [{**TOWN, "country": "DE"}], [TOWN], False),
    ("an address that is a part of another, swapped", "addresses", [TOWN, {**TOWN, "country": "DE"}],
     [{**TOWN, "country": "DE"}, TOWN], True),
    ("the same, and the SP adds to both", "addresses", [TOWN, {**TOWN, "country": "DE"}],
     [{**TOWN, "country": "DE", "formatted": "x"}, {**TOWN, "formatted": "y"}], True),
    ("the manager, with what the SP adds", f"{ENTERPRISE}:manager", {"value": "7"},
     {"value": "7", "$ref": "../Users/7", "displayName": "G"}, True),
    ("another manager", f"{ENTERPRISE}:manager", {"value": "7"}, {"value": "8"}, False),
    ("no manager there", f"{ENTERPRISE}:manager", {"value": "7"}, None, False),
    ("a manager who should go", f"{ENTERPRISE}:manager", None, {"value": "8"}, False),
    ("a manager as plain text", f"{ENTERPRISE}:manager", {"value": "7"}, "7", False),
]  # fmt: skip


@pytest.mark.parametrize(("why", "path", "wanted", "held", "expected"), SAME, ids=[row[0] for row in SAME])
def test_same(why: str, path: str, wanted: Any, held: Any, expected: bool) -> None:
    assert same(path, wanted, held) is expected


OURS: list[tuple[str, Any, Any]] = [
    ("of type work", [HOME, WORK], A),
    ("in whatever case", [HOME, {**WORK, "type": "Work"}], A),
    ("the primary one of two", [{"value": "b@x.example", "type": "work"}, WORK], A),
    ("the primary one without types", [{"value": "b@x.example"}, {"value": A, "primary": True}], A),
    ("the only one without a type", [{"value": A}], A),
    ("not a private one, even alone", [HOME], None),
    ("not a private one, even primary", [{**HOME, "primary": True}], None),
    ("one of several without a type: nobody knows", [{"value": A}, {"value": "b@x.example"}], None),
    ("none", [], None),
    ("missing", None, None),
]


@pytest.mark.parametrize(("why", "emails", "value"), OURS, ids=[row[0] for row in OURS])
def test_which_email_is_ours(why: str, emails: Any, value: str | None) -> None:
    assert (work_email(emails) or {}).get("value") == value


SAID_TWICE: list[tuple[str, str, Any, Any, bool]] = [
    ("null and []", "phoneNumbers", None, [], True),
    ("an order", "phoneNumbers", [PHONE, MOBILE], [MOBILE, PHONE], True),
    ("an element more", "emails", [WORK], [WORK, HOME], False),
    ("an element fewer", "emails", [WORK, HOME], [WORK], False),
    ("active left out", "active", None, True, True),
    ("inactive left out", "active", None, False, False),
    ("text", "title", "a", "b", False),
    ("null and empty text", "title", None, "", True),
    ("only active is true where it is missing", "title", None, True, False),
]


@pytest.mark.parametrize(("why", "path", "one", "other", "expected"), SAID_TWICE, ids=[row[0] for row in SAID_TWICE])
def test_two_values_that_the_sp_gave(why: str, path: str, one: Any, other: Any, expected: bool) -> None:
    assert same_value(path, one, other) is expected


def known(sent: Any, echo: Any = None) -> dict[str, Any]:
    return {"sent": sent, "echo": sent if echo is None else echo}


IN_STEP: list[tuple[str, str, Any, Any, bool]] = [
    # why, path, what is wanted, what is known of it, whether nothing has to be sent
    ("echoed as sent", "title", "Dr", {"sent": "Dr", "echo": "Dr"}, True),
    ("never heard of", "title", "Dr", None, False),
    ("never heard of, and nothing wanted", "title", None, None, True),
    ("active is always said", "active", True, None, False),
    ("inactive is always said", "active", False, None, False),
    ("only read, and right", "title", "Dr", {"echo": "Dr"}, True),
    ("only read, and wrong", "title", "Dr", {"echo": "dr"}, False),
    ("only read, and to be removed", "title", None, {"echo": "Dr"}, False),
    ("the SP made of it what it wanted (A10)", "title", "Dr", {"sent": "Dr", "echo": "dr"}, True),
    ("the SP dropped it (A10)", "title", "Dr", {"sent": "Dr", "echo": None}, True),
    ("the SP keeps a default after a remove", "title", None, {"sent": None, "echo": "Employee"}, True),
    ("a new wish after the SP's habit", "title", "Prof", {"sent": "Dr", "echo": "dr"}, False),
    ("a wish that the SP's form happens to be", "title", "dr", {"sent": "Dr", "echo": "dr"}, True),
    ("a remove that was never sent", "title", None, {"sent": "Dr", "echo": "Dr"}, False),
    ("a trimmed phone", "phoneNumbers", [{"value": " 1 "}], {"sent": [{"value": " 1 "}], "echo": [{"value": "1"}]}, True),
    ("a part of an address goes", "addresses", [TOWN], known([{**TOWN, "country": "DE"}]), False),
    ("a part of an address changes", "addresses", [TOWN], known([{"locality": "Bonn"}]), False),
    ("an address with the SP's own parts", "addresses", [TOWN], known([TOWN], [{**TOWN, "formatted": "x"}]), True),
    ("a default country of the SP's (A10)", "addresses", [TOWN], known([TOWN], [{**TOWN, "country": "US"}]), True),
    ("nothing was sent, and nothing is wanted", "phoneNumbers", None, {"echo": []}, True),
]  # fmt: skip


@pytest.mark.parametrize(("why", "path", "wanted", "entry", "expected"), IN_STEP, ids=[row[0] for row in IN_STEP])
def test_in_step(why: str, path: str, wanted: Any, entry: Any, expected: bool) -> None:
    assert in_step(path, wanted, entry) is expected


def said(known: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What was sent and echoed; what else is remembered shows in what it does (test_habits.py)."""
    return {path: {name: entry[name] for name in ("sent", "echo") if name in entry} for path, entry in known.items()}


ACKNOWLEDGED: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any] | None, dict[str, Any]]] = [
    # why, known before, sent, the whole resource that came back, known after
    ("as sent", {}, {"title": "Dr"}, {"title": "Dr"}, {"title": {"sent": "Dr", "echo": "Dr"}}),
    ("normalised", {}, {"title": "Dr "}, {"title": "Dr"}, {"title": {"sent": "Dr ", "echo": "Dr"}}),
    ("dropped", {}, {"title": "Dr"}, {}, {"title": {"sent": "Dr", "echo": None}}),
    ("removed", {"title": {"sent": "Dr", "echo": "Dr"}}, {"title": None}, {}, {"title": {"sent": None, "echo": None}}),
    ("a sub-attribute", {}, {"name.givenName": "A"}, {"name": {"givenName": "A"}},
     {"name.givenName": {"sent": "A", "echo": "A"}}),
    ("an extension", {}, {f"{ENTERPRISE}:department": "IT"}, {ENTERPRISE: {"department": "IT"}},
     {f"{ENTERPRISE}:department": {"sent": "IT", "echo": "IT"}}),
    ("what wasn't sent stays", {"title": {"sent": "Dr ", "echo": "Dr"}}, {"nickName": "A"}, {"title": "Dr", "nickName": "A"},
     {"title": {"sent": "Dr ", "echo": "Dr"}, "nickName": {"sent": "A", "echo": "A"}}),
    ("what drifted meanwhile is drift: what was sent says nothing any more",
     {"title": {"sent": "Dr", "echo": "Dr"}}, {"nickName": "A"}, {"title": "King", "nickName": "A"},
     {"title": {"echo": "King"}, "nickName": {"sent": "A", "echo": "A"}}),
    ("no body: taken to be there until it is read", {}, {"title": "Dr"}, None,
     {"title": {"sent": "Dr", "echo": "Dr"}}),
    ("no body: the rest stays", {"nickName": {"sent": "A", "echo": "a"}}, {"title": "Dr"}, None,
     {"nickName": {"sent": "A", "echo": "a"}, "title": {"sent": "Dr", "echo": "Dr"}}),
    ("read at last by the next answer", {"title": {"sent": "Dr", "echo": "Dr", "unread": True}}, {"nickName": "A"},
     {"title": "DR", "nickName": "A"}, {"title": {"sent": "Dr", "echo": "DR"}, "nickName": {"sent": "A", "echo": "A"}}),
]  # fmt: skip


@pytest.mark.parametrize(("why", "before", "sent", "echo", "after"), ACKNOWLEDGED, ids=[row[0] for row in ACKNOWLEDGED])
def test_acknowledge(
    why: str, before: dict[str, Any], sent: dict[str, Any], echo: dict[str, Any] | None, after: dict[str, Any]
) -> None:
    untouched = copy.deepcopy(before)
    assert said(acknowledge(before, sent, echo)) == after
    assert before == untouched, "what was known isn't changed in place"


OBSERVED: list[tuple[str, str, Any, dict[str, Any], Any]] = [
    # why, path, what was known of it, the account as read, what is known of it now
    ("first seen", "title", None, {"title": "Dr"}, {"echo": "Dr"}),
    ("first seen missing", "title", None, {}, {"echo": None}),
    ("as echoed", "title", {"sent": "Dr", "echo": "Dr"}, {"title": "Dr"}, {"sent": "Dr", "echo": "Dr"}),
    ("the SP's habit stays", "title", {"sent": "Dr ", "echo": "Dr"}, {"title": "Dr"}, {"sent": "Dr ", "echo": "Dr"}),
    ("drift", "title", {"sent": "Dr", "echo": "Dr"}, {"title": "King"}, {"echo": "King"}),
    ("drift by removing", "title", {"sent": "Dr", "echo": "Dr"}, {}, {"echo": None}),
    ("drift of what was normalised", "title", {"sent": "Dr ", "echo": "Dr"}, {"title": "King"}, {"echo": "King"}),
    ("still dropped: null", "title", {"sent": "Dr", "echo": None}, {"title": None}, {"sent": "Dr", "echo": None}),
    ("still dropped: empty text", "title", {"sent": "Dr", "echo": None}, {"title": ""}, {"sent": "Dr", "echo": ""}),
    ("never read back, lower-cased: a habit", "title", {"sent": "Dr", "echo": "Dr", "unread": True}, {"title": "dr"},
     {"sent": "Dr", "echo": "dr"}),
    ("never read back, trimmed: a habit", "title", {"sent": " Dr", "echo": " Dr", "unread": True}, {"title": "Dr"},
     {"sent": " Dr", "echo": "Dr"}),
    ("never read back, and something else: drift", "title", {"sent": "Dr", "echo": "Dr", "unread": True}, {"title": "X"},
     {"echo": "X"}),
    ("never read back: a lower-cased e-mail", "emails", {"sent": [{**WORK, "value": "Ada@Example.com"}], "echo": [WORK],
     "unread": True}, {"emails": [WORK]}, {"sent": [{**WORK, "value": "Ada@Example.com"}], "echo": [WORK]}),
    ("never read back: a trimmed phone", "phoneNumbers", {"sent": [{"value": "+49 30 1"}], "echo": [{"value": "+49 30 1"}],
     "unread": True}, {"phoneNumbers": [{"value": "+49301"}]},
     {"sent": [{"value": "+49 30 1"}], "echo": [{"value": "+49301"}]}),
    ("never read back: phones in another order", "phoneNumbers", {"sent": [PHONE, MOBILE], "echo": [PHONE, MOBILE],
     "unread": True}, {"phoneNumbers": [MOBILE, PHONE]}, {"sent": [PHONE, MOBILE], "echo": [MOBILE, PHONE]}),
    ("never read back, another phone: drift", "phoneNumbers", {"sent": [PHONE], "echo": [PHONE], "unread": True},
     {"phoneNumbers": [MOBILE]}, {"echo": [MOBILE]}),
    ("somebody adds a private e-mail", "emails", {"sent": [WORK], "echo": [WORK]}, {"emails": [HOME, WORK]},
     {"sent": [WORK], "echo": [HOME, WORK]}),
    ("a private e-mail moves to another place", "emails", {"sent": SENT, "echo": [HOME, WORK]}, {"emails": [WORK, HOME]},
     {"sent": SENT, "echo": [WORK, HOME]}),
    ("a private e-mail changes", "emails", {"sent": SENT, "echo": [HOME, WORK]},
     {"emails": [{**HOME, "value": "n@home.example"}, WORK]},
     {"sent": SENT, "echo": [{**HOME, "value": "n@home.example"}, WORK]}),
    ("the work e-mail changes behind a private one", "emails", {"sent": [WORK], "echo": [HOME, WORK]},
     {"emails": [HOME, {**WORK, "value": "evil@x.example"}]}, {"echo": [HOME, {**WORK, "value": "evil@x.example"}]}),
    ("deactivated there", "active", {"sent": True, "echo": True}, {"active": False}, {"echo": False}),
    ("active isn't shown in listings", "active", {"sent": True, "echo": True}, {}, {"sent": True, "echo": None}),
    ("an inactive one without active: it may be active", "active", {"sent": False, "echo": False}, {}, {"echo": None}),
]  # fmt: skip


@pytest.mark.parametrize(("why", "path", "entry", "raw", "after"), OBSERVED, ids=[row[0] for row in OBSERVED])
def test_observe(why: str, path: str, entry: Any, raw: dict[str, Any], after: Any) -> None:
    known = {} if entry is None else {path: entry}
    assert said(observe(known, raw, [path])) == {path: after}


def test_differences_name_before_and_after() -> None:
    found = differences(
        {"title": "Dr"}, {"title": {"echo": "X"}, "nickName": {"echo": "A"}}, ["title", "nickName", "locale"]
    )
    assert found == (Difference("title", "X", "Dr"), Difference("nickName", "A", None))
    assert found[0].as_json() == {"name": "title", "from": "X", "to": "Dr"}


def test_only_managed_paths_are_compared() -> None:
    assert differences({"title": "Dr"}, {"title": {"echo": "X"}}, ["nickName"]) == ()


READ: list[tuple[str, dict[str, Any], str, Any]] = [
    ("a simple one", {"title": "Dr"}, "title", "Dr"),
    ("missing", {}, "title", None),
    ("a sub-attribute", {"name": {"givenName": "A"}}, "name.givenName", "A"),
    ("of a missing one", {}, "name.givenName", None),
    ("of what is no object", {"name": "Ada"}, "name.givenName", None),
    ("an extension's", {ENTERPRISE: {"department": "IT"}}, f"{ENTERPRISE}:department", "IT"),
    ("of a missing extension", {}, f"{ENTERPRISE}:department", None),
    ("of an extension that is no object", {ENTERPRISE: [1]}, f"{ENTERPRISE}:department", None),
]


@pytest.mark.parametrize(("why", "raw", "path", "value"), READ, ids=[row[0] for row in READ])
def test_read(why: str, raw: dict[str, Any], path: str, value: Any) -> None:
    assert read(raw, path) == value


def test_a_body_names_exactly_the_schemas_that_it_uses() -> None:
    assert body({"title": "Dr", "name.givenName": "A"}) == {
        "schemas": [CORE_USER],
        "title": "Dr",
        "name": {"givenName": "A"},
    }
    assert body({f"{ENTERPRISE}:department": "IT"}) == {
        "schemas": [CORE_USER, ENTERPRISE],
        ENTERPRISE: {"department": "IT"},
    }


def test_write_replaces_what_is_no_object() -> None:
    resource: dict[str, Any] = {"name": "Ada"}
    write(resource, "name.givenName", "A")
    assert resource == {"name": {"givenName": "A"}}


@pytest.mark.parametrize("nothing", [None, []])
def test_write_of_nothing_removes(nothing: Any) -> None:
    resource = {"title": "Dr", "name": {"givenName": "A", "familyName": "L"}}
    write(resource, "title", nothing)
    write(resource, "name.givenName", nothing)
    assert resource == {"name": {"familyName": "L"}}
