"""Light, dark, or as the system has it: the choice is kept in a cookie, so that the server renders it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from provisor.portal.frame import THEME_COOKIE, THEMES
from provisor.portal.lost import came_from

YEAR = 365 * 24 * 3600


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """POST `theme`: light, dark, or anything else for the system's."""
    answer = HttpResponseRedirect(came_from(request))
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        secure = bool(settings.SESSION_COOKIE_SECURE)
        answer.set_cookie(THEME_COOKIE, theme, max_age=YEAR, httponly=True, secure=secure, samesite="Lax")
    else:
        answer.delete_cookie(THEME_COOKIE, samesite="Lax")
    return answer
