"""Who calls: the bearer token of a request becomes an Actor, or the call ends with 401 before anything is looked at.

Tokens are random, so a plain SHA-256 finds them by a unique index; every call does one hash and one look-up,
whether the token is absent, unknown, expired or good.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.administrators.models import ApiToken
from provisor.errors import Unauthorised

USED_RESOLUTION = timedelta(minutes=1)


def digest_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def authenticate(request: HttpRequest) -> Actor:
    """The actor whose token the `Authorization: Bearer` header carries. Raises Unauthorised."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    found = ApiToken.objects.filter(digest=digest_of(token.strip()), revoked=None).first()
    if scheme.lower() != "bearer" or not found or (found.expires and found.expires <= timezone.now()):
        raise Unauthorised(_("This call needs a valid token: “Authorization: Bearer TOKEN”."))
    _note_use(found)
    return Actor(kind="token", id=str(found.id), name=found.name, role=found.role)


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    before = now - USED_RESOLUTION
    if token.last_used is None or token.last_used < before:
        not_noted = Q(last_used=None) | Q(last_used__lt=before)
        ApiToken.objects.filter(not_noted, pk=token.pk).update(last_used=now)
