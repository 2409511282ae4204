"""The directory's law about the values of a user. The directory lies above this package and says here what it is
(`register`), so that an import shows beforehand what the directory would not take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Checked:
    """`values` that the directory takes; `notes`: `{name, message}` of each one that was left out; `problem`: by field, why
    no user can be made of them."""

    values: dict[str, Any]
    notes: list[dict[str, str]] = field(default_factory=list)
    problem: dict[str, str] = field(default_factory=dict)


Check = Callable[[Mapping[str, Any]], Checked]
Law = Callable[[], Check]  # reads what the organisation says of attributes once, for many candidates
_registered: dict[str, Law] = {}


def register(*, users: Law, groups: Law) -> None:
    """Says what the directory takes of a user, and of a group."""
    _registered.update(users=users, groups=groups)


def check_by_law(kind: str) -> Check:
    """What the directory takes of the values of a candidate of this kind, as the law is at this moment."""
    return _registered[kind]()
