"""SCIM has no idempotency key, so whether a request left us decides everything: this client sends each one exactly
once, says `NotSent` or `Unknown` when there is no answer, and never carries the token to another place.

One client is one application's connection. Sources: RFC 7644 section 3.12 (redirects), standards.md T1 to T11,
S-SSRF, S-RED, S-BOMB.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Protocol, Self
from urllib.parse import quote

import orjson
from yarl import URL

from provisor import __version__
from provisor.scim.answers import JSON, Answer, Limits, NotSent, TransportError, Unknown, answer, secrets_in
from provisor.scim.sign_in import Header
from provisor.scim.signing import Signer
from provisor.scim.targets import BaseUrl
from provisor.scim.transport import Transport

__all__ = [
    "Answer",
    "HttpClient",
    "Limits",
    "NotSent",
    "Pace",
    "TransportError",
    "Turn",
    "Unknown",
    "Unlimited",
    "segment",
]

USER_AGENT: Final = f"Provisor/{__version__} (+SCIM)"
_ACCEPT: Final = "application/scim+json, application/json;q=0.9"


class Turn(Protocol):
    """One request that may be sent now."""

    def answered(self, answer: Answer) -> None:
        """Learns from its answer."""


class Pace(Protocol):
    """Decides when a request may go: rate limits, Retry-After, back-off."""

    def turn(self, method: str, path: str) -> AbstractAsyncContextManager[Turn]:
        """Entered when the request may be sent, left when its answer is there; a TransportError passes through it."""


class Unlimited:
    """Lets every request go at once."""

    @asynccontextmanager
    async def turn(self, method: str, path: str) -> AsyncIterator[Unlimited]:
        yield self

    def answered(self, answer: Answer) -> None:
        return


UNLIMITED: Final = Unlimited()
NO_HEADERS: Final[Mapping[str, str]] = {}


def segment(resource_id: str) -> str:
    """An id as one path segment (T10): `a/b`, `x?y` and `%2e` come back as they were, and `..` stays a name."""
    if not resource_id:
        raise ValueError("An empty id is no path segment.")
    if resource_id in (".", ".."):
        return resource_id.replace(".", "%2E")
    return quote(resource_id, safe="")


class HttpClient:
    """Requests to one base URL, each signed. Use it as `async with HttpClient(...) as client`.

    `signer` gives each request its header (scim.signing); `headers` are sent with each request beside our own. `transport`
    is the way there, with certificates and proxy, opened and closed with this client.
    """

    def __init__(
        self,
        base: BaseUrl,
        *,
        signer: Signer,
        transport: Transport,
        pace: Pace = UNLIMITED,
        user_agent: str = USER_AGENT,
        headers: Mapping[str, str] = NO_HEADERS,
        content_type: str = "application/scim+json",
    ) -> None:
        self.base, self.signer, self.transport = base, signer, transport
        self._headers = _headers(user_agent, headers)
        self._with_body = {**self._headers, "Content-Type": content_type}
        self._pace, self._limits = pace, transport.limits

    def __repr__(self) -> str:
        return f"HttpClient({self.base})"

    async def __aenter__(self) -> Self:
        await self.transport.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.signer.close()
        await self.transport.__aexit__(kind, error, trace)

    async def request(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: JSON | None = None
    ) -> Answer:
        """One request. `path` begins with a slash, below the base URL, ids as `segment(id)`.

        Raises NotSent or Unknown where there is no answer. A redirect is followed only as 307 or 308 to the same
        origin (T8); any other is an answer.
        """
        url = URL(f"{self.base}{path}{_query(query)}", encoded=True)
        data = None if body is None else orjson.dumps(body)
        for _ in range(self._limits.redirects):
            result = await self._once(method, path, url=url, data=data, secrets=secrets_in(body))
            onward = _redirect(result, url)
            if onward is None:
                return result
            url = onward
        return await self._once(method, path, url=url, data=data, secrets=secrets_in(body))

    async def addresses(self) -> list[str]:
        """The addresses the base URL's host leads to, all of them permitted. Raises NotSent."""
        return await self.transport.addresses(self.base)

    async def _once(self, method: str, path: str, *, url: URL, data: bytes | None, secrets: Iterable[str]) -> Answer:
        """One request; after a 401, which was not carried out, once more with another token if there is one (T7)."""
        signed, result = await self._sent(method, path, url, data, secrets)
        if result.status == 401 and await self.signer.renewed(signed):
            _signed, result = await self._sent(method, path, url, data, secrets)
        return result

    async def _sent(
        self, method: str, path: str, url: URL, data: bytes | None, secrets: Iterable[str]
    ) -> tuple[Header | None, Answer]:
        async with self._pace.turn(method, path) as turn:
            signed = await self.signer.header()
            headers = self._headers if data is None else self._with_body
            received = await self.transport.exchange(
                self.base, method, url, data=data, headers=_signed(headers, signed)
            )
            told = (*_secrets_of(signed), *secrets)
            result = answer(received, secrets=told, limits=self._limits, now=datetime.now(UTC))
            turn.answered(result)
            return signed, result


def _headers(user_agent: str, more: Mapping[str, str]) -> dict[str, str]:
    """What is sent with each request: our own headers, and of `more` what isn't one of them."""
    own = {"Accept": _ACCEPT, "Accept-Encoding": "identity", "User-Agent": user_agent}
    names = {name.lower() for name in (*own, "Authorization")}
    return {**own, **{name: value for name, value in more.items() if name.lower() not in names}}


def _signed(headers: Mapping[str, str], signed: Header | None) -> Mapping[str, str]:
    """The headers with what signs them; it wins over one of the same name."""
    if signed is None:
        return headers
    name = signed.name.lower()
    return {**{other: value for other, value in headers.items() if other.lower() != name}, signed.name: signed.value}


def _secrets_of(signed: Header | None) -> tuple[str, ...]:
    return (signed.value, *signed.secrets) if signed else ()


def _query(query: Mapping[str, str] | None) -> str:
    """Percent-encoded UTF-8: a space is %20 and a plus %2B (F2)."""
    if not query:
        return ""
    return "?" + "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query.items())


def _redirect(result: Answer, url: URL) -> URL | None:
    """Where a 307 or 308 leads, if that is the same scheme, host and port."""
    location = result.headers.get("location")
    if result.status not in (307, 308) or not location or not location.isprintable():
        return None
    try:
        onward = url.join(URL(quote(location, safe="%/:?#[]@!$&'()*+,;=~"), encoded=True)).with_fragment(None)
        same = onward.user is None and onward.password is None and onward.origin() == url.origin()
    except ValueError:
        return None
    return onward if same else None
