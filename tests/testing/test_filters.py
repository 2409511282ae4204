"""Filters and paths are read strictly, and a quoted value is never more than a value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisor.testing import ScimError
from provisor.testing.filters import parse_filter, parse_path
from provisor.testing.schema import ENTERPRISE_URN, GROUPS, USERS

UNREADABLE = {
    "nothing": "",
    "no operator": "userName",
    "another operator": 'userName ne "a"',
    "or": 'userName eq "a" or title eq "b"',
    "not": 'not (userName eq "a")',
    "grouping": '(userName eq "a")',
    "presence": "userName pr",
    "no literal": "userName eq ",
    "single quotes": "userName eq 'a'",
    "an object": "userName eq {}",
    "an open string": 'userName eq "a',
    "an open bracket": 'emails[type eq "work"',
    "brackets on a single value": 'name[givenName eq "a"]',
    "an unknown name": 'shoeSize eq "42"',
    "an unknown part": 'emails.colour eq "red"',
    "an unknown schema": 'urn:example:User:title eq "x"',
    "more after the end": 'userName eq "a" "b"',
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ScimError) as refused:
        parse_filter(text, USERS)
    assert (refused.value.status, refused.value.scim_type) == (400, "invalidFilter")


@given(st.text(), st.text())
def test_a_literal_finds_exactly_its_value(value: str, other: str) -> None:
    parsed = parse_filter(f"externalId eq {json.dumps(value)}", USERS)
    assert len(parsed.clauses) == 1
    assert parsed.tidy
    assert parsed.matches({"externalId": value})
    assert parsed.matches({"externalId": other}) is (value == other)


COMPARED = {
    "names in any case": ('USERNAME EQ "ada"', {"userName": "Ada"}, True),
    "caseExact": ('externalId eq "A"', {"externalId": "a"}, False),
    "true isn't 1": ("active eq true", {"active": 1}, False),
    "false": ("active eq false", {"active": False}, True),
    "false isn't missing": ("active eq false", {}, False),
    "a list by its values": ('emails eq "a@example.org"', {"emails": [{"value": "a@example.org"}]}, True),
    "one element holds both": (
        'emails[type eq "work" and value eq "b"]',
        {"emails": [{"type": "work", "value": "a"}, {"type": "home", "value": "b"}]},
        False,
    ),
    "a complex part": ('name.familyName eq "o\'neill"', {"name": {"familyName": "O'Neill"}}, True),
    "an extension": (
        f'{ENTERPRISE_URN}:employeeNumber eq "7"',
        {ENTERPRISE_URN: {"employeeNumber": "7"}},
        True,
    ),
}


@pytest.mark.parametrize(("text", "resource", "matches"), COMPARED.values(), ids=COMPARED)
def test_comparison(text: str, resource: dict[str, object], matches: bool) -> None:
    assert parse_filter(text, USERS).matches(resource) is matches


PATHS = {
    "title": (None, "title"),
    "NAME.givenname": (None, "name.givenName"),
    'emails[type eq "work"].value': (None, "emails.value"),
    f"{ENTERPRISE_URN}:manager.value": (ENTERPRISE_URN, "manager.value"),
    f"{USERS.urn}:userName": (None, "userName"),
    ENTERPRISE_URN.upper(): (ENTERPRISE_URN, ENTERPRISE_URN),
}


@pytest.mark.parametrize(("text", "expected"), PATHS.items(), ids=PATHS)
def test_paths(text: str, expected: tuple[str | None, str]) -> None:
    target = parse_path(text, USERS)
    assert (target.urn, target.name) == expected


@pytest.mark.parametrize("text", ["", "members.", "members[", 'members[value eq "a"]x', "title", "members value"])
def test_bad_paths_are_named(text: str) -> None:
    with pytest.raises(ScimError) as refused:
        parse_path(text, GROUPS)
    assert refused.value.scim_type == "invalidPath"


TEXTS = st.sampled_from(["a", "A", "5", "b", ""])
MEMBERS = st.lists(st.dictionaries(st.sampled_from(["value", "type"]), TEXTS | st.sampled_from([5, True, None])))


@given(members=MEMBERS, wanted=TEXTS, name=st.sampled_from(["value", "type", "display"]))
def test_many_elements_are_judged_as_each_alone(members, wanted, name):
    for schema, list_name in ((GROUPS, "members"), (USERS, "emails")):
        where = parse_path(f'{list_name}[{name} eq "{wanted}"]', schema).where
        assert where is not None
        assert where.hits(members) == [where.matches(member) for member in members]
