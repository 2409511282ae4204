"""Gives each request of one application its token: renewed before it ends, by one at a time, and after a 401 once.

However many requests wait, one asks the authorisation server; if it fails, the others hear of the same failure and don't
ask again for a moment. While a token is renewed ahead of its end, the old one is used on.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from provisor.scim.answers import NoToken, SignInRefused, TransportError
from provisor.scim.oauth.answering import Token
from provisor.scim.oauth.sources import Source
from provisor.scim.sign_in import Header

FAILED_FOR: Final = 1.0  # seconds in which a failure answers for itself
LONGEST_FAILED: Final = 60.0
RENEW_AT_MOST: Final = 60.0  # seconds before its end
CLOSING: Final = 25.0  # seconds that a renewal under way has when the client closes: what it brought must be kept


@dataclass(frozen=True, slots=True)
class Issued:
    """A token in use, by our own clock: from `renew` on another one is asked for, from `ends` on it isn't used any more."""

    header: Header
    renew: float
    ends: float
    life: float | None


def issued(token: Token, asked: float) -> Issued:
    """A token that was asked for at `asked`. It is renewed by the smaller of a minute and a fifth of its life before its
    end; one whose life isn't known is used until it is refused."""
    header = Header("Authorization", f"Bearer {token.access}", (token.access,))
    if token.life is None:
        return Issued(header, float("inf"), float("inf"), None)
    early = min(RENEW_AT_MOST, token.life / 5)
    return Issued(header, asked + token.life - early, asked + token.life - early / 4, token.life)


class Tokens:
    """A scim.signing.Signer. Use it within one event loop."""

    def __init__(self, source: Source, clock: Callable[[], float] = time.monotonic) -> None:
        self._source, self._clock = source, clock
        self._current: Issued | None = None
        self._renewing: asyncio.Task[Issued] | None = None
        self._failed: TransportError | None = None
        self._failed_until = self._content_until = -1.0

    def __repr__(self) -> str:
        return f"Tokens({self._source.host})"

    async def header(self) -> Header:
        """The header of the next request. Raises NoToken, SignInRefused, NotSent: nothing was sent then."""
        now, current = self._clock(), self._current
        if current is not None and now < current.ends:
            if now >= current.renew and now >= self._failed_until:
                self._begin(None)
            return current.header
        return (await self._fresh(None)).header

    async def renewed(self, used: Header | None) -> bool:
        """Whether there is another header than `used`, which was refused: somebody has it already, or it is asked for. A
        token that was asked for just now because of a refusal isn't replaced again: then the refusal stands."""
        if self._current is not None and self._current.header is not used:
            return True
        if self._renewing is None and self._clock() < self._content_until:
            return False
        await self._fresh(used)
        return True

    async def sign_in(self) -> str:
        """Signs in, if need be, and tells of it in words for people."""
        await self.header()
        life = self._current.life if self._current else None
        lasts = "the server doesn't say how long it lasts" if life is None else f"it lasts {round(life):,} seconds"
        return f"A token was given out by {self._source.host}; {lasts}."

    async def close(self) -> None:
        if renewing := self._renewing:
            await asyncio.wait({renewing}, timeout=CLOSING)
            renewing.cancel()
        await self._source.close()

    async def _fresh(self, refused: Header | None) -> Issued:
        if self._failed is not None and self._clock() < self._failed_until and self._renewing is None:
            raise self._again(self._failed)
        # Shielded: who stops waiting doesn't take the token from the others.
        return await asyncio.shield(self._begin(refused))

    def _begin(self, refused: Header | None) -> asyncio.Task[Issued]:
        if self._renewing is None:
            self._renewing = asyncio.create_task(self._renew(refused))
            self._renewing.add_done_callback(_heard)
        return self._renewing

    async def _renew(self, refused: Header | None) -> Issued:
        asked = self._clock()
        try:
            token = await self._source.token(refused.secrets[0] if refused else None)
        except TransportError as error:
            self._failed, self._failed_until = error, self._clock() + _quiet_for(error)
            raise
        finally:
            self._renewing = None
        self._failed, self._current = None, issued(token, asked)
        if refused is not None:
            self._content_until = self._clock() + min(FAILED_FOR, (token.life or FAILED_FOR) / 2)
        return self._current

    def _again(self, error: TransportError) -> TransportError:
        """The same failure for another request: an exception of its own, so that none carries another's trace."""
        if isinstance(error, SignInRefused):
            return SignInRefused(error.reason, error.hint)
        if isinstance(error, NoToken):
            left = max(0.0, self._failed_until - self._clock())
            return NoToken(error.reason, None if error.after is None else left)
        return type(error)(error.reason, error.cause)


def _quiet_for(error: TransportError) -> float:
    after = error.after if isinstance(error, NoToken) else None
    return max(FAILED_FOR, min(after or 0.0, LONGEST_FAILED))


def _heard(task: asyncio.Task[Issued]) -> None:
    """Nobody may be waiting for a renewal ahead of time; its failure is known all the same."""
    with contextlib.suppress(asyncio.CancelledError):
        task.exception()
