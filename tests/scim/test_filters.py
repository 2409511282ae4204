"""A filter finds exactly the value it was made from: asked of two parsers that we did not write it with (RT13)."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scim2_models.path import Comparison, ScimFilter

from provisor.scim.filters import both, eq
from provisor.scim.http import _query

STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
CLAUSE = re.compile(rf"(?P<path>[^ ]+) eq (?P<value>{STRING.pattern}|true|false|-?[0-9]+)")
NASTY = ["a\"b\\c+d&e=f#g%h'i ü", 'x" or userName pr or "', "\x00\x1f\x7f", "\u2028", "😀", "", "\\", '\\"', " and "]


def clauses(filter: str) -> list[tuple[str, object]]:
    """A parser of `and` filters, by the ABNF of RFC 7644 section 3.4.2.2 and JSON's strings."""
    found: list[tuple[str, object]] = []
    rest = filter
    while match := CLAUSE.match(rest):
        found.append((match["path"], json.loads(match["value"])))
        rest = rest[match.end() :]
        if not rest:
            return found
        assert rest.startswith(" and "), rest
        rest = rest[len(" and ") :]
    raise AssertionError(f"no filter: {filter!r}")


ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=60) | st.sampled_from(NASTY)


@given(ANY_TEXT)
def test_any_text_is_one_clause_with_that_value(value: str) -> None:
    assert clauses(eq("userName", value)) == [("userName", value)]


@given(ANY_TEXT, ANY_TEXT)
def test_two_clauses_stay_two(first: str, second: str) -> None:
    filter = both(eq("userName", first), eq("externalId", second))
    assert clauses(filter) == [("userName", first), ("externalId", second)]


@given(st.text(max_size=60))
@example(NASTY[0])
@example(NASTY[1])
def test_scim2_models_reads_the_same_value(value: str) -> None:
    parsed = ScimFilter(eq("userName", value)).ast
    assert isinstance(parsed, Comparison)
    assert (str(parsed.attr_path), parsed.op, parsed.value) == ("userName", "eq", value)


@given(st.text(max_size=60))
def test_the_query_string_holds_the_filter_unchanged(value: str) -> None:
    filter = eq("userName", value)
    query = _query({"filter": filter})
    assert re.fullmatch(r"\?filter=[A-Za-z0-9_.~%-]*", query)
    assert unquote(query.removeprefix("?filter="), errors="strict") == filter


LITERALS = [
    ("x", 'active eq "x"', "text"),
    (True, "active eq true", "a boolean"),
    (7, "active eq 7", "a number"),
    ("Zoë 😀", 'active eq "Zoë 😀"', "letters stay as they are"),
    ("a\nb", 'active eq "a\\nb"', "control characters don't"),
]


@pytest.mark.parametrize(("value", "expected", "reason"), LITERALS)
def test_literals(value: str | int, expected: str, reason: str) -> None:
    assert eq("active", value) == expected, reason


PATHS = [
    "userName",
    "emails.value",
    'emails[type eq "work"].value',
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
    "name.familyName",
    "$ref",
]


@pytest.mark.parametrize("path", PATHS)
def test_attribute_paths(path: str) -> None:
    assert eq(path, "x") == f'{path} eq "x"'


@pytest.mark.parametrize("path", ["", "a b", "a eq 1 or b", 'a" ', "a[", "a.", "é", 'emails[type eq "x" or a pr]'])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not an attribute path"):
        eq(path, "x")
