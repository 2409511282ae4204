"""Expressions: what they give, what is refused when they are written, and that nothing else ever comes out of them."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisor.core.expression import Facts, Failed, InvalidExpression, evaluate, facts_of, holds, parse
from provisor.core.expression_functions import FUNCTIONS

ADA = facts_of(
    {
        "id": "7d3f0c9e-0000-4000-8000-000000000001",
        "username": "ada",
        "email": "ada@example.com",
        "department": "Sales",
        "state": "active",
        "password_status": "active",
        "phoneNumbers": [{"type": "work", "number": "+49 30 1"}, {"number": "+49 30 2"}],
        "addresses": [{"type": "work", "country": "DE"}],
        "manager_id": "boss",
        "attributes": {"team": "Blue", "level": 3, "ratio": 0.5, "tags": ["x", "y"], "huge": 2**80, "cost-code": "C1"},
    },
    ("Sales", "Berlin"),
    {"role": "editor", "licences": ["a", "b"]},
)
NOBODY = facts_of({})
TYPES = {"level": "number", "external": "boolean", "tags": "list", "team": "text", "since": "date"}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_every_function_gives_what_its_example_says(function: Any) -> None:
    assert evaluate(parse(function.example), NOBODY) == function.gives


GIVES = [
    ("a constant", '"x"', "x"),
    ("an attribute", "user.department", "Sales"),
    ("a custom attribute", "user.attributes.team", "Blue"),
    ("a custom attribute with a hyphen", 'user.attributes["cost-code"]', "C1"),
    ("a number", "user.attributes.level + 1", 4),
    ("a whole number beyond 64 bits is a decimal one", "user.attributes.huge > 1.0e20", True),
    ("a condition", 'user.department == "Sales" ? "S" : "N"', "S"),
    ("joined", 'user.username + "." + lower(user.attributes.team)', "ada.blue"),
    ("a function after a point", "user.department.upper().slice(0, 2)", "SA"),
    ("in a list", 'user.department in ["Sales", "Law"]', True),
    ("a group", '"Berlin" in user.groups', True),
    ("any group", 'user.groups.exists(one, one.startsWith("Ber"))', True),
    ("all groups", "user.groups.all(one, size(one) > 4)", True),
    ("exactly one group", 'user.groups.exists_one(one, one.contains("a"))', True),
    ("some groups", 'user.groups.filter(one, one != "Sales")', ["Berlin"]),
    ("each group changed", "user.groups.map(one, lower(one))", ["sales", "berlin"]),
    ("some groups changed", 'user.groups.map(one, one != "Sales", one + "!")', ["Berlin!"]),
    ("a loop in a loop", "[1, 2].exists(a, [3, 4].exists(b, a * b == 8))", True),
    ("a value by group", "values.role", "editor"),
    ("a list of values by group", 'values["licences"]', ["a", "b"]),
    ("the state", 'user.active && user.state == "active"', True),
    ("the manager", "user.manager", "boss"),
    ("a part of an address", 'user.addresses.exists(one, one.country == "DE" && one.locality == "")', True),
    ("an entry by its place", "user.phoneNumbers[1].number", "+49 30 2"),
    ("a table", 'lookup({"Sales": 7}, user.department, 0)', 7),
    ("characters are counted, not bytes", 'size("Zoë🎉")', 4),
    ("characters are counted after a point too", '"Zoë🎉".size()', 4),
    ("single quotes", "'a' + \"b\"", "ab"),
    ("over several lines, with a comment", 'user.department  // where\n  == "Sales"', True),
    ("a number as text", "string(user.attributes.level)", "3"),
    ("a text in capitals keeps its apostrophe", 'title("o\'brien mc-coy")', "O'brien Mc-coy"),
    ("the end of a text", 'slice("Lovelace", -4)', "lace"),
    ("no such part", 'after("ada", "@")', ""),
    ("fallback", 'default(user.company, user.attributes.nothing, "none")', "none"),
    ("each of a list", 'lower(["A", "B"])', ["a", "b"]),
    ("like a pattern in the middle", 'like("a-b-c", "a*c") && !like("a-b-c", "a?c")', True),
    ("like any of a list", 'like(user.groups, "Ber*")', True),
    ("a star stands for nothing too", 'like("ab", "a*b*")', True),
    ("null", "null", None),
]


@pytest.mark.parametrize(("why", "source", "value"), GIVES, ids=[row[0] for row in GIVES])
def test_it_gives(why: str, source: str, value: Any) -> None:
    assert evaluate(parse(source), ADA) == value


ABSENT = [
    ("a text is empty", "user.company", ""),
    ("a list is empty", "user.addresses", []),
    ("groups are empty", "user.groups", []),
    ("without a schema it is an empty text", "user.attributes.other", ""),
    ("a number is null", "user.attributes.level", None),
    ("yes or no is no", "user.attributes.external", False),
    ("a list of texts is empty", "user.attributes.tags", []),
    ("a date is an empty text", "user.attributes.since", ""),
    ("a value by group is an empty text", "values.role", ""),
    ("nobody is active without a state", "user.active", False),
]


@pytest.mark.parametrize(("why", "source", "value"), ABSENT, ids=[row[0] for row in ABSENT])
def test_what_is_absent(why: str, source: str, value: Any) -> None:
    assert evaluate(parse(source, TYPES), NOBODY) == value


def test_an_empty_list_of_one_user_is_not_the_next_users() -> None:
    tags = parse("user.attributes.tags", TYPES)
    evaluate(tags, NOBODY).append("x")
    assert evaluate(tags, NOBODY) == []


REFUSED = [
    ("empty", "", 1, 1, "can't be empty"),
    ("blank", "  \n ", 1, 1, "can't be empty"),
    ("a comment only", "// x", 1, 1, "only a comment"),
    ("too long", '"' + "x" * 1023 + '"', 1, 1025, "at most 1,024"),
    ("too deep", "(" * 13 + "1" + ")" * 13, 1, 13, "more than 12 deep"),
    ("too many sums", "1" + "+1" * 41, 1, 82, "at most 40"),
    ("something is missing", "1 +", 1, 4, "Something is missing at the end."),
    ("a bracket is missing", "lower(user.department", 1, 22, "“)” is missing at the end"),
    ("two values", 'user.department "x"', 1, 17, "doesn't fit here"),
    ("no closing quote", '1 == "abc', 1, 6, "no closing quote"),
    ("curly quotes", "user.department == “x”", 1, 20, "straight quotes"),
    ("one equals sign", 'user.department = "x"', 1, 17, "=="),
    ("and", "user.active and true", 1, 13, "&&"),
    ("a half condition", 'user.active ? "x"', 1, 1, "isn't complete"),
    ("an unknown attribute", "user.departmnt", 1, 6, "Did you mean user.department?"),
    ("a custom one without attributes", "user.shoeSize", 1, 6, "user.attributes.shoeSize"),
    ("without user", 'department == "x"', 1, 1, "user.department"),
    ("an unknown name", "x", 1, 1, "isn't known here"),
    ("in the third line", "1 == 1 &&\n\n  foo", 3, 3, "isn't known here"),
    ("a name that SCIM has", "user.familyName", 1, 6, "Did you mean user.lastname?"),
    ("an unknown function", "lowr(user.department)", 1, 1, "Did you mean lower?"),
    ("an unknown function after a point", "user.department.uper()", 1, 17, "Did you mean upper?"),
    ("too few values", "replace(user.department)", 1, 1, "takes 3 values, here are 1"),
    ("too many values", 'lower("a", "b")', 1, 1, "takes 1 value, here are 2"),
    ("the user as a whole", "user", 1, 1, "user.department"),
    ("all custom attributes", "user.attributes", 1, 16, "stands a name"),
    ("a part of a text", "user.department.x", 1, 17, "has no parts"),
    ("a password", "user.password", 1, 6, "no attribute"),
    ("has", "has(user.department)", 1, 1, 'user.department != ""'),
    ("a regular expression", '"x".matches("(x+)+$")', 1, 5, "like(text"),
    ("the time", "now()", 1, 1, "no function"),
    ("a time", 'timestamp("2026-01-01T00:00:00Z")', 1, 1, "no function"),
    ("bytes", 'b"x"', 1, 1, "isn't known here"),
    ("a table with a name", "Foo{a: 1}", 1, 1, "has no name"),
    ("an entry called user", "[1].exists(user, true)", 1, 12, "has a meaning already"),
    ("a loop without a condition", "[1].exists(x)", 1, 5, "is written so"),
    ("a loop without a list", "exists([1], x, true)", 1, 1, "after a value and a point"),
    ("an entry outside of its loop", "[1].exists(x, true) && x == 1", 1, 24, "isn't known here"),
    ("a NUL", 'user.department == "\x00"' + "\x01", 1, 23, "U+0001"),
    ("our own words", "tick_(1)", 1, 1, "no function"),
    ("our own variables", "v0_", 1, 1, "isn't known here"),
]


@pytest.mark.parametrize(("why", "source", "line", "column", "says"), REFUSED, ids=[row[0] for row in REFUSED])
def test_it_is_refused_where_the_mistake_is(why: str, source: str, line: int, column: int, says: str) -> None:
    with pytest.raises(InvalidExpression) as refused:
        parse(source)
    assert (refused.value.line, refused.value.column) == (line, column), refused.value.words
    assert says in refused.value.message


FAILS = [
    ("text and number", 'user.department + 1', "a text and a number"),
    ("text against number", "user.department < 1", "different kinds"),
    ("an absent number", "user.attributes.nothing > 3", "different kinds"),
    ("a condition of text", "user.department ? 1 : 2", "different kinds"),
    ("nothing in the table", '{"a": 1}["b"]', "nothing for 'b'"),
    ("no such entry", "user.groups[9]", "no such entry"),
    ("a division by zero", "1 / 0", "no result"),
    ("a number that is too large", "9223372036854775807 + 1", "no result"),
    ("infinity", "1.0 / 0.0", "no number"),
    ("no number", 'int("x")', "can't read"),
    ("a function with the wrong kind", 'slice("abc", "1")', "whole number is needed where a text stands"),
    ("a table", '{"a": 1}', "The result is a table"),
    ("lists in lists", "[[1]]", "The result is a list"),
    ("a NUL", '"\\u0000"', "no text may hold"),
    ("a result that is too long", "pad(\"x\", 1025, \"y\")", "1,024"),
    ("too many entries", f"[{'1, ' * 50}1]", "51 entries"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "source", "says"), FAILS, ids=[row[0] for row in FAILS])
def test_it_fails_in_words(why: str, source: str, says: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Failed, match=says):
        evaluate(parse(source), ADA)
    assert capfd.readouterr() == ("", "")  # the library's own log would hold people's values


def test_a_condition_has_to_be_one() -> None:
    assert holds(parse("user.active"), ADA) is True
    with pytest.raises(Failed, match="true or false; this one gives a text"):
        holds(parse("user.department"), ADA)


def test_what_an_expression_reads() -> None:
    source = (
        'user.department + user.attributes.team + user.attributes["cost-code"] + values.role + join(user.groups, "")'
    )
    assert parse(source).references == {
        "department",
        "attributes.team",
        "attributes.cost-code",
        "values.role",
        "groups",
    }


def test_it_is_the_same_expression_only_with_the_same_schema() -> None:
    assert parse("user.attributes.level") is parse("user.attributes.level")
    assert parse("user.attributes.level", TYPES) != parse("user.attributes.level")
    assert parse("user.department", TYPES) == parse("user.department")


GREEDY = [
    ("a loop with a long body", "user.groups.exists(g, " + "+".join(["g"] * 40) + ' == "")'),
    ("lists added up", "(" + "+".join(["user.groups"] * 40) + ').exists(g, g == "")'),
    ("loops in loops", "user.groups.exists(g, user.groups.exists(h, g == h + h))"),
    ("deeper loops", "user.groups.map(g, user.groups.map(h, user.groups.map(i, i)))"),
    ("doubling", '["aaaaaaaa"]' + ".map(a, a+a)" * 30),
    ("a pattern of stars", 'like(user.groups, "' + "*g" * 200 + 'h")'),
    ("a pattern of stars in a loop", 'user.groups.exists(g, like(user.groups, "' + "*g" * 100 + 'h"))'),
    ("replacing", '"' + "a" * 100 + '"' + '.replace("a", "aaaaaaaaaaaaaaaaaaaa")' * 10),
    ("a list of lists", "[" + "1," * 300 + "1].map(x, [" + "1," * 100 + "1])"),
    ("a list made longer", "user.groups.map(g, g).map(g, g) == []"),
    ("swallowed by or", "user.groups.exists(g, user.groups.exists(h, h == g + g) || true) || true"),
    ("swallowed by exists", "user.groups.exists(g, user.groups.exists(h, h == g + g) || g == g)"),
]  # fmt: skip
CROWD = facts_of({}, ["g" * 256] * 2000)


@pytest.mark.parametrize(("why", "source"), GREEDY, ids=[row[0] for row in GREEDY])
def test_nothing_goes_on_and_on(why: str, source: str) -> None:
    """What it takes is counted: each of these would take seconds, hours or gigabytes."""
    with pytest.raises(Failed, match="too long"):
        evaluate(parse(source), CROWD)


def test_what_ordinary_people_write_is_far_below() -> None:
    crowd = facts_of({}, [f"Group {n}" for n in range(2000)])
    assert evaluate(parse('"Group 1999" in user.groups'), crowd) is True
    assert evaluate(parse('user.groups.exists(one, one.startsWith("Sales") || one == "Group 1999")'), crowd) is True
    assert evaluate(parse('like(user.groups, "*1999")'), crowd) is True
    assert (
        evaluate(parse('user.groups.filter(one, like(one, "Group 1*9")).size()'), facts_of({}, crowd.groups[:200]))
        == 11
    )


texts = st.text(max_size=12)
words = st.sampled_from(
    [
        *(
            "user",
            ".",
            "department",
            "attributes",
            "team",
            "groups",
            "values",
            "role",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            ",",
        ),
        *('"a"', "'b'", "1", "2.5", "-", "+", "*", "/", "%", "==", "!=", "<", "in", "&&", "||", "!", "?", ":", "true"),
        *(
            "null",
            "x",
            "map",
            "exists",
            "filter",
            "lower",
            "size",
            "join",
            "lookup",
            "\n",
            "//",
            "string",
            "int",
            "slice",
        ),
    ]
)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts
anything = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
people = st.builds(
    facts_of,
    st.fixed_dictionaries(
        {}, optional={"department": anything, "attributes": st.dictionaries(st.just("team"), anything)}
    ),
    st.lists(texts, max_size=3),
    st.dictionaries(st.just("role"), anything),
)
VALID = st.sampled_from([row[1] for row in (*GIVES, *FAILS, *ABSENT)])


@given(st.lists(words, max_size=14).map(" ".join) | st.text(max_size=40) | VALID, people)
def test_any_text_and_any_user(source: str, person: Facts) -> None:
    with suppress(InvalidExpression, Failed):
        value = evaluate(parse(source), person)
        assert_plain(value)


def assert_plain(value: Any) -> None:
    for one in value if isinstance(value, list) else [value]:
        assert one is None or isinstance(one, str | bool | int | float)


@given(texts, st.text(alphabet="ab*?", max_size=8))
def test_a_pattern_matches_as_a_regular_expression_would(text: str, pattern: str) -> None:
    expected = re.fullmatch("".join({"*": "(?s:.*)", "?": "(?s:.)"}.get(c, c) for c in pattern), text) is not None
    assert FUNCTIONS["like"].call(text, pattern) is expected


@given(st.text(max_size=60))
def test_ascii_gives_ascii(text: str) -> None:
    assert FUNCTIONS["ascii"].call(text).isascii()
