"""What a password must be, as a list of rules in words: shown while somebody types, and checked again when it is saved.

Pure: nothing here reads the database. The one rule that can't be told while typing, that a password isn't one of the
last few, is checked on saving (commands/passwords.py); its code is HISTORY.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator, UserAttributeSimilarityValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provisor.directory.models import User
from provisor.directory.organisation_settings import PasswordPolicy

LONGEST = 1024
FEWEST_DIFFERENT = 5
LENGTH, CLASSES, COMMON, PERSONAL, HISTORY, CHARACTERS, TOO_LONG = (
    *("length", "classes", "common", "personal", "history", "characters", "too_long"),
)
ALWAYS_SHOWN = (LENGTH, CLASSES, COMMON, PERSONAL, HISTORY)


@dataclass(frozen=True)
class Person:
    """Whose password it is to be: what an attacker would try first."""

    username: str = ""
    email: str = ""
    names: tuple[str, ...] = ()


def person_of(user: User) -> Person:
    """What the policy asks about a user."""
    names = (user.firstname, user.middlename, user.lastname, user.displayname)
    return Person(user.username, user.email, tuple(name for name in names if name))


def prepared(password: str) -> str:
    """The password as it is hashed and compared: what looks the same is the same (RFC 8265, OpaqueString). Every kind of
    space is a plain one, and letters with accents are composed (NFC); case and width stay as they are."""
    spaces = "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in password)
    return unicodedata.normalize("NFC", spaces)


def requirements(policy: PasswordPolicy) -> list[tuple[str, str]]:
    """The rules that are in force, as (code, text), in the order in which people read them."""
    wanted = {CLASSES: policy.min_classes > 0, HISTORY: policy.history > 0}
    return [(code, text_of(code, policy)) for code in ALWAYS_SHOWN if wanted.get(code, True)]


def unmet(policy: PasswordPolicy, password: str, person: Person) -> list[str]:
    """The codes of the rules that this password breaks, in the order of `requirements`; HISTORY is never among them.
    CHARACTERS and TOO_LONG come last: no rule to show, but a reason to refuse."""
    given = prepared(password)
    broken = [code for code, breaks in _BREAKS.items() if breaks(policy, given, person)]
    return [TOO_LONG] if TOO_LONG in broken else broken


def text_of(code: str, policy: PasswordPolicy) -> str:
    """A rule in words."""
    return _TEXTS[code](policy)


def _too_short(policy: PasswordPolicy, password: str, _person: Person) -> bool:
    return len(password) < policy.min_length


def _too_few_classes(policy: PasswordPolicy, password: str, _person: Person) -> bool:
    return len({_class_of(letter) for letter in password}) < policy.min_classes


def _class_of(letter: str) -> str:
    if letter.isdigit():
        return "digit"
    return "lower" if letter.islower() else "upper" if letter.isupper() else "other"


def _too_common(_policy: PasswordPolicy, password: str, _person: Person) -> bool:
    """Also where it is made of digits alone, or of a few characters again and again."""
    if len(password) > LONGEST or password.isdigit() or len(set(password)) < FEWEST_DIFFERENT:
        return True
    try:
        _common().validate(password)
    except ValidationError:
        return True
    return False


def _too_personal(_policy: PasswordPolicy, password: str, person: Person) -> bool:
    known = {"username": person.username, "email": person.email, "names": " ".join(person.names)}
    whose: Any = SimpleNamespace(**known, _meta=_Named())
    try:
        UserAttributeSimilarityValidator(tuple(known)).validate(password, whose)
    except ValidationError:
        return True
    return False


class _Named:
    """Django's check asks the model for the name of the field that a password is like."""

    def get_field(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(verbose_name=name)


def _unusable(_policy: PasswordPolicy, password: str, _person: Person) -> bool:
    return any(unicodedata.category(letter) in ("Cc", "Cs") for letter in password)


def _too_long(_policy: PasswordPolicy, password: str, _person: Person) -> bool:
    return len(password) > LONGEST


_BREAKS: dict[str, Callable[[PasswordPolicy, str, Person], bool]] = {
    LENGTH: _too_short,
    CLASSES: _too_few_classes,
    COMMON: _too_common,
    PERSONAL: _too_personal,
    CHARACTERS: _unusable,
    TOO_LONG: _too_long,
}


def _length_text(policy: PasswordPolicy) -> str:
    return _("At least %(count)d characters.") % {"count": policy.min_length}


def _classes_text(policy: PasswordPolicy) -> str:
    if policy.min_classes >= 4:
        return _("Small letters, capital letters, digits and other characters.")
    text = ngettext(
        "At least %(count)d of: small letters, capital letters, digits, other characters.",
        "At least %(count)d of: small letters, capital letters, digits, other characters.",
        policy.min_classes,
    )
    return text % {"count": policy.min_classes}


def _history_text(policy: PasswordPolicy) -> str:
    text = ngettext("Not the last password.", "Not one of the last %(count)d passwords.", policy.history)
    return text % {"count": policy.history}


_TEXTS: dict[str, Callable[[PasswordPolicy], str]] = {
    LENGTH: _length_text,
    CLASSES: _classes_text,
    COMMON: lambda _policy: _("None that many people use, not only digits, not a few characters again and again."),
    PERSONAL: lambda _policy: _("Nothing close to the username, the e-mail address or the name."),
    HISTORY: _history_text,
    CHARACTERS: lambda _policy: _("Nothing that can't be typed, such as a line break or half a character."),
    TOO_LONG: lambda _policy: _("At most %(count)d characters.") % {"count": LONGEST},
}


def _common() -> CommonPasswordValidator:
    global _COMMON
    if _COMMON is None:
        _COMMON = CommonPasswordValidator()  # reads a file of 20,000 words once
    return _COMMON


_COMMON: CommonPasswordValidator | None = None
