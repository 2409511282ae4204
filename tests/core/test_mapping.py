"""Which attribute of a user becomes which SCIM attribute, and every way in which a mapping can be wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.conftest import ADA, person

from provisor.core.mapping import (
    DEFAULT_ROWS,
    ENTERPRISE,
    REQUIRED,
    InvalidMapping,
    Row,
    desired,
    managed,
    only_on_create,
    parse_rows,
    rows_as_json,
)

WORK = [{"value": "ada@example.com", "type": "work", "primary": True}]
LEAST = {"externalId": ADA, "userName": "ada", "emails": WORK, "active": True}
PHONE = {"type": "mobile", "number": " +49 170 1 "}

DESIRED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    # why, the user's values, what they add to the least that every account has
    ("only what every user has", {}, {}),
    ("names", {"firstname": "Ada", "lastname": "L"}, {"name.givenName": "Ada", "name.familyName": "L"}),
    ("None is left out (A6)", {"firstname": None, "phoneNumbers": None, "addresses": None}, {}),
    ("empty is left out (A6)", {"firstname": "", "phoneNumbers": [], "addresses": []}, {}),
    ("white space is a value: the directory decides", {"jobTitle": " "}, {"title": " "}),
    ("a phone's number becomes its value", {"phoneNumbers": [PHONE]},
     {"phoneNumbers": [{"type": "mobile", "value": " +49 170 1 "}]}),
    ("a phone without a type", {"phoneNumbers": [{"type": None, "number": "1"}]}, {"phoneNumbers": [{"value": "1"}]}),
    ("two phones keep their order", {"phoneNumbers": [{"number": "2"}, {"number": "1"}]},
     {"phoneNumbers": [{"value": "2"}, {"value": "1"}]}),
    ("an address without its empty parts",
     {"addresses": [{"type": "work", "locality": "Köln", "region": None, "country": ""}]},
     {"addresses": [{"type": "work", "locality": "Köln"}]}),
    ("an address without anything isn't sent", {"addresses": [{"type": None}, {"locality": "Köln"}]},
     {"addresses": [{"locality": "Köln"}]}),
    ("a type alone is no address", {"addresses": [{"type": "work"}, {"type": None}]}, {}),
    ("the enterprise extension", {"department": "IT", "company": "Ada & Co", "employeeIdentifier": "0042"},
     {f"{ENTERPRISE}:department": "IT", f"{ENTERPRISE}:organization": "Ada & Co", f"{ENTERPRISE}:employeeNumber": "0042"}),
    ("title", {"jobTitle": "Countess"}, {"title": "Countess"}),
    ("rows that aren't included say nothing", {"costCenter": "7", "employeeType": "x", "locale": "de", "manager": "g"}, {}),
    ("what no row names stays in the house", {"location": "Berlin", "attributes": {"shoe": "39"}}, {}),
    ("letters beyond ASCII as they are", {"lastname": "Ødegård 𝔸 '\"\\"}, {"name.familyName": "Ødegård 𝔸 '\"\\"}),
]  # fmt: skip


@pytest.mark.parametrize(("why", "values", "more"), DESIRED, ids=[row[0] for row in DESIRED])
def test_desired(why: str, values: dict[str, Any], more: dict[str, Any]) -> None:
    assert desired(person(**values), DEFAULT_ROWS) == LEAST | more


ACTIVE = [
    ("active", "active", True),
    ("active", "pending", True),
    ("active", "locked", True),
    ("active", "expired", False),
    ("suspended", "active", False),
    ("suspended", "expired", False),
    ("staged", "pending", False),
    ("deleting", "active", False),
]


@pytest.mark.parametrize(("state", "password", "active"), ACTIVE)
def test_active_follows_state_and_password(state: str, password: str, active: bool) -> None:
    """Contract, Users: false for suspended and for an expired password; pending and locked don't change it."""
    assert desired(person(state=state, password=password), DEFAULT_ROWS)["active"] is active


