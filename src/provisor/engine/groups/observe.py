"""Looking a group up at the SP: by externalId, then by its name; each hit is compared again (F4, G9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from provisor.core.group_links import GroupCase, RemoteGroup
from provisor.core.groups import must_be_looked_up
from provisor.core.takeover import key
from provisor.core.verdict import Meaning, Verdict
from provisor.engine.groups.exchange import GroupsFound
from provisor.engine.groups.session import Groups


@dataclass(frozen=True, slots=True)
class Observed:
    """The groups that were found. `problem` is set where the look itself failed."""

    groups: tuple[RemoteGroup, ...] = ()
    problem: Verdict | None = None


async def observe(case: GroupCase, groups: Groups) -> Observed:
    """What `core.groups.decide` needs to know of the SP."""
    return await search(case, groups) if must_be_looked_up(case) else Observed()


async def search(case: GroupCase, groups: Groups) -> Observed:
    """The groups that could be this one, with their owners."""
    chosen = (case.decision or {}).get("remote_id")
    found = await (_chosen(chosen, groups) if chosen else _asked(case, groups))
    if found.verdict.meaning is not Meaning.DONE:
        return Observed(problem=found.verdict)
    hits = _unique(group for group in found.groups if _is_hit(case, group, chosen))
    owners = await groups.store.group_owners(groups.connection, [hit.id for hit in hits]) if hits else {}
    return Observed(tuple(replace(hit, owner=_another(owners.get(hit.id), case)) for hit in hits))


async def _chosen(remote_id: str, groups: Groups) -> GroupsFound:
    told = await groups.exchange.read(remote_id, members=False)
    if told.verdict.code == "gone" or told.done:
        return GroupsFound(replace(told.verdict, meaning=Meaning.DONE), (told.group,) if told.group else ())
    return GroupsFound(told.verdict)


async def _asked(case: GroupCase, groups: Groups) -> GroupsFound:
    """By externalId where groups have one, then by name; by reading all where the SP can't look up a name."""
    found: tuple[RemoteGroup, ...] = ()
    if groups.form.group_external_id and groups.form.filter_external_id:
        asked = await groups.exchange.find("externalId", case.id)
        if asked.verdict.meaning is not Meaning.DONE and not asked.refused:
            return asked
        found = asked.groups
    if any(group.external_id == case.id for group in found):
        return GroupsFound(asked.verdict, found)
    named = await _by_name(case, groups)
    return replace(named, groups=(*found, *named.groups))


async def _by_name(case: GroupCase, groups: Groups) -> GroupsFound:
    if groups.form.group_filter:
        asked = await groups.exchange.find("displayName", case.name)
        ignored = asked.groups and not any(_is_hit(case, group, None) for group in asked.groups)
        if not (asked.refused or ignored):
            return asked
        await groups.session.learn("A filter on displayName was refused or ignored.", group_filter=False)
    return await groups.exchange.all()


def _is_hit(case: GroupCase, group: RemoteGroup, chosen: str | None) -> bool:
    return chosen == group.id or group.external_id == case.id or key(group.name) == key(case.name)


def _another(owner: str | None, case: GroupCase) -> str | None:
    return owner if owner != case.id else None


def _unique(found: Iterable[RemoteGroup]) -> list[RemoteGroup]:
    return list({group.id: group for group in found}.values())
