"""An administrator types a base URL; without care that makes us a way into the network we stand in (S-SSRF).

So: https to public addresses on port 443, and nothing else, unless the server's own configuration
(PROVISOR_ALLOW_TARGETS) says so. A URL is checked when it is saved (`Targets.check_url`), and every address is
checked again when a connection is opened (`PinnedResolver`, `Targets.permits`), because names change their answer.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LONGEST_URL: Final = 2048
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_BRACKETED = re.compile(r"\[(?P<host>[^\[\]]+)\](?::(?P<port>[0-9]+))?", re.ASCII)
_IN_QUERY: Final = "%/?:@!$&'()*+,;=-._~"
_UNWANTED = re.compile(r"[\x00-\x20\x7f-\xa0\\]")

# IANA's special-purpose registries; 168.63.129.16 is a cloud's metadata service on a public address.
_CLOSED_V4: Final = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
    )
)  # fmt: skip
# Only 2000::/3 is global unicast: everything else (mapped, NAT64, ULA, link-local, multicast) is closed at once.
_OPEN_V6: Final = ipaddress.IPv6Network("2000::/3")
_CLOSED_V6: Final = tuple(
    ipaddress.IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
# A listed *name* doesn't open these: whoever answers for that name must not reach the host's own credentials.
_METADATA: Final = tuple(
    ipaddress.ip_network(network)
    for network in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "100.100.100.200/32", "168.63.129.16/32")
)
_LOCAL_NAMES: Final = ("localhost", "metadata.google.internal")


class InvalidBaseUrl(ValueError):
    """The text is no base URL of ours; the message names what is wrong."""


class ForbiddenTarget(Exception):
    """The URL is well formed, but this server doesn't connect there; the message says what would allow it."""


@dataclass(frozen=True)
class BaseUrl:
    """A checked base URL. `host`: lower-case ASCII, IPv6 without brackets. `path`: "" or "/scim/v2", no slash at
    the end, percent-encoded."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @cached_property
    def address(self) -> Address | None:
        """The host as an address, where it is written as one."""
        return _literal(self.host)

    @property
    def target(self) -> str:
        """host:port, as the allow-list writes it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """scheme://host[:port], the port only where it isn't the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        own = {"https": 443, "http": 80}.get(self.scheme)
        return f"{self.scheme}://{host}" + ("" if self.port == own else f":{self.port}")

    def __str__(self) -> str:
        return self.origin + self.path


@dataclass(frozen=True)
class Targets:
    """Where this server may connect: public addresses by https on port 443, and what the allow-list names."""

    names: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[tuple[Network, int | None], ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Targets:
        """From `host:port`, `host`, CIDR and `[v6]:port` entries. ValueError names an entry that is none of them."""
        names: set[tuple[str, int | None]] = set()
        networks: list[tuple[Network, int | None]] = []
        for entry in entries:
            place, port = _entry(entry.strip())
            if isinstance(place, str):
                names.add((place, port))
            else:
                networks.append((place, port))
        return cls(frozenset(names), tuple(networks))

    def check_url(self, url: str) -> BaseUrl:
        """The URL, normalised. Raises InvalidBaseUrl (what is wrong with it) or ForbiddenTarget (why not)."""
        return self._allowed(_parsed(url), "base URL")

    def check_link(self, url: str, what: str) -> BaseUrl:
        """A whole address, such as a token URL (`what` says which): a slash at its end and its query stay in the path."""
        plain, mark, query = url.partition("?")
        base = self._allowed(_parsed(plain, what), what)
        if len(url) > LONGEST_URL or "#" in query or _UNWANTED.search(query):
            raise InvalidBaseUrl(f"The {what} is too long or holds a space or a fragment (what follows the #).")
        slash = "/" if plain.endswith("/") else ""
        return replace(base, path=f"{base.path}{slash}{mark}{quote(query, safe=_IN_QUERY)}")

    def check_proxy(self, url: str) -> BaseUrl:
        """A proxy's address: scheme, host and port alone."""
        base = self._allowed(_parsed(url, "proxy URL"), "proxy URL")
        if base.path:
            raise InvalidBaseUrl("The proxy URL must hold no path: write https://host:port.")
        return base

    def _allowed(self, base: BaseUrl, what: str) -> BaseUrl:
        if self._names(base.host, base.port) or (base.address and self._lists(base.address, base.port)):
            return base
        if why := _closed(base, what):
            raise ForbiddenTarget(f"{why} {_allow(base.target)}")
        return base

    def permits(self, host: str, port: int, address: str | Address) -> bool:
        """Whether a connection to `host` may go to this address, which the host's name gave just now."""
        parsed = _literal(address) if isinstance(address, str) else address
        if parsed is None:
            return False
        if self._lists(parsed, port):
            return True
        if self._names(host, port):
            return not any(parsed in network for network in _METADATA)
        return port == 443 and is_public(parsed)

    def _names(self, host: str, port: int) -> bool:
        host = host.lower().removesuffix(".")
        return (host, port) in self.names or (host, None) in self.names

    def _lists(self, address: Address, port: int) -> bool:
        mapped = getattr(address, "ipv4_mapped", None)
        forms = (address, mapped) if mapped else (address,)
        return any(form in network and allowed in (None, port) for network, allowed in self.networks for form in forms)


