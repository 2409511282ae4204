"""Mail addresses from outside: what can be sent to, and in which form. Pure."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.headerregistry import Address

import idna

_LOCAL = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x20\x7f]+")


class Unusable(Exception):
    """The message says what is wrong with the address, without repeating it."""


def address(text: str, name: str = "") -> Address:
    """`text` as a header takes it, its domain in ASCII. Raises Unusable for what is no single plain address."""
    local, at, domain = text.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or len(local.encode()) > 64:
        raise Unusable("It is no mail address: something like name@example.com is expected.")
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise Unusable("Its part before the @ has dots where none can be.")
    try:
        return Address(display_name=name, username=local, domain=_ascii(domain))
    except (HeaderParseError, ValueError, IndexError) as error:
        raise Unusable("It is no mail address that a server would take.") from error


def _ascii(domain: str) -> str:
    try:
        found = idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise Unusable("Its part after the @ is no domain.") from error
    if len(found) > 253:
        raise Unusable("Its part after the @ is too long.")
    return found
