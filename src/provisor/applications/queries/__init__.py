"""What is known of applications and accounts, for the API, the command line and the portal. Reads only."""

from provisor.applications.queries.access import access_paths
from provisor.applications.queries.accounts import (
    Account,
    accounts_of_user,
    accounts_selection,
    as_account,
    get_account,
)
from provisor.applications.queries.applications import (
    applications,
    as_application,
    assignments_selection,
    get_application,
)
from provisor.applications.queries.runs import as_change, as_run, changes_of_run, get_run, runs

__all__ = [
    "Account",
    "access_paths",
    "accounts_of_user",
    "accounts_selection",
    "applications",
    "as_account",
    "as_application",
    "as_change",
    "as_run",
    "assignments_selection",
    "changes_of_run",
    "get_account",
    "get_application",
    "get_run",
    "runs",
]
