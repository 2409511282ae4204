"""The words of the SP form: what each field may hold, how a wrong value is refused, and the JSON schema of it all."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import MISSING, Field, dataclass, field
from typing import Any

from provisor.core.mapping import ENTERPRISE_TARGETS, MULTI_VALUED, SOURCES, TARGETS

PATHS = TARGETS | ENTERPRISE_TARGETS
PARTS = frozenset(f"{path}.{part}" for path in MULTI_VALUED for part in ("type", "primary"))
KEYS = frozenset({"externalId", "userName", "emails"})
# Attributes that `core.dialect` can compute where a user has none.
FILLED = frozenset({"name.formatted", "name.givenName", "name.familyName", "displayName"})
# Formats of `core.dialect`: each a named function.
FORMATS = frozenset({"lower_case", "no_at_sign", "short_name_21", "plain_text", "country_code"})
# Quirks: each switches on one named function.
#   conflict_as_400, conflict_as_500: an account that exists is told with this status (C2)
#   forbidden_is_pause: 403 means that provisioning is paused there, not that the token lacks a right
QUIRKS = frozenset({"conflict_as_400", "conflict_as_500", "forbidden_is_pause"})
# Classes of requests that may have a limit of their own; "requests" is all of them together.
_VERBS = ("list", "get", "create", "update", "delete")
CLASSES = frozenset(
    ("requests", "reads", "writes", *(f"{kind}_{verb}" for kind in ("user", "group") for verb in _VERBS))
)
# What a temporary password may be made of (core.passwords).
CHARACTERS = frozenset({"lower", "upper", "digit", "symbol"})
SYMBOLS = frozenset("!#$%*+-.:=?@_~")
HEADER, LIMIT = "header", "limit"
_LIMIT = re.compile(r"[1-9][0-9]{0,6}/[1-9][0-9]{0,5}(/[1-9][0-9]{0,6})?")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
# Headers that are ours to write, that say where a body ends and who hears it, or that make another request of it.
_OURS = frozenset(
    {
        "accept", "accept-encoding", "authorization", "connection", "content-encoding", "content-length", "content-type",
        "cookie", "expect", "host", "http2-settings", "keep-alive", "set-cookie", "te", "trailer", "transfer-encoding",
        "upgrade", "user-agent", "x-http-method", "x-http-method-override", "x-method-override",
    }
)  # fmt: skip


class InvalidForm(ValueError):
    """A word is not in the vocabulary; the message names it."""


@dataclass(frozen=True)
class Word:
    """One field of the form: its default, what it means, and what it may hold."""

    name: str
    default: Any
    says: str
    choices: tuple[str, ...] = ()
    among: Collection[str] | str = ()
    low: int = 0
    high: int = 0

    @property
    def kind(self) -> str:
        if isinstance(self.default, bool):
            return "boolean"
        if isinstance(self.default, int):
            return "integer"
        if isinstance(self.default, tuple):
            return "list"
        return "map" if isinstance(self.default, Mapping) else "text"


def said(default: Any, says: str, among: Collection[str] | str = (), *, low: int = 0, high: int = 0) -> Any:
    """A field of the form. `among`: what the elements of a list, the values of a map or a text may be."""
    about = {"says": says, "among": among, "low": low, "high": high}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=about)
    return field(default=default, metadata=about)


def word(of: Field[Any]) -> Word:
    """The definition that a dataclass field stands for; a Literal's choices are read from its annotation."""
    default = of.default if of.default is not MISSING else {}
    found = re.fullmatch(r"Literal\[(.*)\]", str(of.type))
    choices = tuple(re.findall(r"['\"]([^'\"]*)['\"]", found.group(1))) if found else ()
    return Word(of.name, default, choices=choices, **of.metadata)


def check(definition: Mapping[str, Word], given: Mapping[str, Any]) -> None:
    """Raises InvalidForm naming the first value that is not in the vocabulary."""
    for name, value in given.items():
        if name not in definition:
            raise InvalidForm(f"form.{name}: unknown; known are {', '.join(sorted(definition))}.")
        if wrong := _wrong(definition[name], value):
            raise InvalidForm(f"form.{name}: {wrong}")


