"""What an answer of the SP means for us: done, retry, hold, stop or unknown (standards.md 5.2 with decisions.md).

A verdict is about one request for one account. `stop` and `whole` are about the connection: nothing more is sent there.
`hint` says what to do next, in the words of an administrator.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum


class Meaning(Enum):
    DONE = "done"
    RETRY = "retry"  # try again later, by itself
    HOLD = "hold"  # no timed retry: something has to change, or a person has to decide
    STOP = "stop"  # the connection is not usable: nothing more is sent to this application
    UNKNOWN = "unknown"  # it may or may not have been carried out: look before anything is sent again


@dataclass(frozen=True, slots=True)
class Verdict:
    """`code` is short and stable, `message` is for people, `after` is in seconds (Retry-After), `whole`: the connection as
    a whole is to pause, and the account isn't charged an attempt."""

    meaning: Meaning
    code: str
    message: str = ""
    hint: str = ""
    after: float | None = None
    whole: bool = False

    def error(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message, "hint": self.hint}


@dataclass(frozen=True, slots=True)
class Reply:
    """What a verdict is made from: status, the SP's scimType and detail, Retry-After in seconds, and what was wrong with
    the body, if anything (scim.http.Answer.problem)."""

    method: str
    status: int
    scim_type: str | None = None
    detail: str = ""
    retry_after: float | None = None
    problem: str | None = None


DONE = Verdict(Meaning.DONE, "ok")

_LOOK_AT_TOKEN = "Make a new token at the service provider and enter it on the application's page."  # noqa: S105
_LOOK_AT_SIGN_IN = "Look at how to sign in on the application's page."
_LOOK_AT_URL = "Check the base URL on the application's page; it usually ends in /scim or /scim/v2."
_WILL_RETRY = "Provisor tries again by itself; nothing is lost."
_MEND_DATA = "Change the user or the mapping, and it is tried again at once; or use Retry."


def not_sent(reason: str) -> Verdict:
    """No byte of the request left: DNS, refused connection, TLS."""
    return Verdict(
        Meaning.RETRY, "unreachable", f"The service provider can't be reached: {reason}", _WILL_RETRY, whole=True
    )


def no_token(reason: str, after: float | None) -> Verdict:
    """The authorisation server gave no token just now: nothing was sent, and no account is to blame."""
    return Verdict(Meaning.RETRY, "no_token", reason, _WILL_RETRY, after=after, whole=True)


def sign_in_refused(reason: str, hint: str) -> Verdict:
    """Our credentials are not accepted, though not by the SP's own 401: by its authorisation server, in the TLS handshake or
    by a proxy; or there are none that could be used."""
    return Verdict(Meaning.STOP, "credentials_invalid", reason, hint or _LOOK_AT_SIGN_IN)


CLOSED = "closed"


def closed(reason: str) -> Verdict:
    """Our own gate let nothing through any more: nobody's fault, and nothing to record."""
    return Verdict(Meaning.RETRY, CLOSED, reason)


def forbidden_target(reason: str) -> Verdict:
    """The address is not one that Provisor may speak to (S-SSRF)."""
    return Verdict(Meaning.STOP, "forbidden_target", reason, _LOOK_AT_URL)


def lost(reason: str) -> Verdict:
    """The request may have been carried out, and no usable answer came."""
    return Verdict(
        Meaning.UNKNOWN,
        "no_answer",
        f"No usable answer came: {reason}",
        "It is looked up before anything is sent again.",
    )


def unreadable(reason: str) -> Verdict:
    """An answer to a look-up that can't be read: nobody knows who is there, so nothing is created."""
    return Verdict(Meaning.RETRY, "unreadable", f"The look-up can't be read: {reason}", _WILL_RETRY)


def judge(reply: Reply, quirks: Collection[str] = ()) -> Verdict:
    """The verdict on an answer. A 404 on an account's own id is `gone`, and the caller looks again before believing it.
    `quirks` are those of the SP form (core.vocabulary.QUIRKS) that say otherwise for this SP."""
    said = f"The service provider answered {reply.status}" + (f": {reply.detail}" if reply.detail else "")
    if deviating := _by_quirk(reply, quirks, said):
        return deviating
    if 200 <= reply.status < 300:
        return _success(reply, said)
    if reply.status in _THROTTLED and (reply.status != 503 or reply.retry_after is not None):
        return Verdict(Meaning.RETRY, "throttled", said, _WILL_RETRY, after=reply.retry_after, whole=True)
    if reply.status >= 500:
        return _server_error(reply, said)
    return _client_error(reply, said)


