"""Every address of the web process."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, re_path

from provisor.api import answers
from provisor.api.front import front
from provisor.api.health import healthz, readyz
from provisor.api.metrics import metrics
from provisor.portal.views import errors

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("api/v1", front, {"rest": ""}),
    re_path(r"^api/v1/(?P<rest>[\s\S]*)$", front),
    path("", include("provisor.portal.urls")),
]


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A page for a person, JSON for a script."""
    answer = errors.not_found if errors.wants_page(request) else answers.not_found
    return answer(request, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    """A page for a person, JSON for a script."""
    answer = errors.server_error if errors.wants_page(request) else answers.server_error
    return answer(request)


handler400 = "provisor.api.answers.bad_request"
handler429 = errors.too_many
