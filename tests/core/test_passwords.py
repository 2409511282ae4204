"""Temporary passwords keep the policy, whatever it is; and no spelling of a password gets past the eyes of `tells`."""

from __future__ import annotations

import base64
import html
import json
import random
import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisor.core import passwords
from provisor.core.form import Form
from provisor.core.vocabulary import SYMBOLS

CLASSES = ("lower", "upper", "digit", "symbol")
HOLDS = {
    "lower": set(string.ascii_lowercase),
    "upper": set(string.ascii_uppercase),
    "digit": set(string.digits),
    "symbol": set(SYMBOLS),
}
SECRETS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=8, max_size=60)


@st.composite
def policies(draw):
    shortest = draw(st.integers(0, 64))
    longest = draw(st.sampled_from([0, *range(max(shortest, 4), 130)]))
    return Form(
        password_length_min=shortest,
        password_length_max=longest,
        password_classes=tuple(draw(st.lists(st.sampled_from(CLASSES), min_size=1, unique=True))),
        password_forbidden=tuple(draw(st.lists(st.sampled_from(sorted(SYMBOLS)), unique=True, max_size=13))),
    )


@given(policies(), st.integers())
def test_a_temporary_password_keeps_the_policy(form, seed):
    made = passwords.temporary(form, random.Random(seed).choice)
    wanted = {name: HOLDS[name] - set(form.password_forbidden) for name in form.password_classes}
    assert all(set(made) & allowed for allowed in wanted.values())
    assert set(made) <= set().union(*wanted.values())
    assert passwords.too_short_or_long(made, form) is None
    assert len(made) >= min(20, form.password_length_max or 20)


def test_without_a_usable_class_there_is_one_all_the_same():
    form = Form(password_classes=("symbol",), password_forbidden=tuple(sorted(SYMBOLS)))
    assert len(passwords.temporary(form, random.Random(1).choice)) == passwords.LENGTH


def test_no_place_in_it_is_always_of_the_same_class():
    made = [passwords.temporary(Form(), random.Random(seed).choice) for seed in range(200)]
    for place in range(passwords.LENGTH):
        assert len({next(name for name in CLASSES if password[place] in HOLDS[name]) for password in made}) > 1


@pytest.mark.parametrize(
    ("password", "shortest", "longest", "says"),
    [
        ("short", 10, 0, "at least 10"),
        ("much too long for it", 0, 8, "at most 8"),
        ("just right", 10, 10, None),
        ("anything", 0, 0, None),
    ],
)
def test_what_is_known_not_to_be_taken(password, shortest, longest, says):
    found = passwords.too_short_or_long(password, Form(password_length_min=shortest, password_length_max=longest))
    assert found is None if says is None else says in (found or "")


@given(SECRETS, st.binary(max_size=7), st.text(max_size=10))
def test_no_spelling_gets_past(password, before, around):
    spelt = [
        password,
        password.upper(),
        json.dumps({"detail": password}),
        html.escape(password),
        quote(password, safe=""),
        repr(password),
        password[:-2],
        password[2:],
        password.encode().hex(),
        base64.b64encode(before + password.encode()).decode(),
        base64.urlsafe_b64encode(before + password.encode() + b"xyz").decode(),
    ]
    assert [text for text in spelt if not passwords.tells(password, f"{around} {text} {around}")] == []


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Password is too short: 12 characters are needed.", True),
        ("The value 'Correct-Horse-Battery-7' is not accepted", False),
        ("correct-horse is in a dictionary", False),
        ("value=Correct%2DHorse-Battery-7", False),
        ("", True),
    ],
)
def test_only_words_that_tell_nothing_are_shown(said, shown):
    assert passwords.without("Correct-Horse-Battery-7", said) == (said if shown else passwords.LEFT_OUT)


def test_a_resource_is_shown_without_its_password():
    assert passwords.scrubbed({"id": "1", "Password": "x", "password": "y", "userName": "ada"}) == {
        "id": "1",
        "userName": "ada",
    }


@pytest.mark.parametrize(
    ("word", "at_creation", "later"),
    [("both", True, True), ("create", True, False), ("change", False, True), ("none", False, False)],
)
def test_when_one_is_taken(word, at_creation, later):
    form = Form(password=word)
    assert (passwords.taken(form, at="create"), passwords.taken(form, at="change")) == (at_creation, later)
