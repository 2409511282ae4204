"""Hashing is slow on purpose, so it never happens while a row is locked; and it happens for people who don't exist, too."""

from __future__ import annotations

from functools import cache

from django.contrib.auth.hashers import check_password, make_password

from provisor.directory.passwords.policy import LONGEST, prepared


def hashed(password: str) -> str:
    """The argon2 hash of a password."""
    return make_password(prepared(password))


def matches(password: str, hash: str | None) -> bool:
    """Whether `hash` is of this password. As slow for None, and for what is no password at all."""
    usable = len(password) <= LONGEST and not any("\ud800" <= letter <= "\udfff" for letter in password)
    right = check_password(prepared(password) if usable else "", hash or _of_nobody())
    return right and usable and hash is not None


@cache
def _of_nobody() -> str:
    """A hash that costs as much as any other to compare with."""
    return make_password("nobody has this password")