ROWS: list[tuple[str, Row, Any]] = [
    ("another attribute", Row("nickName", "displayname"), "Ada L."),
    ("a custom attribute", Row("nickName", "attributes.nick"), "Addie"),
    ("a custom attribute that she doesn't have", Row("nickName", "attributes.shoe"), None),
    ("a constant", Row("timezone", constant="Europe/Berlin"), "Europe/Berlin"),
    ("a constant of false is a value", Row("nickName", constant=False), False),
    ("an empty constant is none", Row("timezone", constant=""), None),
    ("not included", Row("nickName", "displayname", included=False), None),
    ("the manager once he has an account: only `value` (A15)", Row(f"{ENTERPRISE}:manager", "manager"), {"value": "m-7"}),
    ("another e-mail is still the work e-mail", Row("emails", "attributes.mail"),
     [{"value": "a@x.example", "type": "work", "primary": True}]),
    ("no e-mail", Row("emails", "attributes.shoe"), None),
    ("a custom number is sent as text: so SCIM has it", Row("userName", "attributes.badge"), "42"),
    ("a custom boolean stays one", Row("nickName", "attributes.robot"), True),
    ("a custom list fits no single value", Row("nickName", "attributes.list"), None),
    ("nor does an object", Row("emails", "attributes.object"), None),
]  # fmt: skip


CUSTOM = {"nick": "Addie", "mail": "a@x.example", "badge": 42, "robot": True, "list": ["a"], "object": {"a": 1}}


@pytest.mark.parametrize(("why", "row", "value"), ROWS, ids=[row[0] for row in ROWS])
def test_a_row(why: str, row: Row, value: Any) -> None:
    ada = person(manager="m-7", displayname="Ada L.", attributes=CUSTOM)
    assert desired(ada, [row]) == ({} if value is None else {row.scim: value})


def test_no_manager_and_a_manager_without_an_account() -> None:
    assert desired(person(), [Row(f"{ENTERPRISE}:manager", "manager")]) == {}


def test_a_user_without_custom_attributes() -> None:
    assert desired(person(attributes=None), [Row("nickName", "attributes.nick")]) == {}


def test_managed_are_the_included_rows_that_are_kept() -> None:
    rows = (
        Row("title", "jobTitle"),
        Row("nickName", "displayname", when="create"),
        Row("locale", "locale", included=False),
    )
    assert managed(rows) == ("title",)
    assert only_on_create(rows) == {"nickName"}


def test_the_default_mapping_is_the_seeds_table() -> None:
    extension = [f"{ENTERPRISE}:{name}" for name in ("employeeNumber", "department", "organization")]
    assert set(managed(DEFAULT_ROWS)) == {
        "externalId", "userName", "emails", "active", "name.givenName", "name.familyName", "name.middleName",
        "displayName", "addresses", "phoneNumbers", "title", *extension,
    }  # fmt: skip
    assert {"externalId", "userName", "emails", "active"} == REQUIRED


# --- rows from JSON ---------------------------------------------------------------------------------------------------

LOCKED = [row for row in rows_as_json(DEFAULT_ROWS) if row["required"]]


def test_rows_survive_the_way_through_json() -> None:
    assert parse_rows(rows_as_json(DEFAULT_ROWS)) == DEFAULT_ROWS


def test_the_locked_rows_are_enough() -> None:
    assert {row.scim for row in parse_rows(LOCKED)} == REQUIRED


def one(**row: Any) -> dict[str, Any]:
    return {"scim": "title", "source": {"attribute": "jobTitle"}, **row}


GOOD: list[tuple[str, dict[str, Any], Row]] = [
    ("the shortest form", one(), Row("title", "jobTitle")),
    ("only on create", one(when="create"), Row("title", "jobTitle", when="create")),
    ("not included", one(included=False), Row("title", "jobTitle", included=False)),
    ("required is ours to say", one(required=True), Row("title", "jobTitle")),
    ("a constant", one(source={"constant": "x"}), Row("title", constant="x")),
    ("a constant of 256 letters", one(source={"constant": "x" * 256}), Row("title", constant="x" * 256)),
    ("a custom attribute", one(source={"attribute": "attributes.rank"}), Row("title", "attributes.rank")),
    ("the extension", one(scim=f"{ENTERPRISE}:division"), Row(f"{ENTERPRISE}:division", "jobTitle")),
    ("the manager", one(scim=f"{ENTERPRISE}:manager", source={"attribute": "manager"}),
     Row(f"{ENTERPRISE}:manager", "manager")),
    ("phones", one(scim="phoneNumbers", source={"attribute": "phoneNumbers"}), Row("phoneNumbers", "phoneNumbers")),
]  # fmt: skip


