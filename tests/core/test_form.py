"""The SP form: what a person says wins over what was learned, and a slip in it is named."""

from __future__ import annotations

from typing import Any

import pytest

from provisor.core.form import Form, InvalidForm, check, make

MADE: list[tuple[str, dict[str, Any], dict[str, Any], Form]] = [
    ("nothing said, nothing learned", {}, {}, Form()),
    ("learned", {"update": "put"}, {}, Form(update="put")),
    ("a person wins", {"update": "put"}, {"update": "patch"}, Form(update="patch")),
    ("both", {"external_id": False}, {"page": 50}, Form(external_id=False, page=50)),
    ("learned by another version", {"telepathy": True}, {}, Form()),
]


@pytest.mark.parametrize(("why", "learned", "overrides", "form"), MADE, ids=[row[0] for row in MADE])
def test_make(why: str, learned: dict[str, Any], overrides: dict[str, Any], form: Form) -> None:
    assert make({}, learned, overrides) == form
    assert make({"update": "put", "page": 7}, {"update": "patch", "page": 100, **learned}, overrides) == form


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("unknown", {"shape": 1}, "form.shape: unknown"),
    ("another word", {"update": "post"}, "form.update: patch or put"),
    ("in capitals", {"update": "PATCH"}, "form.update: patch or put"),
    ("no text", {"update": None}, "form.update: text"),
    ("no boolean", {"value_path": "yes"}, "form.value_path: true or false"),
    ("a number is no boolean", {"value_path": 1}, "form.value_path: true or false"),
    ("a boolean is no number", {"page": True}, "form.page: a whole number"),
    ("too few", {"page": 0}, "form.page: a whole number from 1 to 1000"),
    ("too many", {"page": 1001}, "form.page: a whole number from 1 to 1000"),
    ("a fraction", {"page": 1.5}, "form.page: a whole number"),
    ("our own header", {"headers": {"Authorization": "x"}}, "form.headers.*Authorization"),
    ("where a body ends", {"headers": {"Transfer-Encoding": "chunked"}}, "form.headers.*Transfer-Encoding"),
    ("another method", {"headers": {"X-HTTP-Method-Override": "DELETE"}}, "form.headers.*X-HTTP-Method-Override"),
    ("the proxy's", {"headers": {"Proxy-Authorization": "x"}}, "form.headers.*Proxy-Authorization"),
]


@pytest.mark.parametrize(("why", "overrides", "message"), WRONG, ids=[row[0] for row in WRONG])
def test_a_slip_is_named(why: str, overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidForm, match=message):
        check(overrides)
    with pytest.raises(InvalidForm, match=message):
        make({}, {}, overrides)


@pytest.mark.parametrize("page", [1, 1000])
def test_the_ends_of_what_is_allowed(page: int) -> None:
    check({"page": page, "update": "put"})
