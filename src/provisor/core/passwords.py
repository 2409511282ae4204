"""Passwords for an SP: made up to its policy, checked against it, and taken out of whatever it says. Pure.

A temporary password is one that nobody knows: an SP that wants one with a new account gets it, and the user's own follows.
"""

from __future__ import annotations

import base64
import html
import json
import string
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

from provisor.core.form import Form
from provisor.core.vocabulary import SYMBOLS

LENGTH = 24  # of a temporary password, unless the SP wants a longer or takes only a shorter one
LEFT_OUT = "(its words are left out: they may repeat the password)"
_TELLING = 5  # so many characters of a password in a row are too many to be shown

Choose = Callable[[Sequence[str]], str]

_CLASSES = {
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "digit": string.digits,
    "symbol": "".join(sorted(SYMBOLS)),
}


def taken(form: Form, *, at: str) -> bool:
    """Whether a password is taken `at` "create" or "change"."""
    return form.password in ("both", at)


def temporary(form: Form, choose: Choose) -> str:
    """A new password by the form's policy: at least one character of each class, and no other. `choose` picks one of
    several by chance, as secrets.choice does."""
    classes = [allowed for name in form.password_classes if (allowed := _allowed(name, form))]
    classes = classes or [_CLASSES[name] for name in ("lower", "upper", "digit")]
    longest = form.password_length_max or LENGTH + form.password_length_min
    length = min(max(LENGTH, form.password_length_min), longest)
    needed = [choose(allowed) for allowed in classes][:length]
    rest = [choose("".join(classes)) for _ in range(length - len(needed))]
    return "".join(_shuffled([*needed, *rest], choose))


def _allowed(name: str, form: Form) -> str:
    return "".join(character for character in _CLASSES[name] if character not in form.password_forbidden)


def _shuffled(characters: list[str], choose: Choose) -> list[str]:
    left, mixed = list(range(len(characters))), []
    while left:
        place = left.index(int(choose([str(each) for each in left])))
        mixed.append(characters[left.pop(place)])
    return mixed


def too_short_or_long(password: str, form: Form) -> str | None:
    """Why this SP is known not to take the password, for people; None where nothing is known against it."""
    if len(password) < form.password_length_min:
        return f"The application takes passwords of at least {form.password_length_min} characters."
    if form.password_length_max and len(password) > form.password_length_max:
        return f"The application takes passwords of at most {form.password_length_max} characters."
    return None


def without(password: str, text: str) -> str:
    """`text`, which an SP said, unless it tells something of the password: then words of ours."""
    return LEFT_OUT if tells(password, text) else text


def tells(password: str, text: str) -> bool:
    """Whether the password, or a part of it, stands in the text: as it is or encoded, whatever the case."""
    said = text.casefold()
    return any(part in said for form in spellings(password) for part in _parts(form.casefold()))


def spellings(password: str) -> frozenset[str]:
    """The ways in which a password may be written down: plain, for JSON, HTML and URLs, and in base 64."""
    encoded = password.encode()
    return frozenset(
        {
            password,
            json.dumps(password)[1:-1],
            json.dumps(password, ensure_ascii=False)[1:-1],
            repr(password)[1:-1],
            html.escape(password),
            quote(password, safe=""),
            quote_plus(password),
            encoded.hex(),
            *(part for offset in range(3) if (part := _in_base_64(encoded, offset, base64.b64encode))),
            *(part for offset in range(3) if (part := _in_base_64(encoded, offset, base64.urlsafe_b64encode))),
        }
    )


def _in_base_64(encoded: bytes, offset: int, encode: Callable[[bytes], bytes]) -> str:
    """The characters that base 64 makes of it wherever it stands in a longer text: without those shared with others."""
    whole = encode(bytes(offset) + encoded).decode().rstrip("=")
    shared = (offset * 8 + 5) // 6
    end = (offset + len(encoded)) * 8 // 6
    return whole[shared:end]


def _parts(spelling: str) -> frozenset[str]:
    size = min(_TELLING, len(spelling))
    return frozenset(spelling[start : start + size] for start in range(len(spelling) - size + 1)) - {""}


def scrubbed(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A resource without the password that an SP showed in it although it must not."""
    return {name: value for name, value in raw.items() if name.lower() != "password"}
