"""Administrators sign in with their e-mail address, however they write it; nobody learns which addresses exist.

django-allauth carries out the sign-in (limits on tries, steps to come such as a second factor); here stands what is
ours: how an address finds its administrator, when the session's clock starts, and what the history says.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from provisor.administrators import sign_ins
from provisor.administrators.models import Administrator
from provisor.portal import sessions
from provisor.text import unique_key


class ByEmail(AuthenticationBackend):  # type: ignore[misc]
    """Finds the administrator by the folded address. One who was switched off is as unknown as a wrong password."""

    def _authenticate_by_email(self, email: str, password: str) -> AbstractBaseUser | None:
        user = Administrator.objects.filter(email_key=unique_key(email)).first()
        found: AbstractBaseUser | None = self._check_password(user, password)
        self.unstash_authenticated_user()
        return found


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """How allauth behaves here."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("That e-mail and password don't match."),
        "too_many_login_attempts": _(
            "Too many tries. Wait five minutes, or ask an owner to set a new password for you."
        ),
    }

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        super().login(request, user)
        sessions.begin(request.session)
        Session.objects.filter(expire_date__lt=timezone.now()).delete()
        assert isinstance(user, Administrator)
        sign_ins.record_sign_in(user)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        sign_ins.record_refusal(str(credentials.get("email", "")))

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(self, *arguments: Any, **named: Any) -> None:
        """allauth's own messages ("Successfully signed in") say nothing that the page doesn't."""
