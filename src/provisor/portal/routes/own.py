"""The users' own pages, below /my."""

from __future__ import annotations

from django.urls import URLPattern, path

from provisor.portal.own.views import links, profile, security, signing_in, tiles

LINK = "my/link/<str:token>"

urlpatterns: list[URLPattern] = [
    path("my", tiles.applications, name="own_home"),
    path("my/", tiles.slashed, name="own_home_slashed"),
    path("my/sign-in", signing_in.enter, name="own_sign_in"),
    path("my/sign-out", signing_in.leave, name="own_sign_out"),
    path("my/forgot", signing_in.forgot, name="own_forgot"),
    path(LINK, links.link, name="own_link"),
    path(f"{LINK}/check", links.check, name="own_link_check"),
    path(f"{LINK}/again", links.again, name="own_link_again"),
    path("my/profile", profile.profile, name="own_profile"),
    path("my/password", security.security, name="own_security"),
    path("my/password/check", security.check, name="own_security_check"),
    path("my/done", security.done, name="own_done"),
]
