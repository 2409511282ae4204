"""The codes of imports as people read them: why a candidate is what it is, and why "all" leaves it out."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MATCHES: dict[str, str | Promise] = {
    "new": _("New"),
    "exact": _("Exact match"),
    "partial": _("Partial match"),
    "ambiguous": _("Several hits"),
    "linked": _("Linked"),
    "unreadable": _("Unreadable"),
}
REASONS: dict[str, str | Promise] = {
    "linked": _("It is linked already."),
    "external_id": _("It carries the id of this user or group as its external id."),
    "external_id_twice": _("Its external id is this user's id, but another account has that too, or is theirs."),
    "twins": _("Another account there has the same user name or e-mail."),
    "several": _("Its user name and e-mails are those of several users."),
    "both": _("User name and e-mail are this user's."),
    "name": _("The user name is this user's, the e-mail is not."),
    "name_and_other_email": _("The user name is this user's, but their e-mail isn't the account's primary one."),
    "email": _("The e-mail is this user's, the user name is not."),
    "other_email": _("One of its further e-mails is this user's, the user name is not."),
    "none": _("Nobody here has its name or e-mail."),
    "group_name": _("A group here has this name."),
    "group_twins": _("Another group there has the same name."),
    "unreadable": _("It can't be read."),
}
BARRED: dict[str, str | Promise] = {
    "own_account": _("It is the account that our own token belongs to: it is never touched."),
    "protected": _("It is on the application's list of protected accounts and groups: it is never touched."),
    "leaving": _("Its user is being deleted."),
    "former": _("It belonged to a user who was deleted here."),
    "has_account": _("The user or group is linked to another one there already."),
    "owned_elsewhere": _("It carries somebody else's external id."),
}
OUTCOMES: dict[str, str | Promise] = {
    "created": _("Created"),
    "linked": _("Linked"),
    "updated": _("Updated"),
    "unchanged": _("Nothing to change"),
    "ignored": _("Ignored"),
    "conflict": _("Conflict"),
    "skipped": _("Left out"),
}
NEVER_TOUCHED = ("own_account", "protected", "leaving")
LEFT_OUT = (*NEVER_TOUCHED, "former")  # of what "all" creates
