"""Why accounts wait, in words: a title for each code, and the service provider's own text apart from ours."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _

TITLES = {
    # a person decides
    "match_found": _("There is an exact match"),
    "exists": _("Another account stands in the way"),
    "partial_match": _("Only one of user name and e-mail matches"),
    "ambiguous": _("Several accounts could be theirs"),
    "owned_elsewhere": _("The account belongs to somebody else"),
    "candidate_gone": _("The chosen account is gone"),
    "ignored": _("Left alone on purpose"),
    "privileged": _("Its name means special rights"),
    "confirm_delete": _("Deleted here: what about there?"),
    "guard": _("It waits for a plan's approval"),
    "rejected": _("A person rejected the plan"),
    "protected": _("It is protected: never touched"),
    "undone": _("A run was undone"),
    # somebody mends something
    "expression_failed": _("What to send can't be computed"),
    "missing_attribute": _("The user lacks what the application requires"),
    "too_large": _("It is too large for the application"),
    "no_endpoint": _("The base URL leads to no accounts"),
    "paused_there": _("Provisioning is paused there"),
    "forbidden_target": _("The address may not be used"),
    "secret": _("The token can't be opened"),
    "refused": _("The application refuses the data"),
    "forbidden": _("The token may not do this"),
    "unsupported": _("The application can't do this"),
    "no_group": _("There is no such group, and none can be made"),
    "members_refused": _("Some members are refused"),
    "gone": _("The account is no longer there"),
    "not_confirmed": _("It stays active there"),
    "credentials_invalid": _("The token is refused"),
    "not_scim": _("The address isn't a SCIM interface"),
    "redirected": _("The address leads elsewhere"),
    # a password on its way
    "expired": _("The password could not be sent in time"),
    "not_wanted": _("The user has no use for the password there"),
    "switched_off": _("Pushing passwords was switched off"),
    "not_taken": _("The application takes no password"),
    "cannot_open": _("The password was sealed with another master key"),
    # it mends itself
    "throttled": _("Too many requests"),
    "unreachable": _("The application can't be reached"),
    "no_token": _("The authorisation server gives no token"),
    "server_error": _("The application failed"),
    "no_answer": _("No usable answer came"),
    "unreadable": _("The answer can't be read"),
    "no_look_up": _("Its accounts are read as a whole first"),
    "race": _("Somebody else changed it at that moment"),
    "internal_error": _("Provisor made a mistake"),
    # the whole application, or a whole run
    "quarantined": _("Too much fails"),
    # what an undo leaves
    "changed_since": _("It was changed since"),
    "deleted_there": _("It was deleted there"),
    "group_stays": _("A group stays there"),
}
# What reads differently where it is about a group.
OF_GROUPS = {
    "match_found": _("There is a group of this name"),
    "exists": _("A group of this name stands in the way"),
    "ambiguous": _("Several groups have this name"),
    "owned_elsewhere": _("The group belongs to somebody else"),
    "candidate_gone": _("The chosen group is gone"),
    "gone": _("The group is no longer there"),
}
CHOICES = frozenset(
    {"match_found", "exists", "partial_match", "ambiguous", "owned_elsewhere", "candidate_gone", "privileged"}
    | {"confirm_delete"}
)
# Nothing is broken: a person decided, or is asked.
ASKED = frozenset({"guard", "rejected", "protected", "ignored", "undone"})
_ANSWERED = re.compile(r"The service provider answered (\d{3})(?:: (.+))?\Z", re.DOTALL)


def title(code: str | None, kind: str = "user") -> str:
    """What is the matter with an account (or, by `kind`, a group), in a few words; an unknown code as it is called."""
    titles = TITLES | OF_GROUPS if kind == "group" else TITLES
    return str(titles.get(code or "", (code or "").replace("_", " ").capitalize()))


def quoted(message: str | None) -> str:
    """The service provider's own words in an error's message, such as "400 · is not allowed"; "" where all of it is
    ours."""
    found = _ANSWERED.match(message or "")
    return " · ".join(part for part in found.groups() if part) if found else ""


def ours(message: str | None) -> str:
    """The message where it is in our own words; "" where it is a quotation."""
    return "" if quoted(message) else (message or "")
