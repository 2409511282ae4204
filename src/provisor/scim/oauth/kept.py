"""Where an administrator's agreement (authorization code) is kept: a port, for the database keeps it and we know none.

Several processes use one agreement, and a server that rotates refresh tokens takes each of them once. So whoever renews it
holds a lease meanwhile, and what came is committed *before* the new access token is used.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Grant:
    """What an agreement gave us. `refresh` is empty where the server gave none; `expires`: when the access token ends, None
    where nobody knows; `version` grows with every renewal; `refused`: the server's words once it took the agreement back."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires: datetime | None = None
    version: int = 1
    refused: str = ""


class Kept(Protocol):
    """One application's agreement. Every method may raise NoToken, where the place it is kept in can't be asked."""

    async def read(self) -> Grant | None:
        """As it is now; None where nobody has agreed yet."""

    async def lease(self) -> Grant | None:
        """Takes the right to renew it, for half a minute at most, and tells how it is now; None while somebody else has it.
        A lease of a process that died runs out."""

    async def keep(self, grant: Grant) -> None:
        """Keeps what a renewal brought, with `grant.version` one above the leased one, and gives the lease back. Returns
        once that is committed."""

    async def refused(self, reason: str) -> None:
        """Keeps that the server took it back, in its own words, and gives the lease back."""

    async def release(self) -> None:
        """Gives the lease back: nothing has changed."""
