"""When a new or changed rule of a group waits for a person before its members come and go. Pure."""

from __future__ import annotations

from provisor.core.guard import Limit

LIMIT = Limit(max_percent=5, max_count=5)  # as the guard has it for accounts


def asks(*, leaving: int, members: int, failed: int, confirmed: int | None) -> bool:
    """Whether an edit waits that takes out `leaving` of `members` members, and that can't be evaluated for `failed` users.

    `confirmed`: so many leaving members were seen and accepted by whoever edits; what goes beyond it waits."""
    if confirmed is not None:
        return leaving > confirmed
    return failed > 0 or leaving > LIMIT.of(members)
