"""What a person decides about a group at an SP: try again, or what to do with one that is held."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import connection, due
from provisor.applications.commands.accounts import Decision, again, as_it_was_shown
from provisor.applications.history import Entry, change, record
from provisor.applications.models import GroupDue, GroupLink, LinkStatus
from provisor.applications.queries.accounts import Account
from provisor.applications.queries.group_links import get_group_link
from provisor.errors import Invalid, WrongState

ACTIONS = ("adopt", "create", "ignore", "delete")


def is_group_link(link_id: uuid.UUID) -> bool:
    """Whether this id is a group's link."""
    return GroupLink.objects.filter(id=link_id).exists()


def retry_group(actor: Actor, link_id: uuid.UUID) -> Account:
    """The group, due now, whatever it waited for. Raises NotFound."""
    actor.require("accounts.retry")
    with transaction.atomic():
        link = get_group_link(link_id)
        decision = again((link["error"] or {}).get("code"))
        mark = due.Mark(due.EDIT, "person", actor.as_json(), actor.correlation, decision)
        due.mark_group_link(link["application"]["id"], link["group"]["id"], mark)
        return get_group_link(link_id)


def resolve_group_hold(actor: Actor, decision: Decision) -> Account:
    """The group, due with what a person decided. Raises as `resolve_hold`."""
    actor.require("accounts.resolve")
    link = GroupLink.objects.select_related("application").get(id=decision.account_id)
    _check(link, decision)
    shown = next((each for each in link.candidates or () if each.get("remote_id") == decision.remote_id), None)
    if decision.action == "adopt":
        as_it_was_shown(shown, connection.look_at_group(link.application, decision.remote_id or ""))
    with transaction.atomic():
        mark = due.Mark(due.EDIT, "person", actor.as_json(), actor.correlation, decision.as_json())
        due.mark_group_link(link.application_id, link.group_id, mark)
        changes = [change("remote_id", None, decision.remote_id)] if decision.remote_id else None
        entry = Entry(f"takeover_{decision.action}", changes, group=(link.group_id, link.name))
        record(actor, link.application, [entry])
        return get_group_link(link.id)


def _check(link: GroupLink, decision: Decision) -> None:
    if decision.action not in ACTIONS:
        raise Invalid({"action": _("One of %s.") % ", ".join(ACTIONS)})
    if (decision.action == "adopt") != (decision.remote_id is not None):
        raise Invalid({"remote_id": _("Adopting names the candidate; nothing else does.")})
    if link.status != LinkStatus.HELD:
        raise WrongState(_("Only a held group waits for a decision; this one is %s.") % link.status)
    waits_for_deletion = (link.error or {}).get("code") == "confirm_delete"
    if waits_for_deletion != (decision.action == "delete") and not (waits_for_deletion and decision.action == "ignore"):
        allowed = "delete, ignore" if waits_for_deletion else "adopt, create, ignore"
        raise Invalid({"action": _("For this group: one of %s.") % allowed})
    pending = GroupDue.objects.filter(
        group_id=link.group_id, application_id=link.application_id, decision__isnull=False
    )
    if pending.exists():
        raise WrongState(_("A decision about this group was made already and is being carried out."))
