"""Sign-in, Home, Events, Settings, and the theme."""

from __future__ import annotations

from django.urls import URLPattern, path

from provisor.portal.views import (
    attributes,
    events,
    home,
    mails,
    own_pages,
    password_rules,
    settings,
    signing_in,
    theme,
)

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("sign-in", signing_in.sign_in, name="account_login"),
    path("sign-out", signing_in.sign_out, name="account_logout"),
    path("theme", theme.choose, name="theme"),
    path("attributes", attributes.list_attributes, name="attributes"),
    path("attributes/new", attributes.add, name="attribute_new"),
    path("attributes/of/<str:name>", attributes.edit, name="attribute"),
    path("attributes/of/<str:name>/delete", attributes.delete, name="attribute_delete"),
    path("settings", settings.settings, name="settings"),
    path("settings/own-pages", own_pages.own_pages, name="settings_own_pages"),
    path("settings/passwords", password_rules.rules, name="settings_passwords"),
    path("settings/passwords/example", password_rules.example, name="settings_passwords_example"),
    path("settings/stop", settings.stop, name="writes_stop"),
    path("settings/start", settings.start, name="writes_start"),
    path("events", events.list_events, name="events"),
    path("mail", mails.list_mails, name="mails"),
    path("mail/test", mails.send_test, name="mail_test"),
    path("mail/send-kept", mails.send_kept, name="mail_send_kept"),
    path("mail/<uuid:mail_id>", mails.mail, name="mail"),
    path("mail/<uuid:mail_id>/text", mails.mail_text, name="mail_text"),
    path("mail/<uuid:mail_id>/send", mails.send_again, name="mail_send"),
]
