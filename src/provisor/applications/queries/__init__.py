"""What is known of applications and accounts, for the API, the command line and the portal. Reads only."""

from provisor.applications.queries.access import access_paths
from provisor.applications.queries.accounts import (
    Account,
    accounts_of_user,
    accounts_of_user_selection,
    accounts_selection,
    as_account,
    get_account,
)
from provisor.applications.queries.activity import Cause, Progress, causes, current_run, latest_changes, progress_of
from provisor.applications.queries.applications import (
    applications,
    as_application,
    as_protected,
    assignments_selection,
    get_application,
)
from provisor.applications.queries.form import words
from provisor.applications.queries.group_links import (
    as_group_link,
    get_group_link,
    get_link,
    group_links_of_group,
    group_links_selection,
)
from provisor.applications.queries.health import Health, accounts_by_status, health_of
from provisor.applications.queries.held import Alike, Reason, held_alike, held_reasons, held_selection
from provisor.applications.queries.mapping_preview import Touched, preview_mapping
from provisor.applications.queries.preview import Preview, preview_assignments
from provisor.applications.queries.runs import as_change, as_run, changes_of_run, get_run, runs
from provisor.applications.queries.why import why

__all__ = [
    "Account",
    "Alike",
    "Cause",
    "Health",
    "Preview",
    "Progress",
    "Reason",
    "Touched",
    "access_paths",
    "accounts_by_status",
    "accounts_of_user",
    "accounts_of_user_selection",
    "accounts_selection",
    "applications",
    "as_account",
    "as_application",
    "as_change",
    "as_group_link",
    "as_protected",
    "as_run",
    "assignments_selection",
    "causes",
    "changes_of_run",
    "current_run",
    "get_account",
    "get_application",
    "get_group_link",
    "get_link",
    "get_run",
    "group_links_of_group",
    "group_links_selection",
    "health_of",
    "held_alike",
    "held_reasons",
    "held_selection",
    "latest_changes",
    "preview_assignments",
    "preview_mapping",
    "progress_of",
    "runs",
    "why",
    "words",
]
