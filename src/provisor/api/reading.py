"""Reading a JSON body strictly. RFC 8259 leaves open what a repeated name or NaN means: here they are refused (400).

Text that PostgreSQL or UTF-8 can't hold (NUL, half of a surrogate pair) is valid JSON, so it is 422 and its field is
named. A body of up to 16 MB is read (Django's DATA_UPLOAD_MAX_MEMORY_SIZE); nesting ends at 32 levels.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.parser import Parser

from provisor.bodies import path_of
from provisor.errors import Invalid, Malformed

DEEPEST = 32
Path = tuple[str | int, ...]


class StrictParser(Parser):
    """Ninja asks it for every body."""

    def parse_body(self, request: HttpRequest) -> Any:
        return read_json(request.body)


def read_json(body: bytes) -> Any:
    """The value in `body`; an empty one is `{}`, so that a POST without a body is valid. Raises Malformed, Invalid."""
    if not body.strip():
        return {}
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_no_number,
            parse_float=_finite,
        )
    except UnicodeDecodeError:
        raise Malformed(_("The body is not UTF-8.")) from None
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno}
        raise Malformed(_("The body is not JSON: see line %(line)s, column %(column)s.") % place) from None
    except RecursionError:
        raise Malformed(_too_deep()) from None
    except ValueError:
        raise Malformed(_("The body holds a number that is too long.")) from None
    _refuse_odd_text(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Malformed(_("The body names a field twice in one object."))
    return found


def _no_number(name: str) -> NoReturn:
    raise Malformed(_("The body holds %(name)s, which JSON does not have.") % {"name": name})


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Malformed(_("The body holds a number that is too large."))
    return number


def _refuse_odd_text(value: Any) -> None:
    wrong = {path_of(path): _odd() for path, text in _texts(value, ()) if _is_odd(text)}
    if wrong:
        raise Invalid(wrong)


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if len(path) > DEEPEST:
        raise Malformed(_too_deep())
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from [((*path, "(name)"), name)] if _is_odd(name) else ()
            yield from _texts(item, (*path, name))


def _is_odd(text: str) -> bool:
    return "\x00" in text or (not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text))


def _odd() -> str:
    return _("This holds a character that can't be stored (NUL, or half of a surrogate pair).")


def _too_deep() -> str:
    return _("The body is nested more than %(levels)s levels deep.") % {"levels": DEEPEST}
