"""Values that views hand to pieces of a page (templates/portal/pieces)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Tab:
    """A tab, or one of two to four segments. `count` stands behind the label; None shows none."""

    label: str
    address: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Choice:
    """One value that a chip offers."""

    label: str
    address: str


@dataclass(frozen=True)
class Chip:
    """A filter. Off: `choices` can be picked. On: `chosen` is its value, and `without` the address that drops it."""

    label: str
    choices: Sequence[Choice] = ()
    chosen: str | None = None
    without: str = ""


@dataclass(frozen=True)
class Health:
    """Of an application's accounts: how many are right, due and held (language.md: due has retrying in it, right has
    inactive). `paused`: nothing is sent, so that what is right is grey."""

    right: int = 0
    due: int = 0
    held: int = 0
    paused: bool = False

    @property
    def total(self) -> int:
        return self.right + self.due + self.held
