"""The part of the deep probe that is about groups: one group with the two test users in it, filled, read, emptied.

The list form of removal empties a whole group at an SP that follows the RFC (G4). It is tried on the test group alone,
with two members, only where removal by path did not work, and believed only if the other member survives.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from provisor.core import group_patch
from provisor.core.form import Form
from provisor.core.resource import Difference
from provisor.scim.http import segment
from provisor.scim.probe_asking import Said
from provisor.scim.probe_subject import Trial
from provisor.scim.reader import Resource
from provisor.scim.schemas import PATCH_OP

GROUP = "/Groups/{id}"


@dataclass
class TrialGroup:
    """The test group. `sent`: its creation was asked for, so that it may be there.

    `members` are those that were seen in it; None where it doesn't show any (G6)."""

    name: str = field(default_factory=lambda: f"Provisor test {secrets.token_hex(4)}")
    id: str | None = None
    held: Resource | None = None
    sent: bool = False
    members: set[str] | None = None


async def groups(trial: Trial, group: TrialGroup, users: list[str]) -> None:
    """Everything that the SP form says of groups."""
    if not await _create(trial, group, users) or not await _fill(trial, group, users):
        return
    if group.members is not None:
        await _remove_member(trial, group, users)
    await _rename(trial, group)


# Making


async def _create(trial: Trial, group: TrialGroup, users: list[str]) -> bool:
    told: list[str] = []
    for form in _creations(trial.form):
        group.sent = True
        said = await trial.asker.ask("POST", "/Groups", body=group_patch.body(_named(group, form), users, form))
        group.id = await _id_of(trial, group, said)
        if group.id is not None:
            words: dict[str, Any] = {"group_create": True, "groups": True, "group_external_id": form.group_external_id}
            trial.learn(" ".join([*told, said.told()]), **words, members_on_create=form.members_on_create)
            trial.step("test_group", True, said.told(f"A test group {group.name} was created."), said=said)
            return True
        told.append(said.told())
        if said.passing or said.unsupported:
            break
    _not_created(trial, said, told)
    return False


def _creations(form: Form) -> list[Form]:
    """As the form says; with members; without an externalId."""
    ways = [
        form,
        replace(form, members_on_create="some"),
        replace(form, group_external_id=False),
        replace(form, members_on_create="some", group_external_id=False),
    ]
    return [way for place, way in enumerate(ways) if way not in ways[:place]]


def _named(group: TrialGroup, form: Form) -> dict[str, Any]:
    external_id = {"externalId": f"{group.name.replace(' ', '-').lower()}"} if form.group_external_id else {}
    return {"displayName": group.name, **external_id}


def _not_created(trial: Trial, said: Said, told: list[str]) -> None:
    if said.status == 404:
        trial.learn(said.told(), groups=False)
    elif said.unsupported or said.status == 403:
        trial.learn(said.told(), group_create=False)
    trial.step("test_group", False, " ".join(told), code="refused" if said.denied else "no_answer", said=said)


async def _id_of(trial: Trial, group: TrialGroup, said: Said) -> str | None:
    if said.resource:
        return said.resource.id
    if said.denied or said.status in (401, 429):
        group.sent = False
        return None
    return await _looked_for(trial, group)


async def _looked_for(trial: Trial, group: TrialGroup) -> str | None:
    page = (await trial.asker.find("/Groups", "displayName", group.name)).page
    return (
        next((each.id for each in page.resources if each.raw.get("displayName") == group.name), None) if page else None
    )


# Members


async def _fill(trial: Trial, group: TrialGroup, users: list[str]) -> bool:
    """Both users in one request. True if they are taken to be in the group."""
    for form in _fillings(trial.form):
        said = await _write(trial, group, group_patch.additions(users, form), users, form)
        if said.ok:
            trial.learn(said.told(), group_update=form.group_update, member_ref=form.member_ref)
            await _look(trial, group, users, said)
            return True
        if said.passing:
            break
    trial.step("members", False, said.told(), code="refused", said=said)
    return False


def _fillings(form: Form) -> list[Form]:
    ways = [form, replace(form, member_ref=True), replace(form, group_update="put")]
    return [way for place, way in enumerate(ways) if way not in ways[:place]]


async def _write(trial: Trial, group: TrialGroup, operations: list[Any], members: list[str], form: Form) -> Said:
    assert group.id is not None
    path = f"/Groups/{segment(group.id)}"
    if form.group_update == "put":
        raw = group.held.raw if group.held else {"displayName": group.name}
        body = group_patch.replacement(raw, [], members, form)
        return await trial.asker.ask("PUT", path, body=body, asked=f"PUT {GROUP}")
    shown = ", ".join(f"{one['op']} {'members by path' if '[' in one['path'] else one['path']}" for one in operations)
    body = {"schemas": [PATCH_OP], "Operations": operations}
    return await trial.asker.ask("PATCH", path, body=body, asked=f"PATCH {GROUP} ({shown})")


