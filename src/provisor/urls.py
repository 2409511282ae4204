"""Every address of the web process."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path
from django.views.generic import RedirectView

from provisor.api.front import front
from provisor.api.health import healthz, readyz
from provisor.api.metrics import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/api/v1/docs")),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("api/v1", front, {"rest": ""}),
    re_path(r"^api/v1/(?P<rest>[\s\S]*)$", front),
]

handler400 = "provisor.api.answers.bad_request"
handler404 = "provisor.api.answers.not_found"
handler500 = "provisor.api.answers.server_error"
