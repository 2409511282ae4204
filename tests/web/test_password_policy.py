"""What a password must be: a table of what breaks which rule, and properties that hold for any text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisor.directory.organisation_settings import PasswordPolicy
from provisor.directory.passwords import policy
from provisor.directory.passwords.policy import Person, prepared, requirements, unmet

ADA = Person("ada.lovelace", "ada@analytical.example", ("Ada", "Lovelace"))
GOOD = "correct horse battery"
LAX, STRICT = PasswordPolicy(), PasswordPolicy(min_length=16, min_classes=3, history=3)

BROKEN = [
    (LAX, GOOD, []),
    (LAX, "short of it", ["length"]),
    (LAX, "password1234", ["common"]),
    (LAX, "987654321098", ["common"]),
    (LAX, "abababababababab", ["common"]),
    (LAX, "ada.lovelace!", ["personal"]),
    (LAX, "Analytical.example", ["personal"]),
    (LAX, "lovelace ada", ["personal"]),
    (LAX, "a line\nbreak in it", ["characters"]),
    (LAX, "a NUL \x00 in the middle", ["characters"]),
    (LAX, "half \ud83d of a pair", ["characters"]),
    (LAX, "", ["length", "common"]),
    (LAX, "x1!" * 400, ["too_long"]),
    (STRICT, "all small letters here", ["classes"]),
    (STRICT, "Now with Capitals 1", []),
    (STRICT, "Aa1", ["length", "common"]),
    (PasswordPolicy(min_classes=4), "Capital and 1 digit", []),
    (PasswordPolicy(min_classes=4), "CapitalAnd1digit", ["classes"]),
]


@pytest.mark.parametrize(("rules", "password", "codes"), BROKEN, ids=[str(number) for number in range(len(BROKEN))])
def test_which_rules_a_password_breaks(rules: PasswordPolicy, password: str, codes: list[str]) -> None:
    assert unmet(rules, password, ADA) == codes


def test_only_rules_in_force_are_shown_and_each_has_words() -> None:
    assert [code for code, _text in requirements(PasswordPolicy(history=0))] == ["length", "common", "personal"]
    assert [code for code, _text in requirements(STRICT)] == ["length", "classes", "common", "personal", "history"]
    assert dict(requirements(STRICT))["length"] == "At least 16 characters."
    assert all(policy.text_of(code, STRICT) for code in ("characters", "too_long", "history"))


@given(st.text(max_size=60), st.integers(8, 40), st.integers(0, 4))
def test_what_looks_the_same_is_judged_the_same(password: str, length: int, classes: int) -> None:
    rules = PasswordPolicy(min_length=length, min_classes=classes)
    spaced = password.replace(" ", "\u00a0")
    assert unmet(rules, unicodedata.normalize("NFD", spaced), ADA) == unmet(rules, password, ADA)


@given(st.text(st.characters(), max_size=80))
def test_any_text_is_judged_and_preparing_twice_is_preparing_once(password: str) -> None:
    codes = unmet(LAX, password, ADA)
    assert set(codes) <= {"length", "common", "personal", "characters", "too_long"}
    assert prepared(prepared(password)) == prepared(password)


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_longer_password_breaks_no_rule_about_length_or_classes_that_the_shorter_one_keeps(
    password: str, more: str
) -> None:
    shorter, longer = unmet(STRICT, password, Person()), unmet(STRICT, prepared(password) + "x" + more, Person())
    assert not ({"length", "classes"} & set(longer)) - set(shorter)


@given(st.text(min_size=4, max_size=30), st.sampled_from(["", "1", "!", "2026"]))
def test_a_name_alone_is_never_a_password(name: str, suffix: str) -> None:
    person = Person(username=name)
    assert unmet(PasswordPolicy(min_length=8), prepared(name), person) != []
    assert "personal" in unmet(LAX, name, person) or not name.strip()
