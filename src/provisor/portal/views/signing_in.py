"""Into the portal and out of it."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from provisor.directory.queries import get_organisation
from provisor.portal import sessions, typed


class SignIn(LoginView):  # type: ignore[misc]
    """allauth's view on our page."""

    template_name = "portal/sign_in.html"

    def get_context_data(self, **named: Any) -> dict[str, Any]:
        session = self.request.session
        context: dict[str, Any] = super().get_context_data(**named)
        return context | {
            "organisation": get_organisation(),
            "ended": sessions.WAS in session,
            "kept": typed.KEY in session,
        }


sign_in = SignIn.as_view()


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session and empties the browser's copy of our pages."""
    logout(request)
    answer = redirect("account_login")
    answer["Clear-Site-Data"] = '"cache"'
    return answer
