"""A held group beside the groups that it could be: what differs, what each decision does, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from provisor.applications.commands import Decision
from provisor.applications.queries import Account
from provisor.applications.queries.people import counts_of_groups
from provisor.core.takeover import key
from provisor.portal import causes
from provisor.portal.words import grouped


@dataclass(frozen=True)
class Compared:
    """One attribute of the comparison: `ours`, and each candidate's value with whether it is the same."""

    label: str
    ours: str
    theirs: list[tuple[str, bool | None]]


def compared(link: Account) -> dict[str, Any]:
    """What the page of one held group shows."""
    error, candidates = link["error"] or {}, link["candidates"]
    code = error.get("code")
    return {
        "rows": _rows(link, candidates),
        "candidates": [(one, _adopting(link, one)) for one in candidates],
        "choosing": bool(candidates) or code in causes.CHOICES,
        "deleting": code == "confirm_delete",
        "code": code,
    }


def _rows(link: Account, candidates: list[dict[str, Any]]) -> list[Compared]:
    id, name = link["group"]["id"], link["group"]["name"]
    ours = counts_of_groups([id]).get(id)
    names = [one.get("name") for one in candidates]
    ids = [one.get("external_id") for one in candidates]
    return [
        Compared(_("Name"), name, [(each or "", key(each) == key(name)) for each in names]),
        Compared(_("External id"), str(id), [(each or "", each == str(id) if each else None) for each in ids]),
        Compared(
            _("Members"),
            grouped(ours.everybody) if ours else _("deleted here"),
            [(_members(one), None) for one in candidates],
        ),
    ]


def _members(candidate: dict[str, Any]) -> str:
    count = candidate.get("members")
    return _("not shown there") if count is None else grouped(count)


def _adopting(link: Account, candidate: dict[str, Any]) -> list[str]:
    """What adopting this candidate would change there."""
    found = {
        _("its name"): key(candidate.get("name")) != key(link["group"]["name"]),
        _("its external id"): candidate.get("external_id") != str(link["group"]["id"]),
    }
    return [name for name, differs in found.items() if differs]


def told(link: Account, decision: Decision) -> str:
    """What is said after the decision."""
    texts = {
        "adopt": _("%(name)s takes over the group in %(application)s. Its members follow."),
        "create": _("A new group %(name)s is being created in %(application)s."),
        "ignore": _("%(name)s is left alone in %(application)s."),
        "delete": _("%(name)s is being deleted in %(application)s."),
    }
    return texts[decision.action] % {"name": link["group"]["name"], "application": link["application"]["name"]}
