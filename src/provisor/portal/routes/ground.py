"""Sign-in, Home, Events, and the theme."""

from __future__ import annotations

from django.urls import URLPattern, path

from provisor.portal.views import events, home, signing_in, theme

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("sign-in", signing_in.sign_in, name="account_login"),
    path("sign-out", signing_in.sign_out, name="account_logout"),
    path("theme", theme.choose, name="theme"),
    path("events", events.list_events, name="events"),
]
