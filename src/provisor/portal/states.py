"""How each status of the contract looks and reads: glyph, whose turn it is (colour), word. And the letters of marks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Look:
    """`glyph` is in icons.svg; `turn`: right, machine, person, broken or off."""

    glyph: str
    turn: str
    word: str | Promise


LOOKS = {
    # an account
    "synced": Look("right", "right", _("Synced")),
    "due": Look("due", "machine", _("Due")),
    "retrying": Look("retrying", "machine", _("Retrying")),
    "held": Look("held", "person", _("Held")),
    "inactive": Look("off", "off", _("Inactive")),
    # an application
    "active": Look("right", "right", _("Active")),
    "failing": Look("failing", "broken", _("Failing")),
    "paused": Look("off", "off", _("Paused")),
    "configured": Look("off", "off", _("Not set up")),
    # a user
    "staged": Look("staged", "off", _("Staged")),
    "suspended": Look("off", "off", _("Suspended")),
    "deleting": Look("due", "machine", _("Deleting")),
    # a run
    "queued": Look("due", "machine", _("Queued")),
    "planning": Look("running", "machine", _("Planning")),
    "waiting_approval": Look("held", "person", _("Waits for approval")),
    "applying": Look("running", "machine", _("Running")),
    "running": Look("running", "machine", _("Running")),
    "done": Look("right", "right", _("Done")),
    "failed": Look("failing", "broken", _("Failed")),
    "cancelled": Look("off", "off", _("Cancelled")),
    "rejected": Look("off", "off", _("Rejected")),
    "expired": Look("expires", "person", _("Expired")),
    "expires": Look("expires", "person", _("Expires")),
    "superseded": Look("off", "off", _("Superseded")),
    # a change that a person approved
    "skipped": Look("off", "off", _("Skipped")),
    "left": Look("off", "off", _("Left as it is")),
    # a mail
    "waiting": Look("due", "machine", _("Waiting")),
    "sending": Look("running", "machine", _("Sending")),
    "sent": Look("right", "right", _("Sent")),
    "kept": Look("held", "person", _("Kept")),
    # an event
    "success": Look("right", "right", _("Done")),
    "failure": Look("failing", "broken", _("Failed")),
    # nothing yet
    "todo": Look("todo", "off", _("To do")),
}
STEPS = {
    "address": _("Check the address"),
    "sign_in": _("Get a token"),
    "connect": _("Reach the server"),
    "users": _("List users"),
    "ids": _("Read the users' ids"),
    "discovery": _("Read what it can do"),
    "filter": _("Find one user"),
    # the test that writes
    "test_user": _("Create a test user"),
    "update": _("Change the test user"),
    "value_path": _("Change one e-mail by its path"),
    "deactivate": _("Deactivate the test user"),
    "reactivate": _("Reactivate the test user"),
    "remove": _("Remove the test user"),
    "test_group": _("Create a test group"),
    "members": _("Add members to it"),
    "member_removal": _("Remove a member from it"),
    "rename": _("Rename the test group"),
    "remove_group": _("Remove the test group"),
    "bulk": _("Send several in one request"),
    "deadline": _("Finish in time"),
}


def of(name: str) -> Look:
    """The look of a status; an unknown one is shown as it is called."""
    return LOOKS.get(name) or Look("todo", "off", name.replace("_", " ").capitalize())


def step(name: str) -> str:
    """The title of a step of Test connection."""
    return str(STEPS.get(name, name))


def letters(name: str) -> str:
    """Two letters for a product: "GitHub Enterprise" GH, "AWS IAM" AW, "15Five" 15, "Slack" Sl, "Zeit Süd" Zs."""
    words: list[str] = re.findall(r"[^\W_]+", name) or ["?"]
    first = words[0]
    capitals = [letter for letter in first if letter.isupper()]
    if first[:2].isdigit() or (first[0].isdigit() and len(words) == 1):
        return first[:2]
    if len(capitals) > 1:
        return "".join(capitals[:2])
    second = words[1][0] if len(words) > 1 else first[1:2]
    return first[0].upper() + second.lower()


def initials(name: str) -> str:
    """The initials of a person: first and last word, or the first two letters of a user name."""
    words: list[str] = re.findall(r"[^\W\d_]+", name.partition("@")[0]) or ["?"]
    return (words[0][0] + words[-1][0] if len(words) > 1 else words[0][:2]).upper()
