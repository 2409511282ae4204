"""Values that groups give to those who have access by them, such as a role or a licence. Pure.

An assigned group may carry `{"role": "editor", "licence": ["pro"]}` and a priority. Who has access by several groups gets,
for each name, what the group of the highest priority says (of equal ones the first by name). Where that is a list, the
lists and texts of the others are added to it, each once, in order of priority.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

MOST_NAMES, MOST_TEXTS, LONGEST = 20, 100, 256
LOWEST, HIGHEST = -1000, 1000


class Given(NamedTuple):
    """What one group says."""

    priority: int
    group: str
    values: Mapping[str, Any]


def merged(given: Iterable[Given]) -> dict[str, Any]:
    """What all the groups together say, by name."""
    ordered = sorted(given, key=lambda one: (-one.priority, one.group.casefold(), one.group))
    names = sorted({name for one in ordered for name in one.values})
    return {name: _one([one.values[name] for one in ordered if name in one.values]) for name in names}


def _one(said: Sequence[Any]) -> Any:
    """`said`: what the groups say under one name, the highest priority first."""
    if not isinstance(said[0], list):
        return said[0]
    texts = [text for value in said for text in (value if isinstance(value, list) else [value])]
    return list(dict.fromkeys(texts))


def wrong_with(values: Any) -> dict[str, str]:
    """What can't be used of `{name: text or list of texts}`, by path; empty where all is right."""
    if not isinstance(values, Mapping):
        return {"values": 'An object such as {"role": "editor"}.'}
    if len(values) > MOST_NAMES:
        return {"values": f"At most {MOST_NAMES} values."}
    return {path: why for name, value in values.items() for path, why in _wrong(str(name), value)}


def _wrong(name: str, value: Any) -> Iterable[tuple[str, str]]:
    path = f"values.{name[:64]}"
    if not (name.isidentifier() and name.isascii() and len(name) <= 64):
        yield path, "A name has letters, digits and _, begins with a letter, and is no longer than 64."
    if isinstance(value, list):
        if not 0 < len(value) <= MOST_TEXTS:
            yield path, f"1 to {MOST_TEXTS} texts."
        yield from ((f"{path}[{at}]", _TEXT) for at, text in enumerate(value) if not _is_text(text))
    elif not _is_text(value):
        yield path, f"{_TEXT} Or a list of such texts."


_TEXT = f"A text of 1 to {LONGEST} characters, without control characters."


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST and value.isprintable()
