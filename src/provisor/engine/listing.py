"""A whole listing of the SP's accounts, held as an index while it is cheaper than a look-up for each user.

A first load of n people would ask up to three questions for each; reading the accounts that are there once is n / 100
requests, or a single one where the SP is empty. Only what the judgement needs is kept of each account.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from provisor.core.form import Form
from provisor.core.links import Account
from provisor.core.takeover import key
from provisor.engine.exchange import account_of
from provisor.scim import paging
from provisor.scim.http import HttpClient, TransportError

WORTH_IT = 10  # fewer people than this are not worth a listing: its first page is a request, and a long answer
LOOKED_UP = 20  # people, after whom it is asked again whether a listing would have been better
MOST = 200_000  # accounts held in memory: about 100 MB


class Listing:
    """`ready` is set once it is known whether there is a listing; `complete` says that there is one."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        self.complete = False
        self._expected = self._looked_up = 0
        self._forget()

    def _forget(self) -> None:
        self._by: dict[str, dict[str, list[Account]]] = {
            name: defaultdict(list) for name in ("external_id", "user_name", "email")
        }

    def add(self, account: Account) -> None:
        """Keeps one account without its body: who adopts it reads it again."""
        account = replace(account, raw={})
        if account.external_id:
            self._by["external_id"][account.external_id].append(account)
        self._by["user_name"][key(account.user_name)].append(account)
        for email in account.emails:
            self._by["email"][key(email)].append(account)

    def find(self, *, external_id: str, user_name: str, email: str) -> list[Account]:
        """Every account that matches one of the three; each once."""
        wanted = (("external_id", external_id), ("user_name", key(user_name)), ("email", key(email)))
        hits = (account for index, value in wanted for account in self._by[index].get(value, ()))
        return unique(hits)

    async def load(self, client: HttpClient, *, expected: int, form: Form) -> None:
        """Reads the accounts if that takes fewer requests than looking up `expected` users, or if the SP can't look up at
        all; sets `ready` in any case."""
        self._expected = expected
        try:
            if expected and not form.filter_user_name:
                self.complete = await self._read(client, MOST, form)
            elif expected >= WORTH_IT:
                self.complete = await self._read(client, expected * _questions(form), form)
        except (paging.Incomplete, TransportError):
            self.complete = False  # look-ups do it
        finally:
            self.ready.set()

    async def consulted(self, client: HttpClient, expected: Callable[[], Awaitable[int]], form: Form) -> None:
        """To be awaited before somebody is looked up. Many more may have become due since the pass began: then it is read
        now. `expected`: how many are to be looked up from here on."""
        await self.ready.wait()
        self._looked_up += 1
        if self.complete or self._looked_up % LOOKED_UP:
            return
        self.ready.clear()
        try:
            if (now := await expected()) > 2 * self._expected:
                await self.load(client, expected=now, form=form)
        finally:
            self.ready.set()

    async def _read(self, client: HttpClient, requests: int, form: Form) -> bool:
        """False as soon as it would take more requests than that, or more memory than there should be."""
        self._forget()
        received = page = 0
        async for found in paging.pages(client, count=form.page, paging=form.paging):
            received, page = received + found.received, max(page, found.received)
            if max(found.total or 0, received) > min(MOST, requests * page):
                return False
            for resource in found.resources:
                self.add(account_of(resource))
        return True


def _questions(form: Form) -> int:
    """How many filters a look-up asks, at most."""
    by = {"externalId": form.filter_external_id, "userName": form.filter_user_name, "emails": form.filter_email}
    return sum(by[name] for name in {*form.match, "userName"})


def unique(accounts: Iterable[Account]) -> list[Account]:
    """Each account once, in the order of first sight."""
    return list({account.id: account for account in accounts}.values())
