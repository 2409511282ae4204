"""What the parts above tell the mail: how a template's facts are made, and whom mail comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provisor.mail.models import Mail

FactsOf = Callable[["Mail"], Mapping[str, Any]]


class Dropped(Exception):
    """The mail isn't wanted any more; the message says why, to people."""


class Kept(Exception):
    """The mail can't go out now and waits for a person; the message says what to do."""


@dataclass(frozen=True)
class Organisation:
    """Whose mail it is. `sender`: the address that was chosen for it, if any."""

    name: str = ""
    sender: str | None = None


_facts: dict[str, FactsOf] = {}
_organisation: list[Callable[[], Organisation]] = []


def register(template: str, facts_of: FactsOf) -> None:
    """`facts_of` is called within the transaction that keeps what was rendered."""
    _facts[template] = facts_of


def facts_of(row: Mail) -> Mapping[str, Any]:
    make = _facts.get(row.template)
    return make(row) if make else {}


def use_organisation(read: Callable[[], Organisation]) -> None:
    """How the organisation is read: the directory, above, says it."""
    _organisation[:] = [read]


def organisation() -> Organisation:
    return _organisation[0]() if _organisation else Organisation()
