"""One authorisation server: sends a request to its token endpoint, and says what came.

It has connections of its own, through the same proxy and with the same certificates as the application's. Redirects are
never followed: they would carry our credentials elsewhere.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from yarl import URL

from provisor import __version__
from provisor.scim.answers import Limits, NoToken, SignInRefused, TransportError, answer
from provisor.scim.oauth.answering import Token, token
from provisor.scim.oauth.asking import Asking
from provisor.scim.targets import BaseUrl
from provisor.scim.transport import Transport

LIMITS: Final = Limits(body=256 * 1024, total=20.0)
_HEADERS: Final = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Content-Type": "application/x-www-form-urlencoded",
    "User-Agent": f"Provisor/{__version__} (+OAuth)",
}


class Server:
    """`link` is the token URL, checked by Targets.check_link. The transport is this server's alone: it opens with the first
    request, and what it takes is limited to what a token can be."""

    def __init__(self, link: BaseUrl, transport: Transport) -> None:
        self.link, self._transport = link, transport
        transport.limits = LIMITS
        self._opened = False

    def __repr__(self) -> str:
        return f"Server({self.link.origin})"

    async def ask(self, asking: Asking) -> Token:
        """A token. Raises NoToken (ask again later), SignInRefused, and NotSent where the address is forbidden."""
        if not self._opened:
            await self._transport.__aenter__()
            self._opened = True
        headers = {**_HEADERS, **({"Authorization": asking.authorization} if asking.authorization else {})}
        try:
            received = await self._transport.exchange(
                self.link, "POST", URL(str(self.link), encoded=True), headers=headers, data=asking.body.encode()
            )
        except SignInRefused:
            raise
        except TransportError as error:
            if error.cause == "forbidden":
                raise
            failure = NoToken(f"The authorisation server {self.link.target} can't be reached: {error.reason}")
        else:
            said = answer(received, secrets=asking.secrets, limits=LIMITS, now=datetime.now(UTC))
            return token(self.link.target, said, asking.secrets)
        raise failure

    async def close(self) -> None:
        if self._opened:
            self._opened = False
            await self._transport.__aexit__(None, None, None)
