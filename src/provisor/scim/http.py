"""SCIM has no idempotency key, so whether a request left us decides everything: this client sends each one exactly
once, says `NotSent` or `Unknown` when there is no answer, and never carries the token to another place.

One client is one application's connection. Sources: RFC 7644 section 3.12 (redirects), standards.md T1 to T11,
S-SSRF, S-RED, S-BOMB.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Protocol, Self
from urllib.parse import quote

import aiohttp
import orjson
from aiohttp.abc import AbstractResolver
from aiohttp.client_middlewares import ClientHandlerType
from yarl import URL

from provisor import __version__
from provisor.scim.answers import (
    JSON,
    TEXT_KEPT,
    Answer,
    Limits,
    NotSent,
    Problem,
    Received,
    TransportError,
    Unknown,
    answer,
    secrets_in,
)
from provisor.scim.targets import BaseUrl, ForbiddenTarget, PinnedResolver, Targets, check_address

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
_KEEP_ALIVE: Final = 15.0  # seconds; shorter than what most servers allow, so that we rarely meet a closed one
_BROKEN = (ForbiddenTarget, aiohttp.ClientError, OSError, TimeoutError)


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
DEFAULT_LIMITS: Final = Limits()
NO_HEADERS: Final[Mapping[str, str]] = {}


def segment(resource_id: str) -> str:
    """An id as one path segment (T10): `a/b`, `x?y` and `%2e` come back as they were, and `..` stays a name."""
    if not resource_id:
        raise ValueError("An empty id is no path segment.")
    if resource_id in (".", ".."):
        return resource_id.replace(".", "%2E")
    return quote(resource_id, safe="")


class HttpClient:
    """Requests to one base URL, with one Authorization. Use it as `async with HttpClient(...) as client`.

    `authorization` is the header's whole value. `headers` are sent with each request beside our own. `tls`: an own
    certificate authority or client certificate (S-TLS).
    `resolver`: an own DNS; its answers are checked all the same.
    """

    def __init__(
        self,
        base: BaseUrl,
        *,
        authorization: str,
        targets: Targets,
        connections: int = 8,
        pace: Pace = UNLIMITED,
        limits: Limits = DEFAULT_LIMITS,
        user_agent: str = USER_AGENT,
        headers: Mapping[str, str] = NO_HEADERS,
        content_type: str = "application/scim+json",
        tls: ssl.SSLContext | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self.base = base
        self._headers = _headers(authorization, user_agent, headers)
        self._secrets = (authorization, authorization.partition(" ")[2].strip())
        self._content_type = {"Content-Type": content_type}
        self._targets, self._pace, self._limits = targets, pace, limits
        self._own_resolver = resolver
        self._connections, self._tls = connections, tls
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"HttpClient({self.base})"

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=self._connections,
            resolver=self._resolver(),
            use_dns_cache=False,
            keepalive_timeout=_KEEP_ALIVE,
            ssl=self._tls or True,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._limits.total, sock_connect=self._limits.connect),
            trust_env=False,
            auto_decompress=False,
            request_class=_Tracked,
            max_headers=100,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

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
        attempt = _Attempt(self.base, self._limits)
        try:
            self._check_literal()
            if self.base.address:
                return [self.base.host]
            async with asyncio.timeout(self._limits.connect):
                found = await self._resolver().resolve(self.base.host, self.base.port)
            return [result["host"] for result in found]
        except (ForbiddenTarget, TimeoutError) as error:
            failure = attempt.failure(error)
        except OSError:
            failure = _unknown_name(self.base)
        raise failure

    async def _once(self, method: str, path: str, *, url: URL, data: bytes | None, secrets: Iterable[str]) -> Answer:
        async with self._pace.turn(method, path) as turn:
            received = await self._exchanged(method, url, data)
            result = answer(received, secrets=(*self._secrets, *secrets), limits=self._limits, now=datetime.now(UTC))
            turn.answered(result)
            return result

    async def _exchanged(self, method: str, url: URL, data: bytes | None) -> Received:
        assert self._session is not None, "use the client inside `async with`"
        attempt = _Attempt(self.base, self._limits)
        try:
            self._check_literal()
            async with self._session.request(
                method,
                url,
                data=data,
                headers=self._content_type if data is not None else None,
                allow_redirects=False,
                middlewares=(attempt,),
            ) as response:
                return await _received(response, self._limits)
        except _BROKEN as error:
            failure = attempt.failure(error)
        # Raised outside the handler: the library's exceptions hold the request's headers, and so the token.
        raise failure

    def _resolver(self) -> PinnedResolver:
        return PinnedResolver(self._targets, self._own_resolver)

    def _check_literal(self) -> None:
        """An address in place of a name never passes the resolver: it is checked here."""
        if self.base.address:
            check_address(self._targets, host=self.base.host, port=self.base.port, address=self.base.host)


class _Tracked(aiohttp.ClientRequest):
    """A request that knows whether it began to leave."""

    left = False

    async def send(self, conn: Any) -> aiohttp.ClientResponse:
        self.left = True
        return await super().send(conn)


class _Attempt:
    """One try of one request. It stands inside the library, where it turns a lost connection into our own
    exception: the library would send PUT, DELETE and GET a second time by itself."""

    def __init__(self, base: BaseUrl, limits: Limits) -> None:
        self._base, self._limits = base, limits
        self._request: aiohttp.ClientRequest | None = None

    async def __call__(self, request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
        self._request = request
        try:
            return await handler(request)
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            lost = _Lost(error)
        raise lost

    def failure(self, error: Exception) -> TransportError:
        """The exception to raise. Nothing left: NotSent; otherwise nobody knows."""
        if isinstance(error, _Lost):
            error = error.error
        if getattr(self._request, "left", False):
            return _unknown(error, self._limits)
        return _not_sent(error, self._base)


class _Lost(aiohttp.ClientError):
    """A lost connection, in a wrapping that the library doesn't answer with a second try."""

    def __init__(self, error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.error = error


def _not_sent(error: Exception, base: BaseUrl) -> NotSent:
    if isinstance(error, ForbiddenTarget):
        return NotSent(str(error), "forbidden")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return _unknown_name(base)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        found = getattr(error.certificate_error, "verify_message", "") or "it does not fit the name"
        return NotSent(f"The certificate of {base.target} is not trusted: {found}.", "tls")
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return NotSent(f"No secure connection (TLS 1.2 or newer) to {base.target} could be made.", "tls")
    # One text for refused, filtered and slow (S-SSRF 4).
    return NotSent(f"No connection to {base.target} could be made.", "connect")


def _unknown_name(base: BaseUrl) -> NotSent:
    return NotSent(f"The name {base.host} can't be found: check its spelling and this server's DNS.", "dns")


def _unknown(error: Exception, limits: Limits) -> Unknown:
    if isinstance(error, TimeoutError):
        return Unknown(f"There was no complete answer within {limits.total:g} seconds.", "timeout")
    if isinstance(error, aiohttp.ClientResponseError):
        return Unknown("The answer is not valid HTTP, or its headers are too large.", "malformed")
    return Unknown("The connection broke before the answer was there.", "broken")


def _headers(authorization: str, user_agent: str, more: Mapping[str, str]) -> dict[str, str]:
    """What is sent with each request: our own headers, and of `more` what isn't one of them."""
    if not authorization.strip() or not authorization.isprintable():
        raise ValueError("The authorization is empty or holds a line break or another control character.")
    own = {
        "Authorization": authorization,
        "Accept": _ACCEPT,
        "Accept-Encoding": "identity",
        "User-Agent": user_agent,
    }
    names = {name.lower() for name in own}
    return {**own, **{name: value for name, value in more.items() if name.lower() not in names}}


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


async def _received(response: aiohttp.ClientResponse, limits: Limits) -> Received:
    headers = {name.lower(): value for name, value in response.headers.items()}
    if sum(len(name) + len(value) for name, value in response.raw_headers) > limits.headers:
        return Received(response.status, {}, problem="too_large")
    raw, problem = await _body(response, limits.body)
    return Received(response.status, headers, raw, problem)


async def _body(response: aiohttp.ClientResponse, cap: int) -> tuple[bytes, Problem | None]:
    """The body, never more than `cap` bytes of it. What is left unread closes the connection with the response."""
    raw = bytearray()
    if (response.content_length or 0) > cap:
        return b"", "too_large"
    try:
        async for chunk in response.content.iter_any():
            raw += chunk
            if len(raw) > cap:
                return bytes(raw[:TEXT_KEPT]), "too_large"
    except TimeoutError:
        raise
    except (aiohttp.ClientError, OSError):
        return bytes(raw), "cut"
    return bytes(raw), None
