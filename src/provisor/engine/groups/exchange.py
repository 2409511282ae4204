"""The requests on groups of one SP. Every method sends one request, and answers with a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisor.core import verdict
from provisor.core.group_links import RemoteGroup
from provisor.core.verdict import Meaning, Verdict
from provisor.engine.exchange import Exchange
from provisor.engine.ports import Attempt
from provisor.engine.told import Told
from provisor.scim import filters, groups, paging, reader
from provisor.scim.http import TransportError


@dataclass(frozen=True, slots=True)
class GroupTold:
    """What the SP told us of a group."""

    told: Told
    group: RemoteGroup | None = None

    @property
    def verdict(self) -> Verdict:
        return self.told.verdict

    @property
    def done(self) -> bool:
        return self.told.done

    def attempt(self, type: str) -> Attempt:
        return self.told.attempt(type)


@dataclass(frozen=True, slots=True)
class GroupsFound:
    """What a look-up told."""

    verdict: Verdict
    groups: tuple[RemoteGroup, ...] = ()
    refused: bool = False  # the filter isn't understood


class GroupExchange:
    """Groups, through the same client as the users."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def create(self, body: dict[str, Any]) -> GroupTold:
        return self._told(await self._exchange.told("POST", lambda client: groups.create(client, body)))

    async def patch(self, remote_id: str, operations: list[dict[str, Any]]) -> GroupTold:
        return self._told(
            await self._exchange.told("PATCH", lambda client: groups.patch(client, remote_id, operations))
        )

    async def put(self, remote_id: str, body: dict[str, Any]) -> GroupTold:
        return self._told(await self._exchange.told("PUT", lambda client: groups.replace(client, remote_id, body)))

    async def delete(self, remote_id: str) -> GroupTold:
        return self._told(await self._exchange.told("DELETE", lambda client: groups.delete(client, remote_id)))

    async def read(self, remote_id: str, *, members: bool = True) -> GroupTold:
        return self._told(
            await self._exchange.told("GET", lambda client: groups.get(client, remote_id, members=members))
        )

    async def find(self, attribute: str, value: str) -> GroupsFound:
        """The groups for which `attribute eq value` holds, by the SP's own account; compare them again (F4)."""
        asked, way = filters.eq(attribute, value), self._exchange.form.paging
        told = await self._exchange.told("GET", lambda client: groups.find(client, asked, way))
        if told.status == 404:
            return GroupsFound(verdict.DONE)
        if told.verdict.meaning is not Meaning.DONE:
            refused = told.scim_type in ("invalidFilter", "invalidPath") or told.status in (400, 501)
            return GroupsFound(told.verdict, refused=refused)
        return GroupsFound(verdict.DONE, _listed(told.body))

    async def all(self) -> GroupsFound:
        """Every group, without members: where the SP can't look one up."""
        found, client, form = list[RemoteGroup](), self._exchange.client, self._exchange.form
        try:
            async for page in paging.pages(
                client, count=form.page, paging=form.paging, path=groups.GROUPS, query=groups.WITHOUT_MEMBERS
            ):
                found += [_group(resource.raw) for resource in page.resources]
        except (paging.Incomplete, TransportError) as error:
            return GroupsFound(verdict.lost(str(error)))
        return GroupsFound(verdict.DONE, tuple(found))

    @staticmethod
    def _told(told: Told) -> GroupTold:
        return GroupTold(told, _readable(told.body) if told.done else None)


def _listed(body: Any) -> tuple[RemoteGroup, ...]:
    try:
        return tuple(_group(resource.raw) for resource in reader.listing(body).resources)
    except reader.Unreadable:
        return ()


def _readable(body: Any) -> RemoteGroup | None:
    if not isinstance(body, Mapping):
        return None
    try:
        return _group(reader.resource(body).raw)
    except reader.Unreadable:
        return None


def _group(raw: Mapping[str, Any]) -> RemoteGroup:
    name, external_id, members = raw.get("displayName"), raw.get("externalId"), raw.get("members")
    listed = (
        [element.get("value") for element in members if isinstance(element, Mapping)]
        if isinstance(members, list)
        else None
    )
    return RemoteGroup(
        id=str(raw["id"]),
        name=name if isinstance(name, str) else None,
        external_id=external_id if isinstance(external_id, str) and external_id else None,
        members=None if listed is None else tuple(str(value) for value in listed if value not in (None, "")),
        raw=raw,
    )
