"""Which passwords a service provider takes, and how one behaves that repeats them although it must not."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from typing import Any

from provisor.testing.errors import invalid_value
from provisor.testing.profile import Profile

_HOLDS: Mapping[str, str] = {
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "digit": string.digits,
    "symbol": string.punctuation,
}
_RULES: Mapping[str, Callable[[str, str], bool]] = {
    "min": lambda password, wanted: len(password) >= int(wanted),
    "max": lambda password, wanted: len(password) <= int(wanted),
    "needs": lambda password, wanted: any(character in _HOLDS[wanted] for character in password),
    "not": lambda password, wanted: wanted not in password,
}


def refuse_password(password: Any, profile: Profile, *, new: bool) -> None:
    """Raises for a password that this provider doesn't take with a new account (`new`), or later."""
    if not isinstance(password, str) or not password:
        raise invalid_value("password is text.")
    if profile.passwords not in ("both", "create" if new else "change"):
        raise invalid_value(
            f"The password can't be set {'with a new user' if new else 'later'}{_echo(password, profile)}."
        )
    for rule in profile.password_policy:
        kind, _, wanted = rule.partition(":")
        if not _RULES[kind](password, wanted):
            raise invalid_value(f"The password{_echo(password, profile)} breaks the policy: {rule}.")


def _echo(password: str, profile: Profile) -> str:
    return f" {password!r}" if profile.echo_passwords else ""


def repeated(resource: dict[str, Any], password: str | None, profile: Profile) -> dict[str, Any]:
    """A user as it is answered: with the password, by a provider that repeats it."""
    return {**resource, "password": password} if profile.echo_passwords and password else resource
