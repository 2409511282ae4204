"""What an act would do to accounts, in one sentence: read before anything is sent."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provisor.applications.queries.people import Consequence
from provisor.portal.words import grouped

NAMED = 5  # applications


def sentence(found: Consequence) -> str:
    """ "6 accounts are deactivated, in Chat, Wiki and 2 more." or that nothing happens."""
    told = [text for text in (_created(found), _returned(found), _ended(found)) if text]
    if not told:
        return _("No account changes anywhere.")
    return f"{_joined(told)} {_where(found)}"


def act(verb: str, found: Consequence) -> str:
    """The words of a button: "Suspend, deactivate 6"."""
    counted = (
        (found.create, _("create %(count)s")),
        (found.reactivate, _("reactivate %(count)s")),
        (found.deactivate, _("deactivate %(count)s")),
    )
    told = [text % {"count": grouped(count)} for count, text in counted if count]
    return f"{verb}, {_joined(told)}" if told else verb


def _created(found: Consequence) -> str:
    count = found.create
    text = ngettext("%(count)s account is created", "%(count)s accounts are created", count)
    return text % {"count": grouped(count)} if count else ""


def _returned(found: Consequence) -> str:
    count = found.reactivate
    text = ngettext("%(count)s account becomes active again", "%(count)s accounts become active again", count)
    return text % {"count": grouped(count)} if count else ""


def _ended(found: Consequence) -> str:
    count = found.deactivate
    text = ngettext("%(count)s account is deactivated", "%(count)s accounts are deactivated", count)
    return text % {"count": grouped(count)} if count else ""


def _joined(told: list[str]) -> str:
    return (
        told[0] if len(told) == 1 else _("%(first)s and %(last)s") % {"first": ", ".join(told[:-1]), "last": told[-1]}
    )


def _where(found: Consequence) -> str:
    names = [part.name for part in found.parts[:NAMED]]
    more = len(found.parts) - len(names)
    shown = ", ".join(names) + (_(" and %(count)s more") % {"count": more} if more else "")
    return _("in %(names)s.") % {"names": shown}
