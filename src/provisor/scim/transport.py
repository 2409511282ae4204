"""The way to a server: which certificates count, which proxy stands between, and the one place where sessions open.

Sources: standards.md S-SSRF, S-TLS, S-RED, S-BOMB; decision 17. A certificate authority of one's own is trusted *in
addition* to the system's. Through a proxy, the proxy resolves names; addresses that are written as such are checked here
all the same.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.client_middlewares import ClientHandlerType
from yarl import URL

from provisor.scim import failures
from provisor.scim.answers import TEXT_KEPT, Limits, Problem, Received, SignInRefused, TransportError
from provisor.scim.certificates import context
from provisor.scim.sign_in import SignIn
from provisor.scim.targets import BaseUrl, ForbiddenTarget, PinnedResolver, Targets, check_address

_KEEP_ALIVE: Final = 15.0  # seconds; shorter than what most servers allow, so that we rarely meet a closed one
_BROKEN = (ForbiddenTarget, aiohttp.ClientError, OSError, TimeoutError)
DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM texts. `ca`: authorities to trust besides the system's; `certificate`: our own with its chain, and its `key`."""

    ca: str = ""
    certificate: str = ""
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that every connection of an application goes through. `url`: http(s)://host:port."""

    url: str
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a service provider is, how one gets there and how one signs in. `sign_in`: None while nothing is set."""

    base_url: str
    sign_in: SignIn | None
    tls: Tls | None = None
    proxy: Proxy | None = None


class Transport:
    """Sends one request exactly once and says what came, or `NotSent` or `Unknown`. Use it inside `async with`.

    `resolver`: an own DNS; its answers are checked all the same. Raises UnusableTls, InvalidBaseUrl and ForbiddenTarget
    where certificate, key or proxy can't be used."""

    def __init__(
        self,
        targets: Targets,
        *,
        tls: Tls | None = None,
        proxy: Proxy | None = None,
        connections: int = 8,
        limits: Limits = DEFAULT_LIMITS,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self.targets, self.limits = targets, limits
        self._connections, self._own_resolver = connections, resolver
        self._tls = context(tls.ca, tls.certificate, tls.key) if tls else None
        self.proxy = targets.check_proxy(proxy.url) if proxy else None
        self._proxy_sign_in = _proxy_sign_in(proxy) if proxy else None
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return "Transport()" if self.proxy is None else f"Transport(proxy={self.proxy.target})"

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
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self.limits.total, sock_connect=self.limits.connect),
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

    async def exchange(
        self, base: BaseUrl, method: str, url: URL, *, headers: Mapping[str, str], data: bytes | None = None
    ) -> Received:
        """One request to `url`, which is at `base`'s origin. Redirects are answers."""
        assert self._session is not None, "use the transport inside `async with`"
        attempt = _Attempt(base, self)
        try:
            self._check_literal(base)
            async with self._session.request(
                method,
                url,
                data=data,
                headers=headers,
                allow_redirects=False,
                middlewares=(attempt,),
                proxy=URL(str(self.proxy)) if self.proxy else None,
                proxy_headers=self._proxy_sign_in,
            ) as response:
                if response.status == 407 and self.proxy:
                    raise failures.proxy_refused(self.proxy)
                return await _received(response, self.limits)
        except SignInRefused as refused:
            failure: TransportError = refused
        except _BROKEN as error:
            failure = attempt.failure(error)
        # Raised outside the handler: the library's exceptions hold the request's headers, and so the token.
        raise failure

    async def addresses(self, base: BaseUrl) -> list[str]:
        """The addresses that the host leads to, all of them permitted; of the proxy's host where there is one. Raises
        NotSent."""
        first, attempt = self.proxy or base, _Attempt(base, self)
        try:
            self._check_literal(base)
            if first.address:
                return [first.host]
            async with asyncio.timeout(self.limits.connect):
                found = await self._resolver().resolve(first.host, first.port)
            return [result["host"] for result in found]
        except (ForbiddenTarget, TimeoutError) as error:
            failure = attempt.failure(error)
        except OSError:
            failure = failures.unknown_name(first)
        raise failure

    def _resolver(self) -> PinnedResolver:
        return PinnedResolver(self.targets, self._own_resolver)

    def _check_literal(self, base: BaseUrl) -> None:
        """An address in place of a name never passes the resolver: it is checked here."""
        for place in (base, self.proxy):
            if place and place.address:
                check_address(self.targets, host=place.host, port=place.port, address=place.host)


class _Tracked(aiohttp.ClientRequest):
    """A request that knows whether it began to leave."""

    left = False

    async def send(self, conn: Any) -> aiohttp.ClientResponse:
        self.left = True
        return await super().send(conn)


class _Attempt:
    """One try of one request. It stands inside the library, where it turns a lost connection into our own
    exception: the library would send PUT, DELETE and GET a second time by itself."""

    def __init__(self, base: BaseUrl, transport: Transport) -> None:
        self._base, self._transport = base, transport
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
        if not getattr(self._request, "left", False):
            return failures.not_sent(error, self._base, self._transport.proxy)
        return failures.certificate_refused(error, self._base) or failures.unknown(error, self._transport.limits)


class _Lost(aiohttp.ClientError):
    """A lost connection, in a wrapping that the library doesn't answer with a second try."""

    def __init__(self, error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.error = error


def _proxy_sign_in(proxy: Proxy) -> dict[str, str] | None:
    """Headers for the proxy alone: the library makes Proxy-Authorization of this one, and sends it nowhere else."""
    if not proxy.username:
        return None
    if ":" in proxy.username:
        raise ValueError("The proxy's user name must hold no colon.")
    coded = b64encode(f"{proxy.username}:{proxy.password}".encode()).decode("ascii")
    return {"Authorization": f"Basic {coded}"}


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
