"""Adding mail to the outbox, in the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Protocol

from provisor import jobs

if TYPE_CHECKING:
    from provisor.mail.models import Mail

AT_ONCE = 1000  # rows of one statement
BULK = 20  # beyond so many at once, other people's single mails overtake them
LONGEST = 320  # of an address


class Actor(Protocol):
    """Who writes: administrators.actor has it, above."""

    @property
    def correlation(self) -> uuid.UUID: ...

    def as_json(self) -> dict[str, str]: ...


@dataclass(frozen=True)
class Letter:
    """One of many mails of a template."""

    to: str
    user: uuid.UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    language: str = "en"


def write(
    actor: Actor,
    template: str,
    *,
    to: str,
    facts: Mapping[str, Any] | None = None,
    user: uuid.UUID | None = None,
    language: str = "en",
) -> Mail:
    """One mail. `facts` is JSON without a secret: what is one is made by the registered function (mail.register)."""
    return _add(actor, template, [Letter(to, user, facts or {}, language)], bulk=False)[0]


def write_many(actor: Actor, template: str, letters: Iterable[Letter]) -> int:
    """Any number of mails, read and written piece by piece; how many there were."""
    written, pieces = 0, _pieces(letters)
    for piece in pieces:
        written += len(_add(actor, template, piece, bulk=written + len(piece) > BULK))
    return written


def _pieces(letters: Iterable[Letter]) -> Iterator[list[Letter]]:
    rest = iter(letters)
    for first in rest:
        yield list(chain([first], islice(rest, AT_ONCE - 1)))


def _add(actor: Actor, template: str, letters: list[Letter], *, bulk: bool) -> list[Mail]:
    from django.template.loader import get_template

    from provisor.mail.models import Mail

    get_template(f"mail/{template}.txt")  # a name that is wrong shows here, not in a worker
    rows = [
        Mail(
            to=each.to[:LONGEST].replace("\0", "\N{REPLACEMENT CHARACTER}"),
            template=template,
            facts=dict(each.facts),
            user=each.user,
            language=each.language,
            actor=actor.as_json(),
            correlation=actor.correlation,
            bulk=bulk,
        )
        for each in letters
    ]
    Mail.objects.bulk_create(rows)
    jobs.later("send_mails")
    return rows
