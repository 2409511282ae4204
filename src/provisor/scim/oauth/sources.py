"""Where an application's access tokens come from: our own client credentials, or what an administrator agreed to.

A source is asked by one at a time (scim.oauth.tokens sees to that, within a process; Kept's lease among processes).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from provisor.scim.answers import NoToken, SignInRefused
from provisor.scim.oauth import asking
from provisor.scim.oauth.answering import Token
from provisor.scim.oauth.kept import Grant, Kept
from provisor.scim.oauth.server import Server
from provisor.scim.sign_in import AuthorizationCode, ClientCredentials

PATIENCE: Final = 35.0  # seconds that one waits for somebody else's renewal: a lease and a little
LOOK_EVERY: Final = 0.1
_AUTHORISE = "Authorise the application on its page."


class Source(Protocol):
    """Gives tokens. `host`: who gives them out, for people."""

    host: str

    async def token(self, unwanted: str | None) -> Token:
        """A token other than `unwanted`, which was refused. Raises NoToken, SignInRefused, NotSent."""

    async def close(self) -> None: ...


class OwnCredentials:
    """Client credentials (RFC 6749 section 4.4): each token is asked for anew and kept nowhere. Raises asking.UnusableKey
    where the key can't sign."""

    def __init__(self, way: ClientCredentials, server: Server) -> None:
        self._way, self._server, self.host = way, server, server.link.target
        asking.client_credentials(way, now=0)

    async def token(self, unwanted: str | None) -> Token:
        return await self._server.ask(asking.client_credentials(self._way, now=int(time.time())))

    async def close(self) -> None:
        await self._server.close()


class Agreement:
    """What an administrator agreed to (RFC 6749 sections 4.1 and 6), kept behind a port, renewed by who has its lease."""

    def __init__(self, way: AuthorizationCode, server: Server, kept: Kept) -> None:
        self._way, self._server, self._kept = way, server, kept
        self.host = server.link.target
        self._given = 0  # the version that was handed out last
        self._unkept: Grant | None = None  # what a renewal brought while it couldn't be kept

    async def token(self, unwanted: str | None) -> Token:
        """The kept token where it is newer than ours, else a renewed one."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if found := self._usable(await self._kept.read(), unwanted):
                return found
            if leased := await self._kept.lease():
                return self._usable(leased, unwanted) or await self._renewed(leased)
            await asyncio.sleep(LOOK_EVERY)
        raise NoToken("Another process has been renewing the token for too long.")

    def _usable(self, grant: Grant | None, unwanted: str | None) -> Token | None:
        """The grant's own access token, if it may be used: newer than what we had, and not over. Raises SignInRefused."""
        if grant is None:
            raise SignInRefused("Nobody has authorised this application yet.", _AUTHORISE)
        if grant.refused:
            raise SignInRefused(grant.refused, _AUTHORISE)
        left = _left(grant)
        over = left is not None and left <= 0
        if not grant.access or over or grant.access == unwanted or grant.version == self._given:
            return None
        self._given = grant.version
        return Token(grant.access, left)

    async def _renewed(self, leased: Grant) -> Token:
        try:
            return await self._asked(leased)
        except SignInRefused as refused:
            await self._kept.refused(refused.reason)
            raise
        except BaseException:  # a cancellation too: the lease must not outlive whoever had it
            await self._kept.release()
            raise

    async def _asked(self, leased: Grant) -> Token:
        if self._unkept is None or self._unkept.version != leased.version + 1:
            self._unkept = await self._next(leased)
        fresh = self._unkept
        await self._kept.keep(fresh)
        self._unkept, self._given = None, fresh.version
        return Token(fresh.access, _left(fresh))

    async def _next(self, leased: Grant) -> Grant:
        if not leased.refresh:
            raise SignInRefused(
                "The token has ended, and the authorisation server gave none to renew it with.", _AUTHORISE
            )
        given = await self._server.ask(asking.refresh(self._way, leased.refresh, now=int(time.time())))
        return granted(replace(given, refresh=given.refresh or leased.refresh), version=leased.version + 1)

    async def close(self) -> None:
        await self._server.close()


async def exchanged(way: AuthorizationCode, server: Server, code: str, verifier: str, redirect_uri: str) -> Grant:
    """What a browser's code gives: the first grant of an agreement. Raises NoToken, SignInRefused, NotSent."""
    try:
        given = await server.ask(asking.exchange(way, code, verifier, redirect_uri, now=int(time.time())))
    finally:
        await server.close()
    return granted(given, version=1)


def _left(grant: Grant) -> float | None:
    return (grant.expires - datetime.now(UTC)).total_seconds() if grant.expires else None


def granted(given: Token, *, version: int) -> Grant:
    """A token as it is kept. Its end is by our own clock, counted from now."""
    expires = None if given.life is None else datetime.now(UTC) + timedelta(seconds=given.life)
    return Grant(given.access, given.refresh, expires, version)
