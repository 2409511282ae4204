"""A browser that was left alone must not stay signed in, and who comes back must not lose what they typed.

A session ends after 30 minutes without a request that a person made, and after 12 hours in any case. Parts of a page
that refresh themselves send `Provisor-Live: 1` (portal.js) and don't count. What remains is who was signed in: the
gate (pages.py) keeps an unsaved form only for that person.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.contrib.auth import SESSION_KEY, logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse

IDLE = 30 * 60  # seconds
LONGEST = 12 * 3600  # seconds
WRITTEN_EVERY = 60  # seconds: not each request writes that somebody is there
SIGNED_IN, SEEN, WAS = "signed_in_at", "seen_at", "was"
NOT_OURS = ("/api/", "/static/", "/healthz", "/readyz", "/metrics")


class SessionRules:
    """Middleware, after authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(NOT_OURS) and SESSION_KEY in request.session:
            _end_or_prolong(request)
        return self.get_response(request)


def begin(session: SessionBase) -> None:
    """Starts the clock: somebody has just signed in."""
    session[SIGNED_IN] = session[SEEN] = int(time.time())
    session.pop(WAS, None)


def is_live(request: HttpRequest) -> bool:
    """Whether the page asks by itself, without a person."""
    return request.headers.get("Provisor-Live") == "1"


def _end_or_prolong(request: HttpRequest) -> None:
    now, session = time.time(), request.session
    seen, signed_in = session.get(SEEN, 0), session.get(SIGNED_IN, 0)
    if now - seen > IDLE or now - signed_in > LONGEST:
        was = session[SESSION_KEY]
        logout(request)
        request.session[WAS] = was
    elif now - seen > WRITTEN_EVERY and not is_live(request):
        session[SEEN] = int(now)
