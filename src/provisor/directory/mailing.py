"""Whose mail it is: the organisation's name, and the sender that it chose. The mail, which lies below, is told of it."""

from __future__ import annotations

from provisor.mail import Organisation


def organisation() -> Organisation:
    from provisor.directory import organisation_settings, queries

    found = queries.get_organisation()
    return Organisation(found.name, organisation_settings.from_stored(found.settings).mail_from)
