"""The organisation's settings: what they are called, what they are unless somebody chose otherwise, and what is wrong with
a value. Only what was chosen is stored, so a better default in a later version reaches every organisation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.utils.translation import gettext as _

from provisor.errors import Invalid

JSON = Mapping[str, Any]
SELF_SERVICE = (
    *("firstname", "middlename", "lastname", "displayname", "location", "locale", "addresses", "phoneNumbers"),
)


@dataclass(frozen=True)
class PasswordPolicy:
    """What a password must be. `min_classes`: of lower case, upper case, digits and others, 0 to 4; `history`: how many
    former ones can't come again; `expires_after_days`: 0 is never; `lock_after` wrong tries (0: never) for
    `lock_minutes`."""

    min_length: int = 12
    min_classes: int = 0
    history: int = 5
    expires_after_days: int = 0
    warn_before_days: int = 14
    lock_after: int = 10
    lock_minutes: int = 15


@dataclass(frozen=True)
class Activation:
    """Whether who becomes active without a password gets a mail with a link, and how long a link holds."""

    mail: bool = True
    link_hours: int = 72


@dataclass(frozen=True)
class SelfService:
    """What people may change of their own: attributes of a user, and whether they may ask for a link to reset a password.
    `contact`: an e-mail address, shown to them as whom to ask."""

    edit: tuple[str, ...] = ("displayname", "phoneNumbers")
    reset: bool = True
    contact: str | None = None


@dataclass(frozen=True)
class Settings:
    """All of them. `trash_days`: so long a deleted user or group can be restored; `mail_from`: whom mails come from."""

    password: PasswordPolicy = PasswordPolicy()
    activation: Activation = Activation()
    self_service: SelfService = SelfService()
    trash_days: int = 30
    mail_from: str | None = None


_PARTS: dict[str, type] = {"password": PasswordPolicy, "activation": Activation, "self_service": SelfService}


def from_stored(stored: JSON) -> Settings:
    """The settings that `stored`, the organisation's row, stands for: what it leaves out has its default."""
    values = {name: _part(name, value) for name, value in stored.items()}
    return Settings(**values)


def _part(name: str, value: Any) -> Any:
    if name not in _PARTS:
        return value
    return _PARTS[name](**{key: tuple(each) if isinstance(each, list) else each for key, each in value.items()})


def as_json(stored: JSON) -> dict[str, Any]:
    """Every setting with its value, as the API shows it."""
    shown = asdict(from_stored(stored))
    shown["self_service"]["edit"] = list(shown["self_service"]["edit"])
    return shown


def merged(stored: JSON, given: JSON) -> dict[str, Any]:
    """`stored` with `given` merged over it: each setting, and each word of an object, is one of its own; null takes it back
    to its default. Raises Invalid naming every field, such as "settings.password.min_length"."""
    if wrong := _wrong(given):
        raise Invalid(wrong)
    both = dict(stored)
    for name, value in given.items():
        both[name] = _words(stored.get(name) or {}, value) if name in _PARTS and value else value
    return {name: value for name, value in both.items() if value not in (None, {})}


def _words(stored: JSON, given: JSON) -> dict[str, Any]:
    return {word: value for word, value in {**stored, **given}.items() if value is not None}


def _wrong(given: JSON) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in given.items():
        path = f"settings.{name}"
        if name in _PARTS and isinstance(value, Mapping):
            for word, part in value.items():
                found |= _checked(f"{path}.{word}", _CHECKS.get(f"{name}.{word}"), part, _words_of(name))
        elif name in _PARTS:
            found |= {} if value is None else {path: _("An object with %s.") % ", ".join(_words_of(name))}
        else:
            found |= _checked(path, _CHECKS.get(name), value, [each.name for each in fields(Settings)])
    return found


def _words_of(name: str) -> list[str]:
    return [each.name for each in fields(_PARTS[name])]


Check = Callable[[Any], str | None]


def _checked(path: str, check: Check | None, value: Any, known: list[str]) -> dict[str, str]:
    if check is None:
        return {path: _("There is no such setting. Known: %s.") % ", ".join(known)}
    wrong = None if value is None else check(value)
    return {path: wrong} if wrong else {}


def _whole(low: int, high: int) -> Check:
    def check(value: Any) -> str | None:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return None
        return _("A whole number from %(low)d to %(high)d.") % {"low": low, "high": high}

    return check


def _switch(value: Any) -> str | None:
    return None if isinstance(value, bool) else _("true or false.")


def _editable(value: Any) -> str | None:
    if isinstance(value, list) and all(isinstance(each, str) and each in SELF_SERVICE for each in value):
        return None
    return _("A list of attributes that people may change themselves: some of %s.") % ", ".join(SELF_SERVICE)


def _sender(value: Any) -> str | None:
    plain = isinstance(value, str) and value.count("@") == 1 and len(value) <= 256
    if plain and value.isprintable() and not any(letter.isspace() or letter in '<>",;' for letter in value):
        return None
    return _("An e-mail address, such as directory@example.com.")


_CHECKS: dict[str, Check] = {
    "password.min_length": _whole(8, 128),
    "password.min_classes": _whole(0, 4),
    "password.history": _whole(0, 24),
    "password.expires_after_days": _whole(0, 3650),
    "password.warn_before_days": _whole(0, 90),
    "password.lock_after": _whole(0, 100),
    "password.lock_minutes": _whole(1, 1440),
    "activation.mail": _switch,
    "activation.link_hours": _whole(1, 720),
    "self_service.edit": _editable,
    "self_service.reset": _switch,
    "self_service.contact": _sender,
    "trash_days": _whole(0, 3650),
    "mail_from": _sender,
}
