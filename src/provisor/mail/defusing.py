"""Other people's text in a mail: a user named "https://evil.example/login" must not become something to click on. Pure.

Programs that show mail make links of what looks like one. So where it does, an invisible word joiner is put in; names
and e-mail addresses stay exactly as they are. What could begin a new line or turn the direction of writing is dropped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

LONGEST = 500
JOINER = "\N{WORD JOINER}"
_WEB = re.compile(r"(?i)(?:\b[a-z][a-z0-9+.-]{1,20}:/|www\.|(?:^|[\s(<\[\"'])(?:[\w-]+\.)+[a-z][\w-]+)")
_MAIL = re.compile(r"[\w.+!#$%&'*/=?^`{|}~-]+@[\w.-]+")
_SCHEME = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20}):(?=\S)")
_DOT = re.compile(r"\.(?=\w)")


def one_line(text: str, longest: int = LONGEST) -> str:
    """Without line breaks, control characters and direction marks, and not too long."""
    shown = "".join(letter if _plain(letter) else " " for letter in text[: longest * 4])
    words = " ".join(shown.split())
    return words if len(words) <= longest else f"{words[: longest - 1]}…"


def _plain(letter: str) -> bool:
    return unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def defused(text: str) -> str:
    """One line that no mail program makes a link to the web of."""
    shown = one_line(text)
    if _MAIL.fullmatch(shown) or not _WEB.search(shown):
        return shown
    return _DOT.sub(f".{JOINER}", _SCHEME.sub(rf"\1:{JOINER}", shown))


def facts(given: Mapping[str, Any]) -> dict[str, Any]:
    """Every text in `given` made harmless, however deep; links that are ours are checked instead."""
    return {name: _link(value) if is_link(name) else _harmless(value) for name, value in given.items()}


def is_link(name: str) -> bool:
    return name == "link" or name.endswith("_link")


def _harmless(value: Any) -> Any:
    if isinstance(value, str):
        return defused(value)
    if isinstance(value, Mapping):
        return facts(value)
    return [_harmless(each) for each in value] if isinstance(value, list | tuple) else value


def _link(value: Any) -> str:
    """A link of ours, or nothing. It has no place for what ends a line or an attribute."""
    if isinstance(value, str) and re.fullmatch(r"https?://[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a~]+", value):
        return value
    return ""
