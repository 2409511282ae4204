"""A row may name as manager who stands further down in the same file, and a circle shows only when all rows are known."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from django.utils.translation import gettext as _

from provisor.directory.models import State, User

PIECE = 1000


@dataclass
class Managers:
    """What the good rows of a file say about managers, by keys of usernames.

    `wanted`: user -> manager (None: none); `made`: users that the file makes; `rows`: the row of each user in `wanted`
    and `made`; `known`: ids of managers that the directory has."""

    wanted: dict[str, str | None] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    rows: dict[str, int] = field(default_factory=dict)
    known: dict[str, uuid.UUID] = field(default_factory=dict)

    def wrong(self) -> Iterator[tuple[int, str]]:
        """(row, reason) of each row whose manager can't be; what it says is forgotten."""
        if not self.wanted:
            return
        self.known = dict(_known(key for key in set(self.wanted.values()) if key))
        while missing := [user for user, key in self.wanted.items() if key and not self._is_there(key)]:
            for user in missing:
                yield self._forget(user), _("There is no such user, in the directory or in a good row of this file.")
        for user in self._in_circles():
            yield self._forget(user), _("This would make the user a manager of themselves, directly or through others.")
        while missing := [user for user, key in self.wanted.items() if key and not self._is_there(key)]:
            for user in missing:
                yield self._forget(user), _("The manager's own row is bad.")

    def _is_there(self, key: str) -> bool:
        return key in self.known or key in self.made

    def _forget(self, user: str) -> int:
        del self.wanted[user]
        self.made.discard(user)
        return self.rows[user]

    def _in_circles(self) -> list[str]:
        above: dict[str, str | None] = dict(_chains()) | self.wanted
        return [user for user in self.wanted if _meets_itself(user, above)]


def _meets_itself(user: str, above: Mapping[str, str | None]) -> bool:
    seen: set[str] = set()
    at = above.get(user)
    while at and at not in seen:
        if at == user:
            return True
        seen.add(at)
        at = above.get(at)
    return False


def _known(keys: Iterable[str]) -> Iterator[tuple[str, uuid.UUID]]:
    standing = User.objects.exclude(state=State.DELETING)
    keys = iter(keys)
    while piece := list(islice(keys, PIECE)):
        yield from standing.filter(username_key__in=piece).values_list("username_key", "id")


def _chains() -> Iterator[tuple[str, str | None]]:
    """Who stands above whom in the directory now."""
    pairs = User.objects.filter(manager__isnull=False).values_list("username_key", "manager__username_key")
    return pairs.iterator(chunk_size=5000)