class PinnedResolver(AbstractResolver):
    """Resolves a name once and gives only addresses that `targets` permits: the connection goes to the address that
    was checked. One forbidden address among several refuses the name: that is how rebinding looks."""

    def __init__(self, targets: Targets, resolver: AbstractResolver | None = None) -> None:
        self._targets = targets
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of `host`. Raises ForbiddenTarget, and OSError where the name isn't known."""
        found = await self._resolver.resolve(host, port, family)
        if not found:
            raise OSError(None, "no address")
        for result in found:
            check_address(self._targets, host=host, port=port, address=result["host"])
        return found

    async def close(self) -> None:
        await self._resolver.close()


def check_address(targets: Targets, *, host: str, port: int, address: str) -> None:
    """Raises ForbiddenTarget unless a connection to `host` may go to `address`."""
    if targets.permits(host, port, address):
        return
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    place = host if host == address else f"{host} leads to what"
    raise ForbiddenTarget(f"{place} is not a public address on port 443. {_allow(target)}")


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet: not loopback, private, link-local, CGNAT, multicast,
    unspecified, documentation, v4-mapped, NAT64, 6to4 or a cloud's metadata service."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)


def _allow(target: str) -> str:
    return f"To use it all the same, whoever runs this server adds {target} to PROVISOR_ALLOW_TARGETS."


def _closed(base: BaseUrl, what: str) -> str | None:
    """Why a URL that no allow-list names is refused, as a sentence; None where it isn't."""
    if base.scheme != "https":
        return f"The {what} must start with https://: over plain http the token could be read on the way."
    if base.port != 443:
        return f"Port {base.port} is refused: only port 443 is open."
    if base.address and not is_public(base.address):
        return f"{base.host} is not a public address."
    if base.host in _LOCAL_NAMES or base.host.endswith(".localhost"):
        return f"{base.host} is a name of this machine or its network."
    return None


def _parsed(url: str, what: str = "base URL") -> BaseUrl:
    """The parts of a base URL (T11). Raises InvalidBaseUrl."""
    if len(url) > LONGEST_URL:
        raise InvalidBaseUrl(f"The {what} is longer than {LONGEST_URL} characters.")
    if _UNWANTED.search(url):
        raise InvalidBaseUrl(f"The {what} holds a space, a control character or a backslash.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidBaseUrl(f"The {what}'s host or port can't be read.") from None
    _refuse_extras(url, parts, what)
    return BaseUrl(
        scheme=parts.scheme,
        host=_url_host(parts.hostname or "", what),
        port={"https": 443, "http": 80}[parts.scheme] if port is None else port,
        path=_url_path(parts.path, what),
    )


def _refuse_extras(url: str, parts: SplitResult, what: str) -> None:
    wrong = (
        (parts.scheme not in ("https", "http"), "must start with https://"),
        ("@" in parts.netloc, "must not hold a user name or password: put the token into the secret field"),
        ("?" in url, "must not hold a query (what follows the question mark)"),
        ("#" in url, "must not hold a fragment (what follows the #)"),
        (not parts.hostname, "names no host"),
        (parts.port == 0 or parts.netloc.endswith(":"), "names no usable port"),
    )
    for is_wrong, why in wrong:
        if is_wrong:
            raise InvalidBaseUrl(f"The {what} {why}.")


def _url_host(text: str, what: str) -> str:
    try:
        return _host(text)
    except ValueError as error:
        raise InvalidBaseUrl(f"The {what}'s host can't be used: {error}.") from None


def _url_path(path: str, what: str) -> str:
    segments = path.rstrip("/").split("/")[1:]
    if any(segment in ("", ".", "..") or _dots(segment) for segment in segments):
        raise InvalidBaseUrl(f"The {what}'s path holds an empty part or dots (//, /./ or /../).")
    return URL("/" + "/".join(segments)).raw_path.rstrip("/")


def _dots(segment: str) -> bool:
    return segment.lower().replace("%2e", ".") in (".", "..")


def _entry(entry: str) -> tuple[str | Network, int | None]:
    """One entry of the allow-list: a name or a network, and the port it is limited to."""
    try:
        if "/" in entry:
            return ipaddress.ip_network(entry), None
        host, port = _split(entry)
        address = _literal(host)
        return (_host(host) if address is None else ipaddress.ip_network(address)), port
    except ValueError:
        raise ValueError(
            f"Allowed target {entry!r} can't be read: write host, host:port, [v6]:port or a CIDR such as 10.0.0.0/8."
        ) from None


def _split(entry: str) -> tuple[str, int | None]:
    if bracketed := _BRACKETED.fullmatch(entry):
        host, port = bracketed["host"], bracketed["port"]
    elif entry.count(":") > 1:
        host, port = entry, None
    else:
        host, colon, port = entry.partition(":")
        port = port if colon else None
    if port is None:
        return host, None
    if not re.fullmatch(r"[0-9]{1,5}", port, re.ASCII) or not 0 < int(port) < 65536:
        raise ValueError("port")
    return host, int(port)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _host(text: str) -> str:
    """A host as lower-case ASCII without the dot at its end. ValueError for what is neither a name nor a plainly
    written address: 2130706433, 0x7f.1 and 0177.0.0.1 reach 127.0.0.1 in some libraries and are refused."""
    if ":" in text:
        return _ipv6(text)
    if "%" in text:
        raise ValueError("it holds a percent sign")
    host = (URL.build(scheme="https", host=text).raw_host or "").lower().removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("it is not a valid name")
    if _NUMBER.fullmatch(labels[-1]) and _literal(host) is None:
        raise ValueError("write the address as four decimal numbers, as in 192.0.2.1")
    return host


def _ipv6(text: str) -> str:
    address = _literal(text)
    if address is None or getattr(address, "scope_id", None):
        raise ValueError("it is not a valid IPv6 address")
    return address.compressed
