"""A name in a filter must find exactly its own account, whatever quotes it holds (F2): a filter built by pasting
text together can be widened by the text.

Only `eq` and `and`, one space around them (F1). Source: RFC 7644 section 3.4.2.2.
"""

from __future__ import annotations

import json
import re

_NAME = r"[A-Za-z$][A-Za-z0-9_$-]*"
_PATH = re.compile(
    rf'(?:urn:[A-Za-z0-9._~:-]+:)?{_NAME}(?:\.{_NAME})?(?:\[{_NAME} eq "[A-Za-z0-9 _-]*"\](?:\.{_NAME})?)?'
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def eq(attribute_path: str, value: str | int | bool) -> str:
    """`userName eq "x"`, the value as JSON writes it. ValueError for a path that is none."""
    if not _PATH.fullmatch(attribute_path):
        raise ValueError(f"{attribute_path!r} is not an attribute path.")
    return f"{attribute_path} eq {_literal(value)}"


def both(first: str, second: str) -> str:
    """Resources that both filters find."""
    return f"{first} and {second}"


def _literal(value: str | int | bool) -> str:
    # Letters stay as they are: many parsers know the quotes of JSON, but not its \u escapes.
    text = json.dumps(value, ensure_ascii=False)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