@pytest.mark.parametrize(("why", "item", "row"), GOOD, ids=[row[0] for row in GOOD])
def test_a_row_that_can_be_used(why: str, item: dict[str, Any], row: Row) -> None:
    assert parse_rows([item, *LOCKED])[0] == row


@pytest.mark.parametrize("attribute", ["email", "attributes.login", "employeeIdentifier"])
def test_the_user_name_may_come_from_elsewhere(attribute: str) -> None:
    rows = parse_rows(
        [row if row["scim"] != "userName" else one(scim="userName", source={"attribute": attribute}) for row in LOCKED]
    )
    assert {row.scim: row.attribute for row in rows}["userName"] == attribute


WRONG: list[tuple[str, Any, str]] = [
    ("no object", "title", "A row is an object"),
    ("a list", ["title"], "A row is an object"),
    ("nothing", None, "A row is an object"),
    ("an unknown field", one(shape="x"), "Unknown: shape."),
    ("two unknown fields", one(b=1, a=1), "Unknown: a, b."),
    ("no attribute", {"source": {"attribute": "jobTitle"}}, "no SCIM attribute"),
    ("an unknown attribute", one(scim="shoeSize"), "no SCIM attribute"),
    ("an attribute in another case", one(scim="TITLE"), "no SCIM attribute"),
    ("a number", one(scim=7), "no SCIM attribute"),
    ("a list for a name", one(scim=["title"]), "no SCIM attribute"),
    ("what is the SP's: id", one(scim="id"), "no SCIM attribute"),
    ("what is read-only: groups (A13)", one(scim="groups"), "no SCIM attribute"),
    ("what is read-only: meta (A16)", one(scim="meta"), "no SCIM attribute"),
    ("a password is no mapping (A12)", one(scim="password"), "no SCIM attribute"),
    ("a whole complex attribute (U3)", one(scim="name"), "no SCIM attribute"),
    ("a filter in the path", one(scim='emails[type eq "work"].value'), "no SCIM attribute"),
    ("an extension that isn't known", one(scim="urn:example:2.0:User:x"), "no SCIM attribute"),
    ("the extension without an attribute", one(scim=ENTERPRISE), "no SCIM attribute"),
    ("another word for when", one(when="never"), "when: create or always."),
    ("when is no text", one(when=[]), "when: create or always."),
    ("when is an object", one(when={}), "when: create or always."),
    ("when is null", one(when=None), "when: create or always."),
    ("included as text", one(included="yes"), "included: true or false."),
    ("included as a number", one(included=1), "included: true or false."),
    ("no source", {"scim": "title"}, "source:"),
    ("a source of text", one(source="jobTitle"), "source:"),
    ("an empty source", one(source={}), "source:"),
    ("two sources", one(source={"attribute": "jobTitle", "constant": "x"}), "source:"),
    ("an expression with an unknown name", one(source={"expression": "upper(x)"}), "At character 7"),
    ("an expression that is no text", one(source={"expression": 7}), "an expression is a text"),
    ("an expression for phones", one(scim="phoneNumbers", source={"expression": '"1"'}), "can't come from"),
    ("an expression for the manager", one(scim=f"{ENTERPRISE}:manager", source={"expression": '"1"'}), "can't come from"),
    ("another kind of source", one(source={"template": "x"}), "isn't available"),
    ("phones into roles", one(scim="roles", source={"attribute": "phoneNumbers"}), "doesn't fit"),
    ("no attribute of a user", one(source={"attribute": "shoeSize"}), "no attribute of a user"),
    ("a password as a source", one(source={"attribute": "password"}), "no attribute of a user"),
    ("a source that is no text", one(source={"attribute": 7}), "no attribute of a user"),
    ("a list as a source", one(source={"attribute": ["jobTitle"]}), "no attribute of a user"),
    ("a custom attribute without a name", one(source={"attribute": "attributes."}), "no attribute of a user"),
    ("a constant number", one(source={"constant": 7}), "a constant is text"),
    ("a constant object", one(source={"constant": {}}), "a constant is text"),
    ("a constant null", one(source={"constant": None}), "a constant is text"),
    ("a constant of 257 letters", one(source={"constant": "x" * 257}), "256"),
    ("a constant phone", one(scim="phoneNumbers", source={"constant": "1"}), "can't be a constant"),
    ("a constant manager", one(scim=f"{ENTERPRISE}:manager", source={"constant": "1"}), "can't be a constant"),
    ("phones into text", one(source={"attribute": "phoneNumbers"}), "doesn't fit"),
    ("text into phones", one(scim="phoneNumbers"), "doesn't fit"),
    ("addresses into phones", one(scim="phoneNumbers", source={"attribute": "addresses"}), "doesn't fit"),
    ("a custom attribute into addresses", one(scim="addresses", source={"attribute": "attributes.x"}), "doesn't fit"),
    ("the manager into text", one(source={"attribute": "manager"}), "doesn't fit"),
    ("text into the manager", one(scim=f"{ENTERPRISE}:manager"), "doesn't fit"),
    ("active into text", one(source={"attribute": "active"}), "doesn't fit"),
    ("phones into e-mails", one(scim="nickName", source={"attribute": "phoneNumbers"}), "doesn't fit"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "item", "message"), WRONG, ids=[row[0] for row in WRONG])
