"""What people do to applications: the only writers of applications, assignments and due marks for them.

Every command takes the actor first, asks for the permission, and does all its writing in one transaction: rows,
due marks, event and wake-up. What needs the service provider (tests, a fresh look at a candidate) is read before
that transaction begins.
"""

from provisor.applications.commands.accounts import (
    Decision,
    resolve_hold,
    resolve_holds,
    retry_account,
    retry_accounts,
)
from provisor.applications.commands.activation import (
    Activated,
    activate_application,
    check_application,
    check_typed,
    deactivate_application,
)
from provisor.applications.commands.applications import (
    create_application,
    delete_application,
    draft_application,
    update_application,
)
from provisor.applications.commands.assignments import change_assignments
from provisor.applications.commands.guarding import approve_run, reject_run
from provisor.applications.commands.links import resolve_link, retry_link
from provisor.applications.commands.mapping import replace_mapping
from provisor.applications.commands.one_account import sync_account
from provisor.applications.commands.pausing import pause_application, resume_application
from provisor.applications.commands.probing import probe_application, try_writing
from provisor.applications.commands.protection import change_protected
from provisor.applications.commands.runs import cancel_run, start_run
from provisor.applications.commands.undoing import undo_run

__all__ = [
    "Activated",
    "Decision",
    "activate_application",
    "approve_run",
    "cancel_run",
    "change_assignments",
    "change_protected",
    "check_application",
    "check_typed",
    "create_application",
    "deactivate_application",
    "delete_application",
    "draft_application",
    "pause_application",
    "probe_application",
    "reject_run",
    "replace_mapping",
    "resolve_hold",
    "resolve_holds",
    "resolve_link",
    "resume_application",
    "retry_account",
    "retry_accounts",
    "retry_link",
    "start_run",
    "sync_account",
    "try_writing",
    "undo_run",
    "update_application",
]
