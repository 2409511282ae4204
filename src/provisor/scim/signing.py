"""What puts the signature on a request: a port, and its simplest maker. `scim.oauth.tokens` is the other one."""

from __future__ import annotations

from typing import Protocol

from provisor.scim.sign_in import Certificate, Header


class CannotSignIn(ValueError):
    """There can't be a client with what is set: nothing, or a key or certificate that can't be used. The message says why,
    without secrets."""


class Signer(Protocol):
    """Gives each request its header. A `Header` says what it gave, so that a refused one can be told from a newer one."""

    async def header(self) -> Header | None:
        """The header to send; None where none is needed. Raises NoToken and SignInRefused: nothing was sent then."""

    async def renewed(self, used: Header | None) -> bool:
        """After a 401: whether there is another header now, so that the same request is worth sending once more (T7).
        Raises as `header`."""

    async def sign_in(self) -> str | None:
        """Signs in ahead of the first request, where that takes one of its own; tells of it in words. Raises as `header`."""

    async def close(self) -> None: ...


class Fixed:
    """A header that stays the same, or none: after a 401 there is no other."""

    def __init__(self, sign_in: Header | Certificate) -> None:
        self._header = None if isinstance(sign_in, Certificate) else sign_in
        if self._header is not None:
            check(self._header)

    async def header(self) -> Header | None:
        return self._header

    async def renewed(self, used: Header | None) -> bool:
        return False

    async def sign_in(self) -> str | None:
        return None

    async def close(self) -> None:
        return


def check(header: Header) -> None:
    """Raises ValueError where the header can't be sent; the message doesn't hold it."""
    if not header.value.strip() or not header.value.isprintable():
        raise ValueError("The authorization is empty or holds a line break or another control character.")
