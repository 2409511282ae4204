"""From a request to an answer: the SCIM protocol (RFC 7644 3) over the store, without a network and without waiting."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from provisor.testing import version_1_1
from provisor.testing.errors import ScimError
from provisor.testing.messages import Answer, Outcome, Request
from provisor.testing.pace import Pace, TooMany
from provisor.testing.pages import Listings
from provisor.testing.resources import Store
from provisor.testing.visit import Memory, Visit

_SCIM = {"Content-Type": "application/scim+json"}
_PLAIN = {"Content-Type": "application/json; charset=utf-8"}
_PAGE = "<!doctype html><title>Error</title><h1>Internal Server Error</h1>"
_TOLD_AS_THEY_ARE = frozenset({401, 429})


class Endpoints:
    """The protocol. `strict`: bodies are validated and rules are checked."""

    def __init__(
        self,
        store: Store,
        *,
        token: str,
        check: Callable[[str], bool] | None = None,
        strict: bool,
        chance: random.Random,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.store = store
        self.token, self.check = token, check
        self.strict = strict
        self._memory = Memory(Listings(chance), Pace(clock, wall))

    def answer(self, request: Request) -> Answer:
        """Carries the request out. Every refusal becomes a SCIM error answer."""
        visit = Visit(self.store, request, self._memory, strict=self.strict)
        visit.look(self.token)
        try:
            self._admit(request)
            status, body, headers = visit.carry_out(self.token)
        except ScimError as refusal:
            status, body, headers = self._told(refusal)
        if isinstance(body, str):
            return Answer(status, body.encode(), headers, tuple(visit.findings), visit.early)
        kind = _SCIM
        if self.store.profile.scim == "1.1":
            kind, body = _PLAIN, version_1_1.shown(body)
        encoded = b"" if body is None else orjson.dumps(body)
        return Answer(status, encoded, {**(kind if encoded else {}), **headers}, tuple(visit.findings), visit.early)

    def _admit(self, request: Request) -> None:
        """Where somebody else knows which tokens hold: asks whether this one does."""
        sent = request.headers.get("Authorization", "")
        if self.check and not (sent.startswith("Bearer ") and self.check(sent.removeprefix("Bearer "))):
            raise ScimError(401, None, "The token is missing, wrong or over.")

    def _told(self, refusal: ScimError) -> Outcome:
        if refusal.html:
            return refusal.status, _PAGE, {"Content-Type": "text/html"}
        hidden = self.store.profile.error_status == "200" and refusal.status not in _TOLD_AS_THEY_ARE
        return 200 if hidden else refusal.status, refusal.body(), _headers(refusal)


def _headers(refusal: ScimError) -> Mapping[str, Any]:
    if isinstance(refusal, TooMany):
        return {"Retry-After": refusal.retry_after} if refusal.retry_after else {}
    return {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else {}
