"""What would be done about one user's account now: the engine's own decision, taken outside of a pass.

Nothing is written, and the SP is asked only where `look` says so, by reading.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from django.db import connection as database
from django.utils.translation import gettext as _

from provisor.applications import attribute_types, reading, settings
from provisor.applications import connection as talking
from provisor.applications.models import Application, Link, Tombstone
from provisor.applications.person import PERSON
from provisor.applications.queries.form import form_of
from provisor.core import plan
from provisor.core.changes import Change, Nothing, Wait
from provisor.core.links import Account, Case, Policy
from provisor.core.mapping import parse_rows
from provisor.core.protected import as_listed
from provisor.engine.exchange import Exchange
from provisor.engine.groups.ports import Stores
from provisor.engine.listing import Listing
from provisor.engine.observe import Observed, observe
from provisor.engine.pacing import Gate
from provisor.engine.ports import Connection, Owner, Run
from provisor.engine.session import Session
from provisor.errors import NotFound
from provisor.scim.http import HttpClient
from provisor.scim.transport import Endpoint

_CASE = f"""
    SELECT {PERSON}, to_jsonb(l),
           EXISTS (SELECT 1 FROM applications_access x WHERE x.application_id = %(application)s AND x.user_id = u.id),
           (SELECT m.remote_id FROM applications_link m
            WHERE m.application_id = %(application)s AND m.user_id = u.manager_id)
    FROM directory_user u LEFT JOIN applications_link l ON l.user_id = u.id AND l.application_id = %(application)s
    WHERE u.id = %(user)s
"""  # noqa: S608
_NO_LINK: dict[str, Any] = {
    "status": "due", "remote_id": None, "active": None, "known": {}, "created_here": False, "intent": None,
    "attempts": 0, "unconfirmed": 0, "ignored": None, "error": None,
}  # fmt: skip


@dataclass(frozen=True)
class Looked:
    """What the SP answered to a look at the account. `problem`: why it told nothing."""

    case: Case
    accounts: Sequence[Account] = ()
    problem: str | None = None


@dataclass(frozen=True)
class Trial:
    """What would be done. `looked` is None where the SP wasn't asked; `decision` is None where it would have to be."""

    case: Case
    looked: Looked | None
    decision: Change | Nothing | Wait | None


def try_account(application: Application, user_id: uuid.UUID, *, look: bool) -> Trial:
    """What a pass would decide now about this user. `look`: the SP may be asked, by reading. Raises NotFound."""
    case = case_of(application, user_id)
    wanted = plan.to_look_up(case)
    if look and wanted is plan.Look.NOTHING and case.link.remote_id is not None:
        case = case.knowing(
            intent={"kind": "verify", "looked": 0}
        )  # one GET, although a pass would trust what is known
        wanted = plan.Look.READ
    if wanted is plan.Look.NOTHING:
        return Trial(case, None, plan.decide(case))
    if not look:
        return Trial(case, None, None)
    looked = _look(application, case)
    decision = None if looked.problem else plan.decide(looked.case, looked.accounts)
    return Trial(looked.case, looked, decision)


def case_of(application: Application, user_id: uuid.UUID) -> Case:
    """The case as a pass would read it. Raises NotFound."""
    with database.cursor() as cursor:
        cursor.execute(_CASE, {"application": application.id, "user": user_id})
        row = cursor.fetchone()
    if row is None:
        raise NotFound(_("There is no user with this id."))
    user, link, access, manager = row
    id = str(reading.link_id(application.id, user_id))
    return reading.case((user, link or json.dumps({"id": id, **_NO_LINK}), access, manager), policy_of(application))


def policy_of(application: Application) -> Policy:
    """The application as the pure parts see it."""
    chosen = settings.from_stored(application.settings)
    return Policy(
        application=str(application.id),
        rows=parse_rows(application.mapping, attribute_types.known()),
        takeover=chosen.takeover,
        deprovision=chosen.deprovision,
        drift=chosen.drift,
        mapping_version=application.mapping_version,
        settings_version=application.settings_version,
        form=form_of(application),
        protected=as_listed(application.protected, application.own_account),
    )


def _look(application: Application, case: Case) -> Looked:
    async def ask(client: HttpClient) -> Observed:
        return await observe(case, _session(application, case.policy, client))

    try:
        seen = talking.ask(application, ask, talking.DEADLINE)
    except talking.NoAnswer as error:
        return Looked(case, problem=str(error))
    if seen.problem is not None:
        return Looked(seen.case, problem=seen.problem.message)
    return Looked(seen.case, _owned(application, case, seen.accounts))


def _session(application: Application, policy: Policy, client: HttpClient) -> Session:
    """As a pass has one, but nothing comes of it."""
    effective = settings.as_json(application.settings)
    endpoint = Endpoint(application.base_url, None)
    connection = Connection(application.id, application.name, endpoint, policy, effective, {})
    listing = Listing()
    listing.ready.set()
    store = cast(Stores, _NoStore())
    return Session(connection, Run(uuid.uuid4(), "trial"), store, Exchange(client), Gate(), listing)


class _NoStore:
    """Nothing is kept of what the look shows; whose the accounts are is asked afterwards."""

    async def owners(self, connection: Connection, remote_ids: Sequence[str]) -> Mapping[str, Owner]:
        return {}

    async def unlinked(self, connection: Connection) -> int:
        return 0

    async def learn(self, connection: Connection, facts: Mapping[str, Any], evidence: str) -> None:
        return


def _owned(application: Application, case: Case, accounts: Sequence[Account]) -> list[Account]:
    """The accounts with whose they are by now."""
    ids = [account.id for account in accounts]
    here = {"application": application, "remote_id__in": ids}
    owners = {row.remote_id: str(row.user_id) for row in Link.objects.filter(**here).exclude(id=case.link.id)}
    mine = case.user.id if case.user else None
    own, former = set(), {}
    for remote_id, user_id, username in Tombstone.objects.filter(**here).values_list(
        "remote_id", "user_id", "username"
    ):
        if str(user_id) == mine:
            own.add(remote_id)
        else:
            former[remote_id] = username
    return [
        replace(one, owner=owners.get(one.id), former_owner=former.get(one.id), came_back=one.id in own)
        for one in accounts
    ]