async def _read(trial: Trial, group: TrialGroup) -> Said:
    assert group.id is not None
    said = await trial.asker.get(f"/Groups/{segment(group.id)}", asked=f"GET {GROUP}")
    group.held = said.resource or group.held
    return said


async def _look(trial: Trial, group: TrialGroup, users: list[str], written: Said) -> None:
    said = await _read(trial, group)
    shown = _members(said)
    if shown is not None and set(users) <= shown:
        group.members = shown
        trial.learn(said.told("It shows the members that were just added."), members_shown="yes")
        trial.step("members", True, written.told("Both members are shown."), said=written)
    elif said.resource is not None:
        trial.learn(said.told("It does not show the members that were just added."), members_shown="no")
        trial.step("members", True, written.told("The group doesn't show its members."), code="not_shown", said=written)


def _members(said: Said) -> set[str] | None:
    listed = said.resource.raw.get("members") if said.resource else None
    if not isinstance(listed, list):
        return None if said.resource is None else set()
    return {str(member["value"]) for member in listed if isinstance(member, dict) and member.get("value")}


async def _remove_member(trial: Trial, group: TrialGroup, users: list[str]) -> None:
    """One member by path; the other one must survive. Only if that didn't work the list, with both members in it."""
    leaver, stayer = users
    if trial.form.group_update == "put":
        return
    by_path, left = await _removed(trial, group, leaver, replace(trial.form, member_remove="path"))
    if left == {stayer}:
        _learn_removal(trial, by_path, "path")
        return
    if left != {leaver, stayer}:
        told = by_path.told("It took the wrong members out of the test group: Provisor can't manage members there.")
        trial.step("member_removal", False, told, code="wrong_members", said=by_path)
        return
    by_list, left = await _removed(trial, group, leaver, replace(trial.form, member_remove="list"))
    if left == {stayer}:
        _learn_removal(trial, by_list, "list", by_path.told())
        return
    emptied = by_list.told("It emptied the whole test group, as RFC 7644 says.") if not left else by_list.told()
    trial.step("member_removal", False, f"{by_path.told()} {emptied}", code="no_effect", said=by_path)


def _learn_removal(trial: Trial, said: Said, form: str, before: str = "") -> None:
    told = f"{before} {said.told('That member is gone, and the other one is still there.')}".strip()
    trial.learn(told, member_remove=form)
    trial.step("member_removal", True, told, said=said)


async def _removed(trial: Trial, group: TrialGroup, leaver: str, form: Form) -> tuple[Said, set[str] | None]:
    said = await _write(trial, group, group_patch.removals([leaver], form), [], form)
    return said, _members(await _read(trial, group))


async def _rename(trial: Trial, group: TrialGroup) -> None:
    name = f"{group.name} renamed"
    form = trial.form
    change = [Difference("displayName", group.name, name)]
    members = sorted(group.members or ())
    if form.group_update == "put":
        body = group_patch.replacement(group.held.raw if group.held else {}, change, members, form)
        said = await trial.asker.ask("PUT", f"/Groups/{segment(group.id or '')}", body=body, asked=f"PUT {GROUP}")
    else:
        said = await _write(trial, group, group_patch.operations(change, form), members, form)
    shown = (await _read(trial, group)).resource
    renamed = shown is not None and shown.raw.get("displayName") == name
    if shown is None or not (said.ok or said.denied):
        return
    trial.learn(said.told("A read shows the new name." if renamed else "The name stays."), group_rename=renamed)
    trial.step("rename", True, said.told(), code="ok" if renamed else "refused", said=said)
    group.name = name if renamed else group.name


# Removing


async def remove(trial: Trial, group: TrialGroup) -> None:
    if group.id is None and group.sent:
        group.id = await _looked_for(trial, group)
    if group.id is None:
        return
    path = f"/Groups/{segment(group.id)}"
    said = await trial.asker.ask("DELETE", path, asked=f"DELETE {GROUP}")
    gone = (await _read(trial, group)).status == 404
    if gone or said.ok or said.denied:
        trial.learn(said.told("The group is gone." if gone else "The group is still there."), group_delete=gone)
    if gone:
        trial.step("remove_group", True, said.told(f"The test group {group.name} is gone."), said=said)
        group.id, group.sent = None, False
    else:
        told = f"The test group {group.name} could not be removed: remove it by hand."
        trial.step("remove_group", False, said.told(told), code="left", said=said)
