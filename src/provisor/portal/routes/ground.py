"""Sign-in, Home, Events, Settings, and the theme."""

from __future__ import annotations

from django.urls import URLPattern, path

from provisor.portal.views import events, home, own_pages, settings, signing_in, theme

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("sign-in", signing_in.sign_in, name="account_login"),
    path("sign-out", signing_in.sign_out, name="account_logout"),
    path("theme", theme.choose, name="theme"),
    path("settings", settings.settings, name="settings"),
    path("settings/own-pages", own_pages.own_pages, name="settings_own_pages"),
    path("settings/stop", settings.stop, name="writes_stop"),
    path("settings/start", settings.start, name="writes_start"),
    path("events", events.list_events, name="events"),
]
