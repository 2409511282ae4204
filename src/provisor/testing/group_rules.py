"""Rules for clients about groups and their members, as `rules` has them for everything else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisor.testing.memberships import asked
from provisor.testing.seen import Seen

_MEMBER_PATH = re.compile(r'^members\[value eq "(?:[^"\\]|\\.)+"\]$')
MOST = 100  # what is safe everywhere (AWS takes no more)


def _member_operations(seen: Seen, op: str) -> list[dict[str, Any]]:
    return [
        sent
        for sent in seen.operations
        if str(sent.get("op")).lower() == op and str(sent.get("path")).startswith("members")
    ]


def _g2(seen: Seen) -> Iterator[str]:
    if seen.path[:1] != ("Groups",):
        return
    most = seen.profile.members_per_request or MOST
    sent = seen.whole.get("members") if seen.method == "POST" else None
    count = len(sent) if isinstance(sent, list) else asked(seen.operations).count
    if count > most:
        yield f"{count} members in one request are more than {most}: send them in chunks."


def _g3(seen: Seen) -> Iterator[str]:
    parts = {"value", "$ref"} if seen.profile.member_ref else {"value"}
    said = "{" + ", ".join(sorted(parts, reverse=True)) + "}"
    for sent in _member_operations(seen, "add"):
        if sent["path"] != "members" or not _made_of(sent.get("value"), parts):
            yield f'Members are added to path "members" as a list of {said}.'
    if seen.path[:1] == ("Groups",) and not _made_of(seen.whole.get("members", []), parts):
        yield f"Members are sent as {said}."


def _made_of(members: Any, parts: set[str]) -> bool:
    """True for a list of objects that have just these parts."""
    return isinstance(members, list) and all(isinstance(item, dict) and set(item) == parts for item in members)


def _g4(seen: Seen) -> Iterator[str]:
    for sent in _member_operations(seen, "remove"):
        if seen.profile.member_remove == "list":
            if not sent.get("value"):
                yield "Members are removed by a list here: without one, all of them go."
        elif not _MEMBER_PATH.match(str(sent["path"])) or "value" in sent:
            yield 'A member is removed by path members[value eq "id"] without a value: all else can empty the group.'


def _g5(seen: Seen) -> Iterator[str]:
    if _member_operations(seen, "replace"):
        yield "Replacing members loses those whom others added."


GROUP_RULES: Mapping[str, Callable[[Seen], Iterator[str]]] = {"G2": _g2, "G3": _g3, "G4": _g4, "G5": _g5}
