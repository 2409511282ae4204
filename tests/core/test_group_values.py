"""What several groups together give to one user."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from provisor.core.group_values import Given, merged, wrong_with


@pytest.mark.parametrize(
    ("given_by", "expected"),
    [
        ([], {}),
        ([Given(0, "A", {})], {}),
        ([Given(0, "A", {"role": "viewer"}), Given(5, "B", {"role": "editor"})], {"role": "editor"}),
        ([Given(5, "B", {"role": "editor"}), Given(0, "A", {"role": "viewer"})], {"role": "editor"}),
        ([Given(1, "beta", {"role": "b"}), Given(1, "Alpha", {"role": "a"})], {"role": "a"}),
        ([Given(9, "A", {"role": "a"}), Given(1, "B", {"licence": "pro"})], {"licence": "pro", "role": "a"}),
        ([Given(1, "A", {"x": ["a", "b"]}), Given(2, "B", {"x": ["c", "a"]})], {"x": ["c", "a", "b"]}),
        ([Given(2, "A", {"x": ["a"]}), Given(1, "B", {"x": "b"})], {"x": ["a", "b"]}),
        ([Given(2, "A", {"x": "a"}), Given(1, "B", {"x": ["b"]})], {"x": "a"}),
    ],
    ids=["none", "empty", "higher", "any order", "by name", "each name", "lists", "list and text", "text wins"],
)
def test_the_highest_priority_wins_and_lists_add_up(given_by: list[Given], expected: dict[str, Any]) -> None:
    assert merged(given_by) == expected


values = some.dictionaries(some.sampled_from(["role", "licence"]), some.sampled_from(["a", "b", ["c"], ["c", "d"]]))
groups = some.lists(
    some.builds(Given, some.integers(-2, 2), some.text("abAB", min_size=1, max_size=2), values), max_size=5
)


@given(groups)
def test_the_order_in_which_groups_are_read_does_not_matter(given_by: list[Given]) -> None:
    unique = list({one.group: one for one in given_by}.values())
    assert merged(unique) == merged(reversed(unique))


@pytest.mark.parametrize(
    ("given_values", "paths"),
    [
        ({"role": "editor", "licence": ["a", "b"]}, []),
        ({}, []),
        ("x", ["values"]),
        ({"a-b": "x"}, ["values.a-b"]),
        ({"1a": "x"}, ["values.1a"]),
        ({"ü": "x"}, ["values.ü"]),
        ({"role": ""}, ["values.role"]),
        ({"role": "x" * 257}, ["values.role"]),
        ({"role": "a\nb"}, ["values.role"]),
        ({"role": 5}, ["values.role"]),
        ({"role": []}, ["values.role"]),
        ({"role": ["a", 5]}, ["values.role[1]"]),
        ({f"n{n}": "x" for n in range(21)}, ["values"]),
    ],
    ids=["right", "empty", "no object", "dash", "digit", "letter", "no text", "long", "line", "number", "no list",
         "in a list", "many"],
)  # fmt: skip
def test_what_is_wrong_is_named(given_values: Any, paths: list[str]) -> None:
    assert list(wrong_with(given_values)) == paths
