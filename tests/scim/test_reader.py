"""Reading what real service providers send: forgiving about form, never about identity."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisor.scim.answers import Answer
from provisor.scim.names import canonical
from provisor.scim.reader import Unreadable, error, listing, resource
from provisor.scim.schemas import ENTERPRISE_USER, USER

CANONICAL: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"UserName": "a", "ID": "1"}, {"userName": "a", "id": "1"}, "any case"),
    ({"SCHEMAS": [USER.upper()]}, {"schemas": [USER]}, "URNs have no case"),
    ({"active": "True"}, {"active": True}, "a boolean as text"),
    ({"active": "false"}, {"active": False}, "and in lower case"),
    ({"active": "maybe"}, {"active": "maybe"}, "what is no boolean stays"),
    ({"Name": {"GIVENNAME": "A"}}, {"name": {"givenName": "A"}}, "inside complex attributes"),
    ({"name.givenName": "A", "name": {"familyName": "B"}}, {"name": {"givenName": "A", "familyName": "B"}}, "dotted"),
    ({"emails": [{"VALUE": "a@x.example", "Primary": "true"}]}, {"emails": [{"value": "a@x.example", "primary": True}]}, ""),
    ({"emails": {"value": "a@x.example"}}, {"emails": [{"value": "a@x.example"}]}, "one, not in a list"),
    ({"emails": ["a@x.example"]}, {"emails": [{"value": "a@x.example"}]}, "as text"),
    ({ENTERPRISE_USER.upper(): {"Department": "X"}}, {ENTERPRISE_USER: {"department": "X"}}, "the extension"),
    ({ENTERPRISE_USER + ":department": "X"}, {ENTERPRISE_USER: {"department": "X"}}, "the extension, flat"),
    ({ENTERPRISE_USER + ".manager.value": "7"}, {ENTERPRISE_USER: {"manager": {"value": "7"}}}, "and dotted"),
    ({"Members": [{"Value": "7", "$REF": "x"}]}, {"members": [{"value": "7", "$ref": "x"}]}, "a group's members"),
    ({"urn:example:Own": {"Colour": "red"}}, {"urn:example:Own": {"Colour": "red"}}, "unknown names stay"),
    ({"meta": {"LASTMODIFIED": "x"}}, {"meta": {"lastModified": "x"}}, "meta"),
]  # fmt: skip


@pytest.mark.parametrize(("given_body", "expected", "reason"), CANONICAL, ids=[row[2] for row in CANONICAL])
def test_names_become_the_rfcs(given_body: dict[str, Any], expected: dict[str, Any], reason: str) -> None:
    assert canonical(given_body) == expected, reason
    assert canonical(expected) == expected, "and stay so"


def test_a_whole_user() -> None:
    read = resource(
        {
            "id": "1",
            "externalId": "x",
            "userName": "ada",
            "active": "False",
            "meta": {"version": 'W/"3"'},
            "emails": [{}],
        }
    )
    assert (read.id, read.external_id, read.user_name, read.active) == ("1", "x", "ada", False)
    assert (read.version, read.emails, read.defects) == ('W/"3"', ({},), ())


def test_a_returned_password_is_dropped_and_flagged() -> None:
    read = resource({"id": "1", "PASSWORD": "Tr0ub4dor"})
    assert read.defects == ("password_returned",)
    assert "Tr0ub4dor" not in repr((read, read.raw))


@pytest.mark.parametrize(("value", "expected"), [(None, None), (12, "12"), (["x"], None), (True, None), ("", "")])
def test_an_external_id_of_another_type(value: Any, expected: str | None) -> None:
    assert resource({"id": "1", "externalId": value}).external_id == expected


NO_RESOURCE = [
    ({"id": 12}, r"id is a number \(12\)"),
    ({"id": 1.5}, "id is a number"),
    ({"id": True}, "id is a boolean"),
    ({"id": {"value": "1"}}, "id is an object"),
    ({"id": ["1"]}, "id is a list"),
    ({"id": ""}, "no id"),
    ({"id": None}, "no id"),
    ({}, "no id"),
    ([], "holds a list"),
    ("x", "holds text"),
    (7, "holds a number"),
    (None, "holds nothing"),
]


@pytest.mark.parametrize(("body", "named"), NO_RESOURCE)
def test_what_has_no_usable_id_is_unreadable(body: Any, named: str) -> None:
    with pytest.raises(Unreadable, match=named):
        resource(body)


ADA, BOB = {"id": "1"}, {"id": "2"}
LISTINGS: list[tuple[Any, list[str], int | None, str]] = [
    ({"Resources": [ADA, BOB], "totalResults": 2}, ["1", "2"], 2, "as the RFC says"),
    ({"resources": [ADA], "TOTALRESULTS": "1"}, ["1"], 1, "names in any case, a number as text"),
    ({"totalResults": 0}, [], 0, "no Resources"),
    ({"totalResults": 0, "Resources": None}, [], 0, "null"),
    ({"Resources": [ADA]}, ["1"], None, "no total"),
    ({"Resources": [ADA], "totalResults": -1}, ["1"], None, "a total that can't be"),
    ({"Resources": [ADA], "totalResults": "many"}, ["1"], None, "a total that is no number"),
    ({"Resources": [ADA], "totalResults": True}, ["1"], None, "a total that is a boolean"),
    ({"Resources": ADA, "totalResults": 1}, ["1"], 1, "one, not in a list"),
    ([ADA, BOB], ["1", "2"], None, "a bare array"),
    ([], [], None, "an empty array"),
    (ADA, ["1"], 1, "a single resource"),
]


@pytest.mark.parametrize(("body", "ids", "total", "reason"), LISTINGS, ids=[row[3] for row in LISTINGS])
def test_a_listing(body: Any, ids: list[str], total: int | None, reason: str) -> None:
    page = listing(body)
    assert ([read.id for read in page.resources], page.total) == (ids, total), reason


def test_one_unreadable_resource_does_not_hide_the_others() -> None:
    page = listing({"Resources": [{"id": 7}, ADA, None], "totalResults": 3, "startIndex": "1", "nextCursor": "c"})
    assert [read.id for read in page.resources] == ["1"]
    assert len(page.unreadable) == 2
    assert (page.received, page.start_index, page.next_cursor) == (3, 1, "c")


@pytest.mark.parametrize("body", [None, "x", 7, {}, {"error": "x"}, {"Resources": "x"}, {"Resources": 7}])
def test_what_is_no_listing_is_unreadable(body: Any) -> None:
    with pytest.raises(Unreadable):
        listing(body)


HTML = "The answer is an HTML page: this is not a SCIM endpoint."
ERRORS: list[tuple[Answer, int, str | None, str, str]] = [
    (Answer(409, body={"status": "409", "scimType": "uniqueness", "detail": "taken"}), 409, "uniqueness", "taken", "RFC"),
    (Answer(409, body={"status": 409, "DETAIL": "taken"}), 409, None, "taken", "a status that is a number"),
    (Answer(400, body={"detail": ["x"], "message": "bad"}), 400, None, "bad", "a detail that is no text"),
    (Answer(400, body={"Errors": [{"description": "old", "code": "400"}]}), 400, None, "old", "SCIM 1.1"),
    (Answer(400, body={"Errors": {"description": "old"}}), 400, None, "old", "SCIM 1.1, not in a list"),
    (Answer(401, body={"error": {"message": "no"}}), 401, None, "no", "a common wrapper"),
    (Answer(401, body={"error": "invalid_token"}), 401, None, "invalid_token", "OAuth's form"),
    (Answer(200, body={"status": "404", "detail": "gone"}), 404, None, "gone", "an error that says 200"),
    (Answer(500, body={"status": "nonsense"}), 500, None, "", "no words"),
    (Answer(500, body={"detail": "x" * 9999}), 500, None, "x" * 2048, "at most 2 kB"),
    (Answer(400, body={"detail": "a\x1b[0m\nb"}), 400, None, "a [0m\nb", "no control characters"),
    (Answer(502, problem="html", text="<h1>secret</h1>"), 502, None, HTML, "HTML isn't quoted"),
    (Answer(500, problem="not_json", text="root:x:0:0"), 500, None, "The answer is not JSON.", "nor is other text"),
    (Answer(500), 500, None, "", "nothing at all"),
    (Answer(500, body=["x"]), 500, None, "The answer holds a list where an error should be.", "a list"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "status", "scim_type", "detail", "reason"), ERRORS, ids=[row[4] for row in ERRORS])
def test_an_error(answer: Answer, status: int, scim_type: str | None, detail: str, reason: str) -> None:
    said = error(answer)
    assert (said.status, said.scim_type, said.detail) == (status, scim_type, detail), reason


NAMES = st.sampled_from(
    (
        *("id", "ID", "userName", "active", "emails", "name", "name.x", "meta", "Resources", "totalResults"),
        *("schemas", "password", "status", "detail", "Errors", "error", ".", ENTERPRISE_USER),
        ENTERPRISE_USER + ":a.b",
    )
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=6),
    max_leaves=25,
)


@given(JSON)
def test_any_json_is_read_or_unreadable(body: Any) -> None:
    for read in (resource, listing):
        try:
            read(body)
        except Unreadable:
            continue
    assert len(error(Answer(400, body=body)).detail) <= 2048


@given(JSON)
def test_every_resource_read_has_a_text_id_and_no_password(body: Any) -> None:
    try:
        page = listing(body)
    except Unreadable:
        return
    for read in page.resources:
        assert isinstance(read.id, str)
        assert read.id
        assert "password" not in read.raw
