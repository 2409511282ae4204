"""An answer of a service provider can be wrong, cut, huge or hostile: here it becomes a small, safe value.

Limits are those of S-BOMB, tolerance that of T3, E1 and E2. Nothing here does input or output.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal

import orjson

JSON = Mapping[str, Any]
Problem = Literal["not_json", "html", "cut", "too_large", "too_deep"]
Cause = Literal["forbidden", "dns", "connect", "tls", "timeout", "broken", "malformed", "proxy", "token", "refused"]

TEXT_KEPT: Final = 2048  # characters
LONGEST_WAIT: Final = 3600.0  # seconds
REDACTED: Final = "[redacted]"
_SHORTEST_SECRET: Final = 4
_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]+)?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class TransportError(Exception):
    """No answer. `reason` is a sentence for people, without secrets; `cause` says where it failed."""

    def __init__(self, reason: str, cause: Cause = "broken") -> None:
        super().__init__(reason)
        self.reason = reason
        self.cause = cause


class NotSent(TransportError):
    """No byte of the request left: it is safe to send it again."""


class NoToken(NotSent):
    """The authorisation server gave no token just now; nothing was sent. `after`: seconds that it asked us to wait."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason, "token")
        self.after = after


class SignInRefused(NotSent):
    """Our credentials are not accepted: by the authorisation server, in the TLS handshake or by the proxy. It stops the
    application as a 401 does. `hint` says what to do."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason, "refused")
        self.hint = hint


class Unknown(TransportError):
    """The request may have been carried out: look before sending it again (5.2)."""


@dataclass(frozen=True)
class Limits:
    """What one answer may be, in bytes, levels and characters, and how long it may take, in seconds (S-BOMB)."""

    body: int = 10 * 1024 * 1024
    headers: int = 64 * 1024
    depth: int = 64
    string: int = 1024 * 1024
    connect: float = 10.0
    total: float = 60.0
    redirects: int = 3


@dataclass(frozen=True)
class Answer:
    """What the service provider said.

    `headers`: names in lower case. `body`: the parsed JSON, None without any. `text`: the first 2 kB of a body that
    is an error or no JSON, without our secrets; where it is no JSON it is not for people's eyes (S-SSRF 4).
    `retry_after`: seconds, at most an hour (E1).
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Any = field(default=None, repr=False)
    text: str = field(default="", repr=False)
    content_type: str = ""
    problem: Problem | None = None
    retry_after: float | None = None

    @property
    def ok(self) -> bool:
        """2xx, and the body is whole and readable (or absent)."""
        return 200 <= self.status < 300 and self.problem is None


@dataclass(frozen=True)
class Received:
    """An answer as it came from the wire, the body not yet read. `problem`: "cut" or "too_large" while receiving."""

    status: int
    headers: Mapping[str, str]
    raw: bytes = b""
    problem: Problem | None = None


def answer(received: Received, *, secrets: Iterable[str], limits: Limits, now: datetime) -> Answer:
    """The value of what was received. `secrets` are taken out of errors and of what is no JSON."""
    content_type = received.headers.get("content-type", "").partition(";")[0].strip().lower()
    raw, problem = _unpacked(received, limits.body)
    body: Any = None
    if problem is None and raw.strip():
        body, problem = parsed(raw, limits)
        if problem == "not_json" and _looks_like_html(raw, content_type):
            problem = "html"
    failed = received.status >= 400
    return Answer(
        status=received.status,
        headers=redacted(received.headers, secrets) if failed else received.headers,
        body=redacted(body, secrets) if failed and body is not None else body,
        text=_text(raw, secrets) if failed or problem else "",
        content_type=content_type,
        problem=problem,
        retry_after=retry_after(received.headers, now),
    )


def parsed(raw: bytes, limits: Limits) -> tuple[Any, Problem | None]:
    """The JSON in `raw`, and what is wrong with it. NaN and Infinity are no JSON; NUL becomes U+FFFD, for no
    database of ours can hold it."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return None, "too_deep" if "depth limit" in str(error) else "not_json"
    if raw.count(b"[") + raw.count(b"{") > limits.depth and _depth_exceeds(value, limits.depth):
        return None, "too_deep"
    if len(raw) > limits.string and any(len(text) > limits.string for text in _strings(value)):
        return None, "too_large"
    return (_mapped(value, _without_nul) if b"\\u0000" in raw else value), None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait, from Retry-After as a number or a date (E1). A date counts from the service provider's own
    clock where it shows it; one in the past says nothing."""
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), LONGEST_WAIT)
    moment = _date(text)
    if moment is None:
        return None
    wait = (moment - (_date(headers.get("date", "")) or now)).total_seconds()
    return min(wait, LONGEST_WAIT) if wait > 0 else None


def redacted(value: Any, secrets: Iterable[str]) -> Any:
    """The value with every secret in its strings replaced. Those under four characters stay: nobody could read on."""
    worth = [secret for secret in secrets if len(secret) >= _SHORTEST_SECRET]

    def clean(text: str) -> str:
        for secret in worth:
            text = text.replace(secret, REDACTED)
        return text

    return _mapped(value, clean)


def printable(text: str) -> str:
    """At most 2 kB of a service provider's words, without control characters."""
    return _CONTROL.sub(" ", text[:TEXT_KEPT]).strip()


def secrets_in(body: Any) -> Iterator[str]:
    """The passwords that a request body of ours carries: an error may echo them."""
    if not isinstance(body, Mapping):
        return
    if isinstance(password := body.get("password"), str):
        yield password
    for operation in body.get("Operations") or ():
        value = operation.get("value")
        if isinstance(value, str) and str(operation.get("path", "")).lower().endswith("password"):
            yield value
        yield from secrets_in(value)


def _text(raw: bytes, secrets: Iterable[str]) -> str:
    # Redacted before it is cut: a cut could leave half a secret.
    return printable(str(redacted(raw[: 8 * TEXT_KEPT].decode("utf-8", "replace"), secrets)))


def _looks_like_html(raw: bytes, content_type: str) -> bool:
    return content_type in ("text/html", "application/xhtml+xml") or raw.lstrip()[:1] == b"<"


def _unpacked(received: Received, cap: int) -> tuple[bytes, Problem | None]:
    encoding = received.headers.get("content-encoding", "").strip().lower()
    if received.problem or encoding in ("", "identity") or not received.raw:
        return received.raw, received.problem
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return b"", "not_json"
    return _inflated(received.raw, cap)


def _inflated(raw: bytes, cap: int) -> tuple[bytes, Problem | None]:
    """We ask for no compression; some compress all the same. Never more than `cap` bytes come out."""
    machine = zlib.decompressobj(wbits=47)
    try:
        plain = machine.decompress(raw, cap + 1)
    except zlib.error:
        return b"", "not_json"
    if len(plain) > cap:
        return plain[:TEXT_KEPT], "too_large"
    return plain, None if machine.eof else "cut"


def _depth_exceeds(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return any(isinstance(node, dict | list) for node in level)


def _children(node: Any) -> Iterable[Any]:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


def _strings(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict):
            yield from node
        waiting.extend(_children(node))


def _mapped(value: Any, change: Any) -> Any:
    """The value with `change` applied to every string in it, names included. Depth is bounded by the limits."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {change(name): _mapped(child, change) for name, child in value.items()}
    return [_mapped(child, change) for child in value] if isinstance(value, list) else value


def _without_nul(text: str) -> str:
    return text.replace("\x00", "\ufffd")


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
