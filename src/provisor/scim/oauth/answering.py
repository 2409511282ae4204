"""What an authorisation server's answer means: a token, "ask again later" (NoToken), or "no" (SignInRefused).

Strict about what we would send on (the token and its type), tolerant about the rest: a changed scope, a missing or odd
`expires_in`, a missing `token_type`. oauthlib's reader raises on those; this one says what was decided (decision 17).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from provisor.scim.answers import Answer, NoToken, SignInRefused, printable, redacted

LONGEST_LIFE: Final = 30 * 86_400.0  # seconds; what is said to last longer is renewed all the same
TOLD: Final = 300  # characters of a server's words
_LATER: Final = frozenset({"temporarily_unavailable", "server_error", "slow_down", "too_many_requests"})
_STATUS_LATER: Final = frozenset({408, 425, 429})
# What servers call a Bearer token; the second is a slip that idpyoidc 5.0 makes for client credentials.
_BEARER: Final = frozenset({"bearer", "access_token"})
_AGAIN = "Authorise the application again on its page."
_CLIENT = "Check the client id and its secret or key on the application's page, and at the authorisation server."
_TOKEN_URL = "Check the token URL on the application's page."  # noqa: S105
_HINTS: Final = {
    "invalid_client": _CLIENT,
    "invalid_grant": _AGAIN,
    "access_denied": _CLIENT,
    "invalid_scope": "Check the scope on the application's page.",
    "invalid_target": "Check the audience on the application's page.",
    "unauthorized_client": "Allow this client the way of signing in that is set here, at the authorisation server.",
    "unsupported_grant_type": "The authorisation server doesn't know this way of signing in: choose another one.",
}


@dataclass(frozen=True, slots=True)
class Token:
    """What was given out. `life`: in seconds, None where the server doesn't say. `refresh`: empty where there is none."""

    access: str = field(repr=False)
    life: float | None = None
    refresh: str = field(default="", repr=False)


def token(host: str, answer: Answer, secrets: Iterable[str]) -> Token:
    """The token in an answer. Raises NoToken or SignInRefused, in words that hold none of `secrets`."""
    body = answer.body if isinstance(answer.body, Mapping) else {}
    error = body.get("error")
    if answer.ok and not error and answer.body is not None:
        return _given(host, body)
    words = _words(body, secrets)
    if _is_later(answer, error):
        raise NoToken(_later(host, answer, words), answer.retry_after)
    if isinstance(error, str) and error:
        hint = _HINTS.get(error, _CLIENT)
        raise SignInRefused(f"The authorisation server {host} refused to give a token: {words}.", hint)
    raise SignInRefused(*_refused(host, answer))


def life(value: object) -> float | None:
    """Seconds that a token lasts, from `expires_in` as servers write it; None for what says nothing (zero and less too)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return LONGEST_LIFE if isinstance(value, int) and value > 0 else None
    if math.isnan(seconds) or seconds <= 0:
        return None
    return min(seconds, LONGEST_LIFE)


def _given(host: str, body: Mapping[str, Any]) -> Token:
    access, kind, fresh = body.get("access_token"), body.get("token_type", "bearer"), body.get("refresh_token")
    if not isinstance(access, str) or not access:
        raise SignInRefused(f"The authorisation server {host} gave an answer without a token in it.", _TOKEN_URL)
    if not isinstance(kind, str) or kind.lower() not in _BEARER:
        said = printable(str(kind))[:40]
        raise SignInRefused(
            f"The authorisation server {host} gave a token of the type {said}; Provisor can send only Bearer tokens.",
            "Let the client have Bearer tokens at the authorisation server, or choose another way to sign in.",
        )
    if not access.isascii() or not access.isprintable() or " " in access:
        raise SignInRefused(f"The authorisation server {host} gave a token that can't stand in a header.", _TOKEN_URL)
    return Token(access, life(body.get("expires_in")), fresh if isinstance(fresh, str) else "")


def _is_later(answer: Answer, error: object) -> bool:
    if answer.status >= 500 or answer.status in _STATUS_LATER or error in _LATER:
        return True
    if answer.status == 403 and not error:  # a gateway's, not the server's own word
        return True
    return 200 <= answer.status < 300 and not error


def _later(host: str, answer: Answer, words: str) -> str:
    if answer.status < 300:
        what = "a web page" if answer.problem == "html" else "an answer that can't be read"
        return f"The authorisation server {host} gave {what} instead of a token. {_TOKEN_URL}"
    return f"The authorisation server {host} gives no token just now: it answered {answer.status}" + (
        f" ({words})." if words else "."
    )


def _refused(host: str, answer: Answer) -> tuple[str, str]:
    said = f"The authorisation server {host} gave no token: it answered {answer.status}"
    if 300 <= answer.status < 400:
        return f"{said}, a redirect, which is not followed.", _TOKEN_URL
    if answer.status in (404, 405, 410):
        return f"{said}.", _TOKEN_URL
    return f"{said}.", _CLIENT


def _words(body: Mapping[str, Any], secrets: Iterable[str]) -> str:
    """The server's own words, short and without our secrets."""
    said = [body.get("error"), body.get("error_description")]
    text = ": ".join(text.strip() for text in said if isinstance(text, str) and text.strip())
    return printable(str(redacted(text, secrets)))[:TOLD].rstrip(". ")
