"""An account as the SP can hold it: what it can't hold is neither sent nor seen as a difference."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisor.core import dialect
from provisor.core.form import Form
from provisor.core.mapping import DEFAULT_ROWS, managed

ADA = {
    "externalId": "1",
    "userName": "ada@example.com",
    "displayName": "Ada Lovelace @ Work; <x>",
    "name.givenName": "Ada",
    "name.familyName": "Lovelace",
    "active": True,
    "title": "Countess",
    "emails": [{"value": "Ada@Example.com", "type": "work", "primary": True}],
    "phoneNumbers": [{"type": "work", "value": "1"}, {"type": "mobile", "value": "2"}],
    "addresses": [{"type": "work", "country": "gb"}, {"type": "home", "country": "England"}],
}

FORMS: list[tuple[str, dict[str, Any], str, Any]] = [
    ("an allow-list", {"attributes": ("userName", "active")}, "title", None),
    ("one value only", {"single_valued": ("phoneNumbers",)}, "phoneNumbers", [{"type": "work", "value": "1"}]),
    ("without types", {"never_sent": ("emails.type",)}, "emails", [{"value": "Ada@Example.com", "primary": True}]),
    ("lower case", {"formats": {"emails": "lower_case"}}, "emails", [{**ADA["emails"][0], "value": "ada@example.com"}]),
    ("a short name", {"formats": {"userName": "short_name_21"}}, "userName", "ada"),
    ("no at sign", {"formats": {"displayName": "no_at_sign"}}, "displayName", "Ada Lovelace   Work; <x>"),
    ("plain text", {"formats": {"displayName": "plain_text"}}, "displayName", "Ada Lovelace @ Work x"),
    ("filled in", {"fill": ("name.formatted",)}, "name.formatted", "Ada Lovelace"),
    (
        "country codes",
        {"formats": {"addresses.country": "country_code"}},
        "addresses",
        [{"type": "work", "country": "GB"}, {"type": "home"}],
    ),
]


@pytest.mark.parametrize(("why", "words", "path", "value"), FORMS, ids=[row[0] for row in FORMS])
def test_adapted(why: str, words: dict[str, Any], path: str, value: Any) -> None:
    assert dialect.adapted(dict(ADA), Form(**words)).get(path) == value


def test_what_is_filled_in_does_not_win_over_what_the_user_has() -> None:
    assert dialect.adapted(dict(ADA), Form(fill=("displayName",)))["displayName"] == ADA["displayName"]


def test_a_user_without_names_still_gets_those_that_are_required() -> None:
    form = Form(
        fill=("name.givenName", "name.familyName", "displayName"), required=("name.givenName", "name.familyName")
    )
    wanted = dialect.adapted({"userName": "ada.lovelace@example.com"}, form)
    assert dialect.missing(wanted, form) == []
    assert dialect.missing({"userName": "ada"}, form) == ["name.givenName", "name.familyName"]


def test_paths_are_those_that_are_sent_after_creation() -> None:
    form = Form(attributes=("userName", "externalId", "active", "name.formatted"), create_only=("externalId",),
                fill=("name.formatted",))  # fmt: skip
    assert dialect.allowed(managed(DEFAULT_ROWS), form) == ("userName", "active", "name.formatted")


text = st.text(max_size=40)


@given(st.sampled_from(sorted(dialect.FORMATS)), text)
def test_a_format_is_stable(name: str, value: str) -> None:
    """What is in a format already stays as it is: else it would differ for ever."""
    once = dialect.FORMATS[name](value)
    assert once is None or dialect.FORMATS[name](once) == once


@given(text)
def test_plain_text_holds_nothing_that_is_refused(value: str) -> None:
    assert not set("<>;:%\t\n\r\0") & set(dialect.FORMATS["plain_text"](value) or "")


@given(text)
def test_a_short_name_is_short(value: str) -> None:
    assert len(dialect.FORMATS["short_name_21"](value) or "") <= 21
