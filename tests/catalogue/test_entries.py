"""What an application made from a connector begins with: its mapping, its form."""

from __future__ import annotations

import pytest

from provisor.catalogue import entries
from provisor.core import form
from provisor.core.mapping import DEFAULT_ROWS, ENTERPRISE, parse_rows, rows_as_json


def rows(slug: str) -> dict[str, tuple[str | None, bool]]:
    return {row.scim: (row.attribute, row.included) for row in entries.rows_of(slug)}


def test_the_custom_one_changes_nothing() -> None:
    assert entries.rows_of("custom") == DEFAULT_ROWS
    assert entries.form_of("custom") == {}


def test_neither_does_one_that_is_gone() -> None:
    assert entries.rows_of("gone") == DEFAULT_ROWS
    assert entries.form_of("gone") == entries.settings_of("gone") == {}
    assert entries.base_url("gone", {}) is None


def test_a_row_can_read_another_attribute() -> None:
    assert rows("databricks")["userName"] == ("email", True)
    assert rows("slack")["userName"] == ("username", True)


def test_rows_that_are_never_sent_are_off() -> None:
    zoom = rows("zoom")
    assert zoom[f"{ENTERPRISE}:department"] == ("department", True)
    assert zoom["title"] == ("jobTitle", False)
    assert zoom["userType"] == ("employeeType", False), "off by default stays off"
    assert zoom["externalId"] == ("id", True), "a locked row stays, and the form leaves it out"


@pytest.mark.parametrize("slug", sorted(entries.ENTRIES))
def test_every_mapping_can_be_kept_and_every_form_used(slug: str) -> None:
    assert parse_rows(rows_as_json(entries.rows_of(slug))) == entries.rows_of(slug)
    made = form.make(entries.form_of(slug), {}, {})
    unreachable = {row.scim for row in entries.rows_of(slug) if row.included and not row.required}
    assert not made.attributes or unreachable <= set(made.attributes)


def test_who_changes_what_it_gets_changes_nothing_else() -> None:
    entries.form_of("slack")["match"] = ["emails"]
    assert entries.form_of("slack")["match"] == ["userName", "emails"]


def test_a_variant_has_words_of_its_own() -> None:
    assert "scim" not in entries.form_of("slack")
    older = entries.form_of("slack", {"variant": "v1"})
    assert (older["scim"], older["match"]) == ("1.1", ["userName", "emails"])
