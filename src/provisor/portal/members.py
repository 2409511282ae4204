"""Changes of members in words: "25 members added: ada, ben, cleo, dora and 21 more"."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provisor.applications.models import Change
from provisor.applications.queries.member_changes import Members, members_of
from provisor.portal.words import grouped


def told(changes: Iterable[Change]) -> list[Change]:
    """The changes, each change of members with its `members` in words."""
    rows = list(changes)
    found = members_of(rows)
    for change in rows:
        if change.id in found:
            change.members = in_words(found[change.id], change)  # type: ignore[attr-defined]
    return rows


def in_words(members: Members, change: Change) -> str:
    """What happens, or happened, to whom."""
    planned = (change.outcome or {}).get("result") != "success"
    if members.added:
        text = (
            ngettext("%(count)s member to add", "%(count)s members to add", members.count)
            if planned
            else ngettext("%(count)s member added", "%(count)s members added", members.count)
        )
    else:
        text = (
            ngettext("%(count)s member to remove", "%(count)s members to remove", members.count)
            if planned
            else ngettext("%(count)s member removed", "%(count)s members removed", members.count)
        )
    said, names = text % {"count": grouped(members.count)}, ", ".join(members.names)
    if not names:
        return said
    if members.more:
        return _("%(said)s: %(names)s and %(more)s more") % {
            "said": said, "names": names, "more": grouped(members.more)
        }  # fmt: skip
    return f"{said}: {names}"