def _wrong(word: Word, value: Any) -> str | None:
    return _CHECKS[word.kind](word, value)


def _boolean(word: Word, value: Any) -> str | None:
    return None if isinstance(value, bool) else "true or false expected."


def _integer(word: Word, value: Any) -> str | None:
    right = isinstance(value, int) and not isinstance(value, bool) and word.low <= value <= word.high
    return None if right else f"a whole number from {word.low} to {word.high} expected."


def _text(word: Word, value: Any) -> str | None:
    if not isinstance(value, str):
        return "text expected."
    if word.choices:
        return None if value in word.choices else f"{' or '.join(word.choices)} expected."
    if word.among is SOURCES:
        right = value in SOURCES or value.removeprefix("attributes.") not in ("", value)
        return None if right else f"{value!r} is no attribute of a user."
    right = not value or (value.startswith("/") and "//" not in value and value.isprintable() and len(value) <= 256)
    return None if right else "a path that begins with / expected."


def _list(word: Word, value: Any) -> str | None:
    if not isinstance(value, list | tuple) or not all(isinstance(element, str) for element in value):
        return "a list of texts expected."
    allowed = word.among or (PARTS if word.name == "never_sent" else PATHS)
    unknown = [element for element in value if element not in allowed]
    return f"{', '.join(unknown)}: unknown; known are {', '.join(sorted(allowed))}." if unknown else None


def _map(word: Word, value: Any) -> str | None:
    if not isinstance(value, Mapping) or not all(isinstance(text, str) for pair in value.items() for text in pair):
        return "an object of texts expected."
    wrong = (_wrong_pair(word, name, text) for name, text in value.items())
    return next((found for found in wrong if found), None)


def _wrong_pair(word: Word, name: str, value: str) -> str | None:
    if word.among == HEADER:
        ours = name.lower() in _OURS or name.lower().startswith("proxy-")
        right = _HEADER.fullmatch(name) and not ours and value.isprintable() and len(value) <= 256
        return None if right else f"{name}: can't be set as a header here."
    if word.among == LIMIT:
        known = name in CLASSES or f"{name}: unknown; known are {', '.join(sorted(CLASSES))}."
        return (
            None if known is True and _LIMIT.fullmatch(value) else str(known or f"{name}: such as 180/60 or 180/60/20.")
        )
    if name not in PATHS and name not in ("addresses.country",):
        return f"{name}: unknown attribute."
    return None if value in word.among else f"{value}: unknown; known are {', '.join(sorted(word.among))}."


_CHECKS = {"boolean": _boolean, "integer": _integer, "text": _text, "list": _list, "map": _map}


def json_schema(definition: Mapping[str, Word]) -> dict[str, Any]:
    """An object with every word, nothing else allowed."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _schema(word) for name, word in definition.items()},
    }


def _schema(word: Word) -> dict[str, Any]:
    about: dict[str, Any] = {"description": word.says, "default": _plain(word.default)}
    return about | _SHAPES[word.kind](word)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value


def _map_schema(word: Word) -> dict[str, Any]:
    if word.among == LIMIT:
        names: dict[str, Any] = {"enum": sorted(CLASSES)}
        return {"type": "object", "propertyNames": names, "additionalProperties": {"pattern": f"^{_LIMIT.pattern}$"}}
    if word.among == HEADER:
        names = {"pattern": f"^{_HEADER.pattern}$"}
        return {"type": "object", "propertyNames": names, "additionalProperties": {"type": "string"}}
    values = {"enum": sorted(word.among)}
    return {
        "type": "object",
        "propertyNames": {"enum": sorted({*PATHS, "addresses.country"})},
        "additionalProperties": values,
    }


def _list_schema(word: Word) -> dict[str, Any]:
    allowed = word.among or (PARTS if word.name == "never_sent" else PATHS)
    return {"type": "array", "items": {"enum": sorted(allowed)}, "uniqueItems": True}


_SHAPES = {
    "boolean": lambda _: {"type": "boolean"},
    "integer": lambda word: {"type": "integer", "minimum": word.low, "maximum": word.high},
    "text": lambda word: {"enum": list(word.choices)} if word.choices else {"type": "string"},
    "list": _list_schema,
    "map": _map_schema,
}
