"""What is tried after a refusal, or a success without effect: one other way at a time, and an end to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisor.core import patch
from provisor.core.form import Form
from provisor.core.learning import Attempt, another_form
from provisor.core.resource import Difference

OLD = [{"value": "old@example.com", "type": "work", "primary": True}]
NEW = [{"value": "new@example.com", "type": "work", "primary": True}]
MAIL, TITLE, FIRST = Difference("emails", OLD, NEW), Difference("title", "a", "b"), Difference("title", None, "b")


def attempt(*differences: Difference, form: Form | None = None, done: bool = False, **answer: Any) -> Attempt:
    form = form or Form()
    return Attempt(differences, patch.operations(differences, form), form, done, **answer)


TABLE: list[tuple[str, Attempt, dict[str, Any] | None]] = [
    ("noTarget by a value path", attempt(MAIL, scim_type="noTarget"), {"value_path": False}),
    ("invalidPath by a value path", attempt(MAIL, scim_type="invalidPath"), {"value_path": False}),
    ("noTarget where nothing was", attempt(FIRST, scim_type="noTarget"), {"unassigned": "add"}),
    ("invalidPath by a plain path", attempt(TITLE, scim_type="invalidPath"), {"patch": "no_path"}),
    ("refused without a path", attempt(TITLE, form=Form(patch="no_path"), scim_type="invalidPath"), None),
    ("an invalid value", attempt(TITLE, scim_type="invalidValue"), None),
    ("an error without a type", attempt(TITLE), None),
    ("done, and it shows", attempt(TITLE, done=True, raw={"title": "b"}), None),
    ("done, in its own spelling", attempt(TITLE, done=True, raw={"title": "B!"}), None),
    ("done, and nothing is shown", attempt(TITLE, done=True), None),
    ("done, and nothing changed", attempt(TITLE, done=True, raw={"title": "a"}), {"patch": "no_path"}),
    ("done, and the mail is the old one", attempt(MAIL, done=True, raw={"emails": OLD}), {"value_path": False}),
    (
        "a deactivation without effect",
        attempt(Difference("active", True, False), done=True, raw={"active": True}),
        None,
    ),
]


@pytest.mark.parametrize(("why", "tried", "words"), TABLE, ids=[row[0] for row in TABLE])
def test_another_form(why: str, tried: Attempt, words: dict[str, Any] | None) -> None:
    found = another_form(tried)
    assert (found and found[0]) == words
    assert found is None or found[1].endswith(".")


differences = st.lists(st.sampled_from([MAIL, TITLE, FIRST]), min_size=1, max_size=2, unique_by=lambda d: d.name)


@given(differences, st.sampled_from(["noTarget", "invalidPath", None]), st.booleans())
def test_it_ends(found: list[Difference], scim_type: str | None, done: bool) -> None:
    """An SP that refuses everything, or drops everything, is asked at most four times."""
    tried = attempt(*found, done=done, scim_type=scim_type, raw={d.name: d.was for d in found if d.was})
    for _ in range(4):
        other = another_form(tried)
        if other is None:
            return
        form = replace(tried.form, **other[0])
        tried = replace(tried, form=form, operations=patch.operations(found, form))
    pytest.fail("there is always something else to try")