_THROTTLED = (408, 425, 429, 503)
# Seconds until an SP that says with 403 that provisioning is paused there is asked again.
_PAUSED_THERE = 300.0
_PAUSED = "Provisioning is paused at the service provider."
_RESUME = "Resume it there. Provisor asks again by itself; nothing is lost."
_EXISTS = re.compile(r"\bexists\b|already|duplicate|taken|in use|unique|conflict", re.IGNORECASE)
_LOOK_AT_CANDIDATES = "Another account stands in the way; look at the candidates."


def _by_quirk(reply: Reply, quirks: Collection[str], said: str) -> Verdict | None:
    """What this SP means by it, where that differs from the RFC (C2; form.quirks)."""
    if reply.status == 403 and "forbidden_is_pause" in quirks:
        return Verdict(Meaning.RETRY, "paused_there", f"{_PAUSED} {said}", _RESUME, after=_PAUSED_THERE, whole=True)
    if reply.method != "POST":
        return None
    if reply.status == 400 and "conflict_as_400" in quirks and _EXISTS.search(reply.detail):
        return Verdict(Meaning.HOLD, "exists", said, _LOOK_AT_CANDIDATES)
    if reply.status == 500 and "conflict_as_500" in quirks:
        # It may have failed indeed: who looks and finds nobody tries again.
        return Verdict(Meaning.RETRY, "exists", said, _LOOK_AT_CANDIDATES)
    return None


def _success(reply: Reply, said: str) -> Verdict:
    if reply.status == 202:
        return lost("202, accepted but not carried out yet")
    if reply.problem == "html":
        return Verdict(Meaning.STOP, "not_scim", "A web page came instead of SCIM.", _LOOK_AT_URL)
    if reply.problem:
        return lost(f"{said}, but the body is not readable ({reply.problem})")
    return DONE


def _server_error(reply: Reply, said: str) -> Verdict:
    if reply.status == 501:
        return Verdict(Meaning.HOLD, "unsupported", said, "The service provider can't do this; see the SP form.")
    if reply.status in (502, 503, 504) and reply.method != "GET":
        return lost(said)
    return Verdict(Meaning.RETRY, "server_error", said, _WILL_RETRY)


def _client_error(reply: Reply, said: str) -> Verdict:
    if reply.status == 404 and reply.problem == "html":
        return Verdict(Meaning.STOP, "not_scim", f"{said} with a web page.", _LOOK_AT_URL)
    if reply.status == 404 and reply.method == "POST":
        return Verdict(Meaning.HOLD, "no_endpoint", said, _LOOK_AT_URL)
    known = _CLIENT_ERRORS.get(reply.status)
    if known is not None:
        meaning, code, hint = known
        return Verdict(meaning, code, said, hint)
    if 300 <= reply.status < 400:
        return Verdict(Meaning.STOP, "redirected", f"{said}, a redirect that is not followed.", _LOOK_AT_URL)
    code = {"uniqueness": "exists"}.get(reply.scim_type or "", "refused")
    return Verdict(Meaning.HOLD, code, said, _MEND_DATA)


_CLIENT_ERRORS = {
    401: (Meaning.STOP, "credentials_invalid", _LOOK_AT_TOKEN),
    403: (Meaning.HOLD, "forbidden", "The token may not do this; give it the right at the service provider."),
    404: (Meaning.HOLD, "gone", "The account is no longer there."),
    405: (Meaning.HOLD, "unsupported", "The service provider can't do this; see the SP form."),
    409: (Meaning.HOLD, "exists", _LOOK_AT_CANDIDATES),
    412: (Meaning.RETRY, "race", _WILL_RETRY),
    413: (Meaning.HOLD, "too_large", "The service provider says that this is too much: shorten the longest values."),
}


TRIES = 16  # 1 s to 512 s, and six times 15 min
_ESCROW = (3600.0, 21600.0, 43200.0, 86400.0)  # seconds


def delay(attempts: int, jitter: float) -> float:
    """Seconds until try number `attempts + 1`: 1 s doubling to 15 min, for about two hours; then 1, 6, 12 and 24 hours,
    daily from there. `jitter` in [0, 1) is the caller's: half of the delay is random, so that many failures don't come
    back as one."""
    base = min(2.0 ** (attempts - 1), 900.0) if attempts <= TRIES else _ESCROW[min(attempts - TRIES - 1, 3)]
    return base * (0.5 + jitter / 2)
