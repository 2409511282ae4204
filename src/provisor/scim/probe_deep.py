"""The test that writes: a test user (and, with groups, a second one and a group) is made, changed in each way until one
works, deactivated and removed; what could not be removed is told. It learns what no reading can show.

Whatever happens on the way, what was made is removed in the end.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from provisor.core import patch, resource
from provisor.core.form import Form
from provisor.core.resource import Difference
from provisor.scim import probe_groups, probe_users
from provisor.scim.discovery import Discovery
from provisor.scim.http import HttpClient, segment
from provisor.scim.probe_asking import Asker
from provisor.scim.probe_facts import Findings
from provisor.scim.probe_groups import TrialGroup
from provisor.scim.probe_subject import Subject, Trial, read
from provisor.scim.schemas import PATCH_OP

WITHIN = 60.0  # seconds for the trial
TIDY_WITHIN = 30.0  # seconds more for removing what it made
_BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
_MOST_OPERATIONS = 1000
_MOST_BYTES = 100_000_000


@dataclass
class _Made:
    users: list[Subject] = field(default_factory=list)
    group: TrialGroup = field(default_factory=TrialGroup)


async def probe(
    client: HttpClient,
    form: Form,
    found: Findings,
    *,
    email: str,
    groups: bool,
    said: Discovery,
    within: float = WITHIN,
) -> None:
    """Fills `found`; its steps say how it went. `email` must be one that nobody has there. It never raises for what the
    service provider does."""
    trial, made = Trial(Asker(client, paging=form.paging), form, found), _Made()
    try:
        async with asyncio.timeout(within):
            await _try_all(trial, made, email, groups=groups, said=said)
    except TimeoutError:
        trial.step("deadline", False, f"Not everything could be tried within {within:g} seconds.", code="timeout")
    finally:
        await _tidy(trial, made)


async def _try_all(trial: Trial, made: _Made, email: str, *, groups: bool, said: Discovery) -> None:
    user = Subject(email)
    made.users.append(user)
    if not await probe_users.create(trial, user):
        return
    await probe_users.update(trial, user)
    await probe_users.value_path(trial, user)
    await probe_users.unassigned(trial, user)
    if said.bulk:
        await _bulk(trial, user, said)
    if groups and trial.form.groups:
        await _groups(trial, made, email)
    await probe_users.deactivate(trial, user)
    await probe_users.reactivate(trial, user)


async def _groups(trial: Trial, made: _Made, email: str) -> None:
    name, _, domain = email.rpartition("@")
    second = Subject(f"{name}+2@{domain}")
    made.users.append(second)
    if await probe_users.create(trial, second):
        members = [user.id for user in made.users if user.id is not None]
        await probe_groups.groups(trial, made.group, members)


async def _bulk(trial: Trial, user: Subject, said: Discovery) -> None:
    """One operation through /Bulk, that must have effect; its limits are as announced (B1)."""
    assert user.id is not None
    change = Difference("name.familyName", "Test", "Test Bulk")
    operation = {
        "method": "PATCH",
        "bulkId": user.mark,
        "path": f"/Users/{segment(user.id)}",
        "data": {"schemas": [PATCH_OP], "Operations": patch.operations([change], trial.form)},
    }
    told = await trial.asker.ask("POST", "/Bulk", body={"schemas": [_BULK_REQUEST], "Operations": [operation]})
    await read(trial, user)
    if told.ok and user.held and resource.read(user.held.raw, change.name) == change.to:
        most = min(said.bulk_operations or 100, _MOST_OPERATIONS)
        size = min(said.bulk_bytes or 0, _MOST_BYTES)
        trial.learn(told.told(f"It had effect; at most {most} operations."), bulk=most, bulk_bytes=size)
        trial.step("bulk", True, told.told("It had effect."), said=told)
    elif not told.passing:
        trial.learn(told.told("It is announced, and had no effect."), bulk=0)
        trial.step("bulk", True, told.told("It is announced, and had no effect."), code="no_effect", said=told)


async def _tidy(trial: Trial, made: _Made) -> None:
    """Removes what was made: the group first, which may hold its members."""
    try:
        async with asyncio.timeout(TIDY_WITHIN):
            await probe_groups.remove(trial, made.group)
            for user in made.users:
                await probe_users.remove(trial, user)
    except TimeoutError:
        left = [user.email for user in made.users if user.id] + ([made.group.name] if made.group.id else [])
        told = f"There was no time to remove what was made: remove {', '.join(left)} by hand."
        trial.step("remove", False, told, code="left")
