"""From a form to the SP that wants everything so: each word of the form makes the one deviation that it is there for."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from provisor.core.form import Form, make
from provisor.testing import Profile
from provisor.testing.wearing import worn, wrong_words

PLAIN = worn(Form())
WORDS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"update": "put"}, {"user_patch": False, "user_put": True}),
    ({"patch": "no_path"}, {"patch_path": "forbidden"}),
    ({"unassigned": "add"}, {"replace_unassigned": False}),
    ({"op_case": "capital"}, {"op_case": "capital"}),
    ({"boolean_text": True}, {"booleans": "text"}),
    ({"value_path": False}, {"value_path": "invalidPath"}),
    ({"attributes": ["userName", "active"]}, {"attributes": ("userName", "active", "password")}),
    ({"attributes": ["userName"], "password": "none"}, {"attributes": ("userName",), "passwords": "none"}),
    ({"required": ["title"], "fill": ["displayName"]}, {"required": ("title", "displayName")}),
    ({"single_valued": ["emails"]}, {"single_valued": ("emails",)}),
    ({"create_only": ["userName"]}, {"create_only": ("userName",)}),
    ({"put_without": ["externalId"]}, {"put_refuses": ("externalId",)}),
    ({"never_sent": ["emails.type"]}, {"refused_parts": ("emails.type",)}),
    ({"ignored": ["title"]}, {"drop": ("title",)}),
    ({"formats": {"userName": "lower_case"}}, {"formats": ("userName:lower_case",)}),
    ({"filter_external_id": False}, {"filter_external_id": False}),
    ({"filter_user_name": False}, {"filter_user_name": False}),
    ({"filter_email": False}, {"filter_emails": False}),
    ({"external_id": False}, {"keep_external_id": False}),
    ({"deactivation": "erases"}, {"deactivation": "erases"}),
    ({"delete": False}, {"delete": False}),
    ({"password_length_min": 8, "password_forbidden": ["#"]}, {"password_policy": ("min:8", "not:#")}),
    ({"groups": False}, {"groups": False}),
    ({"group_create": False}, {"group_create": False}),
    ({"group_rename": False}, {"group_rename": False}),
    ({"group_delete": False}, {"group_delete": False}),
    (
        {"group_update": "put"},
        {"group_patch": False, "group_put": True, "member_replace": True, "members_per_request": 0},
    ),
    ({"group_update": "replace"}, {"member_replace": True, "members_per_request": 0}),
    ({"group_external_id": False}, {"keep_group_external_id": False, "group_attributes": ("displayName", "members")}),
    ({"group_filter": False}, {"filter_display_name": False}),
    ({"member_remove": "list"}, {"member_remove": "list"}),
    ({"members_on_create": "some"}, {"members_on_create": "kept", "group_required": ("members",)}),
    ({"members_per_request": 7}, {"members_per_request": 7}),
    ({"members_shown": "no"}, {"members_shown": "no"}),
    ({"member_ref": True}, {"member_ref": True}),
    ({"payload_bytes": 9}, {"payload_bytes": 9}),
    ({"paging": "none"}, {"paging": "none"}),
    ({"page": 20}, {"max_page": 20, "default_page": 20}),
    ({"discovery": False}, {"discovery": False}),
    ({"discovery_path": "/about"}, {"discovery_path": "/about"}),
    ({"content_type": "application/json"}, {"content_type": "application/json"}),
    ({"headers": {"X-A": "b"}}, {"require_headers": ("X-A:b",)}),
    ({"limits": {"writes": "5/1"}}, {"limits": ("writes:5/1",)}),
    ({"bulk": 5, "bulk_bytes": 100}, {"bulk": 5, "bulk_bytes": 100}),
    ({"quirks": ["conflict_as_500"]}, {"conflict": "500"}),
]
# Words that no SP shows: what accounts are looked up by and named after, what passwords are made of, how one comes back.
NOT_SHOWN = {"match", "external_id_source", "password_classes", "password_length_max", "reactivation", "scim"}


@pytest.mark.parametrize(("words", "deviations"), WORDS, ids=["+".join(words) for words, _ in WORDS])
def test_a_word_makes_its_deviation_and_no_other(words: dict[str, Any], deviations: dict[str, Any]) -> None:
    made = worn(make(words, {}, {}))
    differing = {
        each.name: getattr(made, each.name)
        for each in fields(Profile)
        if getattr(made, each.name) != getattr(PLAIN, each.name)
    }
    assert differing.keys() <= deviations.keys()
    assert {name: getattr(made, name) for name in deviations} == deviations
    assert differing, "nothing would be refused that wasn't before"


def test_every_word_is_here() -> None:
    assert {word for words, _ in WORDS for word in words} | NOT_SHOWN == {each.name for each in fields(Form)}
    assert worn(make({"scim": "1.1"}, {}, {})).scim == "1.1"


def test_a_rehearsal_goes_on_top() -> None:
    made = worn(Form(), {"answer_patch": "no_content", "max_page": 7, "drop": ["title"]}, header="X-Key", prefix="")
    assert (made.answer_patch, made.max_page, made.drop) == ("no_content", 7, ("title",))
    assert (made.auth_header, made.auth_prefix) == ("X-Key", "")


WRONG = [
    ("max_pages", 5),
    ("max_page", "5"),
    ("max_page", True),
    ("upsert", 1),
    ("answer_patch", "nothing"),
    ("drop", "title"),
    ("drop", [1]),
    ("formats", ["userName:none"]),
    ("discovery_path", 1),
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=[f"{name}={value}" for name, value in WRONG])
def test_a_word_that_can_not_be_played_is_named(name: str, value: Any) -> None:
    assert [where for where, _why in wrong_words({name: value})] == [name]
    with pytest.raises(ValueError, match=name):
        worn(Form(), {name: value})