def test_a_row_that_is_wrong(why: str, item: Any, message: str) -> None:
    with pytest.raises(InvalidMapping) as refused:
        parse_rows([item, *LOCKED])
    assert list(refused.value.fields) == ["rows.0"]
    assert message in refused.value.fields["rows.0"]


TOUCHED: list[tuple[str, str, dict[str, Any] | None]] = [
    ("left out", "externalId", None),
    ("left out", "userName", None),
    ("left out", "emails", None),
    ("left out", "active", None),
    ("not included", "userName", {"included": False}),
    ("not included", "active", {"included": False}),
    ("only on create", "emails", {"when": "create"}),
    ("only on create", "active", {"when": "create"}),
    ("another source", "externalId", {"source": {"attribute": "employeeIdentifier"}}),
    ("a constant", "externalId", {"source": {"constant": "x"}}),
    ("a constant", "active", {"source": {"constant": True}}),
    ("a constant", "userName", {"source": {"constant": "everybody"}}),
    ("a constant", "emails", {"source": {"constant": "all@example.com"}}),
    ("another source", "active", {"source": {"attribute": "username"}}),
]


@pytest.mark.parametrize(("why", "scim", "change"), TOUCHED, ids=[f"{row[1]} {row[0]}" for row in TOUCHED])
def test_a_locked_row_stays(why: str, scim: str, change: dict[str, Any] | None) -> None:
    others = [row for row in LOCKED if row["scim"] != scim]
    changed = [row | change for row in LOCKED if row["scim"] == scim and change is not None]
    with pytest.raises(InvalidMapping) as refused:
        parse_rows(others + changed)
    assert all(where.startswith("rows.") for where in refused.value.fields)


def test_one_attribute_has_one_row() -> None:
    with pytest.raises(InvalidMapping) as refused:
        parse_rows([*LOCKED, one(), one(source={"attribute": "company"})])
    assert list(refused.value.fields) == ["rows.5.scim"]


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(InvalidMapping) as refused:
        parse_rows([one(when="x"), one(scim="x"), *LOCKED[1:]])
    assert set(refused.value.fields) == {"rows.0", "rows.1", f"rows.{LOCKED[0]['scim']}"}
    assert "rows.0: when" in str(refused.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
rows_of_anything = st.lists(
    json_values
    | st.fixed_dictionaries(
        {},
        optional={
            "scim": json_values | st.just("title"),
            "source": json_values
            | st.dictionaries(st.sampled_from(["attribute", "constant"]), json_values, max_size=1),
            "when": json_values,
            "included": json_values,
        },
    ),
    max_size=3,
)


@settings(max_examples=200, deadline=None)
@given(rows_of_anything)
def test_anything_is_refused_or_understood(given_rows: list[Any]) -> None:
    try:
        problems = parse_rows([*LOCKED, *given_rows]) and {}
    except InvalidMapping as refused:
        problems = refused.fields
    assert all(where.startswith("rows.") and why for where, why in problems.items())


values = st.none() | st.text(max_size=8)


@settings(max_examples=100, deadline=None)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(["firstname", "jobTitle", "department", "location"], values)))
def test_no_empty_value_and_no_unmapped_path_leaves_the_house(attributes: dict[str, Any]) -> None:
    wanted = desired(person(**attributes), DEFAULT_ROWS)
    assert set(wanted) <= set(managed(DEFAULT_ROWS))
    assert all(value not in (None, "", [], {}) for value in wanted.values())
