"""The only writers of the directory. Each command takes the actor first, asks for the permission, and changes rows,
marks accounts as due and writes events in one transaction."""

from provisor.directory.commands.activation import send_activation, send_reset
from provisor.directory.commands.assignments import change_user_assignments
from provisor.directory.commands.changes import update_user
from provisor.directory.commands.deletion import delete_user
from provisor.directory.commands.groups import create_group, delete_group, update_group
from provisor.directory.commands.leaving import plan_suspension
from provisor.directory.commands.members import change_members
from provisor.directory.commands.organisation import update_organisation
from provisor.directory.commands.passwords import set_password
from provisor.directory.commands.sign_in import unlock_user
from provisor.directory.commands.states import (
    activate_user,
    expire_password,
    suspend_user,
    suspend_users,
    unsuspend_user,
    unsuspend_users,
)
from provisor.directory.commands.stopping import start_writes, stop_writes
from provisor.directory.commands.users import create_all_users, create_user, create_users

__all__ = [
    "activate_user",
    "change_members",
    "change_user_assignments",
    "create_all_users",
    "create_group",
    "create_user",
    "create_users",
    "delete_group",
    "delete_user",
    "expire_password",
    "plan_suspension",
    "send_activation",
    "send_reset",
    "set_password",
    "start_writes",
    "stop_writes",
    "suspend_user",
    "suspend_users",
    "unlock_user",
    "unsuspend_user",
    "unsuspend_users",
    "update_group",
    "update_organisation",
    "update_user",
]
