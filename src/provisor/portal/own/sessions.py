"""Who is signed in to their own pages: a cookie and a session apart from the administrators', in the same browser or not.

It ends like an administrator's (portal/sessions.py), and at once when the person isn't active any more or the password is
another one than at the sign-in. A stranger never has one: a row is written only for who signed in.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from importlib import import_module

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from provisor.directory.models import State, User
from provisor.portal.sessions import IDLE, LONGEST, WRITTEN_EVERY, is_live

COOKIE = "__Host-provisor-own" if settings.SESSION_COOKIE_SECURE else "provisor-own"
PERSON, SIGNED_IN, SEEN, PASSWORD = "own_user", "own_signed_in_at", "own_seen_at", "own_password"
JUST_NOW = 10 * 60  # seconds after the sign-in in which an expired password needn't be typed once more
_Store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore


@dataclass(frozen=True)
class SignedIn:
    """Somebody, and the session that says so."""

    person: User
    session: SessionBase

    @property
    def just_now(self) -> bool:
        """Whether the password was typed a moment ago."""
        return bool(time.time() - self.session.get(SIGNED_IN, 0) <= JUST_NOW)


def of(request: HttpRequest) -> SignedIn | None:
    """Who is signed in; a session that is over is removed."""
    session = _session_of(request)
    if session is None:
        return None
    person = _person(session)
    if person is None:
        session.flush()
        return None
    _prolong(request, session)
    return SignedIn(person, session)


def begin(request: HttpRequest, answer: HttpResponse, person: User) -> None:
    """Signs the person in with this answer, under a key that nobody knew before."""
    end(request)
    now, session = int(time.time()), _Store()
    session.update({PERSON: str(person.id), SIGNED_IN: now, SEEN: now, PASSWORD: _of_password(person)})
    session.set_expiry(LONGEST)
    session.create()
    rotate_token(request)
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    answer.set_cookie(
        COOKIE, session.session_key or "", secure=bool(settings.SESSION_COOKIE_SECURE), httponly=True, samesite="Lax"
    )


def end(request: HttpRequest, answer: HttpResponse | None = None) -> None:
    """Ends the session of this browser; others stay."""
    if session := _session_of(request):
        session.flush()
    if answer is not None:
        answer.delete_cookie(COOKIE, samesite="Lax")


def had_one(request: HttpRequest) -> bool:
    """Whether this browser was signed in before."""
    return COOKIE in request.COOKIES


def _session_of(request: HttpRequest) -> SessionBase | None:
    key = request.COOKIES.get(COOKIE)
    session = _Store(key) if key else None
    return session if session is not None and PERSON in session else None


def _person(session: SessionBase) -> User | None:
    now = time.time()
    if now - session.get(SEEN, 0) > IDLE or now - session.get(SIGNED_IN, 0) > LONGEST:
        return None
    person = User.objects.filter(pk=uuid.UUID(session[PERSON]), state=State.ACTIVE).first()
    return person if person and constant_time_compare(session.get(PASSWORD, ""), _of_password(person)) else None


def _prolong(request: HttpRequest, session: SessionBase) -> None:
    now = time.time()
    if now - session.get(SEEN, 0) > WRITTEN_EVERY and not is_live(request):
        session[SEEN] = int(now)
        session.save()


def _of_password(person: User) -> str:
    """Changes with the password, and tells nothing of it."""
    return salted_hmac("provisor.portal.own", person.password or "", algorithm="sha256").hexdigest()
