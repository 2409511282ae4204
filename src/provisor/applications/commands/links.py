"""A link is an account or a group: what a person asks of one goes to the command for its kind."""

from __future__ import annotations

import uuid

from provisor.administrators.actor import Actor
from provisor.applications.commands import accounts, group_links
from provisor.applications.commands.accounts import Decision
from provisor.applications.queries.accounts import Account


def retry_link(actor: Actor, link_id: uuid.UUID) -> Account:
    """The account or group, due now, whatever it waited for. Raises NotFound."""
    retry = group_links.retry_group if group_links.is_group_link(link_id) else accounts.retry_account
    return retry(actor, link_id)


def resolve_link(actor: Actor, decision: Decision) -> Account:
    """The account or group, due with what a person decided. Raises as accounts.resolve_hold."""
    resolve = (
        group_links.resolve_group_hold if group_links.is_group_link(decision.account_id) else accounts.resolve_hold
    )
    return resolve(actor, decision)
