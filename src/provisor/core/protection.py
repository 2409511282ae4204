"""What is never touched at an SP (S-PROTECT): break-glass accounts, a billing owner, the account that our token belongs to.

Pure. The plan asks here, so that a preview shows it and no guard is asked in vain; and once more, right before a write,
`engine.doing` and `engine.groups.session` ask, so that no path gets around it: nothing is sent, the account is held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisor.core.changes import Change
from provisor.core.group_links import GroupLink, RemoteGroup
from provisor.core.links import Account, Link
from provisor.core.protected import Protected

CODE = "protected"
HINT = "Do it there by hand, or take it off the application's protected accounts and use Retry."


def error(why: str) -> dict[str, str]:
    """Why an account is held, for people."""
    return {"code": CODE, "message": why, "hint": HINT}


def account(protected: Protected, found: Account) -> str | None:
    """Why this account at the SP is not to be adopted or changed."""
    return protected.why((found.id,), (found.user_name, *found.emails)) if protected else None


def group(protected: Protected, found: RemoteGroup) -> str | None:
    """Why this group at the SP is not to be adopted or changed."""
    return protected.why((found.id,), (found.name,)) if protected else None


def touched(protected: Protected, link: Link, change: Change) -> str | None:
    """Why `change` of an account must not be sent: it is about what is protected, or would give somebody its name. None:
    it may be sent."""
    if not protected:
        return None
    ids, names = [link.remote_id, change.remote_id], _said(link.known, change, ("userName", "emails"))
    if change.account is not None:
        ids.append(change.account.id)
        names += [change.account.user_name or "", *change.account.emails]
    return protected.why(ids, names)


def touched_group(protected: Protected, link: GroupLink, name: str, change: Change) -> str | None:
    """The same for a change of the group `name` of the directory, its members included."""
    if not protected:
        return None
    ids, names = [link.remote_id, change.remote_id], [name, *_said(link.known, change, ("displayName",))]
    if change.group is not None:
        ids.append(change.group.id)
        names.append(change.group.name or "")
    return protected.why(ids, names)


def _said(known: Mapping[str, Mapping[str, Any]], change: Change, paths: tuple[str, ...]) -> list[str]:
    """Every name by which the SP or the change knows it: as it is there, as it was sent, as it would be."""
    values = [value for path in paths for value in (known.get(path) or {}).values()]
    for difference in change.attributes:
        if difference.name in paths:
            values += [difference.was, difference.to]
    return [word for value in values for word in _words(value)]


def _words(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list | tuple) else (value,):
        word = one.get("value") if isinstance(one, Mapping) else one
        if isinstance(word, str):
            yield word
