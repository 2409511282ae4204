"""The table of roles: which role may do what. One place; docs/reference/roles.md is checked against it."""

from __future__ import annotations

from django.utils.translation import gettext as _

READ = frozenset({"owner", "admin", "operator", "auditor"})
OPERATE = frozenset({"owner", "admin", "operator"})
ADMINISTER = frozenset({"owner", "admin"})
OWN = frozenset({"owner"})

PERMISSIONS: dict[str, frozenset[str]] = {
    "directory.read": READ,  # users, groups, memberships, access
    "applications.read": READ,  # applications, mappings, accounts, runs, plans
    "events.read": READ,
    "metrics.read": READ,
    "users.suspend": OPERATE,  # suspend, unsuspend, expire or unlock a password, send a link: a help desk's daily work
    "accounts.retry": OPERATE,  # try an account again
    "runs.start": OPERATE,  # plan, sync, reconcile, cancel
    "imports.start": OPERATE,  # read an application's accounts or groups; what is confirmed needs users.write
    "users.write": ADMINISTER,
    "users.password": ADMINISTER,
    "groups.write": ADMINISTER,
    "assignments.write": ADMINISTER,
    "applications.write": ADMINISTER,  # settings, mapping, activate, deactivate, delete
    "applications.secret": ADMINISTER,  # base URL and token
    "accounts.resolve": ADMINISTER,  # adopt, create or ignore a held account
    "runs.approve": ADMINISTER,
    "organisation.write": ADMINISTER,  # the organisation's name and time zone
    "writes.stop": ADMINISTER,  # stop every write to every application, and start again
    "administrators.write": OWN,  # administrators and tokens
    "applications.passwords": OWN,  # switch password pushing on
}


class Forbidden(Exception):
    """The actor's role does not have the permission that a command or route asks for."""

    def __init__(self, role: str, permission: str) -> None:
        self.role, self.permission = role, permission
        holders = ", ".join(sorted(PERMISSIONS[permission]))
        super().__init__(
            _("The role “%(role)s” may not do this (%(permission)s). Roles that may: %(holders)s.")
            % {"role": role, "permission": permission, "holders": holders}
        )


def may(role: str, permission: str) -> bool:
    """Whether `role` has `permission`. An unknown permission is a mistake in the code: KeyError."""
    return role in PERMISSIONS[permission]
