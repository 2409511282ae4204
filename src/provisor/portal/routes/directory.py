"""Users and user groups."""

from __future__ import annotations

from django.urls import URLPattern, path

from provisor.portal.views.directory import (
    editing,
    group,
    groups,
    imports,
    leaving,
    listing,
    moves,
    nesting,
    passwords,
    person,
    rule,
    trash,
    why,
)

USER = "users/<uuid:user_id>"
GROUP = "groups/<uuid:group_id>"
IMPORT = "users/import/<uuid:upload_id>"

urlpatterns: list[URLPattern] = [
    path("users", listing.list_users, name="users"),
    path("users/export", listing.export, name="users_export"),
    path("users/new", editing.add, name="user_new"),
    path("users/bulk/count", moves.count, name="users_count"),
    path("users/bulk/suspend", moves.suspend_many, name="users_suspend"),
    path("users/bulk/unsuspend", moves.unsuspend_many, name="users_unsuspend"),
    path("users/bulk/group", person.add_to_group, name="users_to_group"),
    path("users/import", imports.choose, name="users_import_new"),
    path(IMPORT, imports.show, name="users_import"),
    path(f"{IMPORT}/apply", imports.apply, name="users_import_apply"),
    path(f"{IMPORT}/drop", imports.drop, name="users_import_drop"),
    path(f"{IMPORT}/bad-rows", imports.report, name="users_import_report"),
    path(USER, person.show, name="user"),
    path(f"{USER}/edit", editing.edit, name="user_edit"),
    path(f"{USER}/password", passwords.set_password, name="user_password"),
    path(f"{USER}/send-link", passwords.send_link, name="user_send_link"),
    path(f"{USER}/unlock", passwords.unlock, name="user_unlock"),
    path(f"{USER}/groups", person.groups, name="user_groups"),
    path(f"{USER}/applications", person.access, name="user_applications"),
    path(f"{USER}/why", why.why, name="user_why"),
    path(f"{USER}/suspend", leaving.suspend, name="user_suspend"),
    path(f"{USER}/stay", leaving.stay, name="user_stay"),
    path(f"{USER}/offboarding", leaving.report, name="user_offboarding"),
    path(f"{USER}/unsuspend", moves.unsuspend, name="user_unsuspend"),
    path(f"{USER}/activate", moves.activate, name="user_activate"),
    path(f"{USER}/expire-password", moves.expire_password, name="user_expire_password"),
    path(f"{USER}/delete", moves.delete, name="user_delete"),
    path("groups", groups.list_groups, name="groups"),
    path("groups/new", groups.add, name="group_new"),
    path(GROUP, group.members, name="group"),
    path(f"{GROUP}/members", group.change_members, name="group_members"),
    path(f"{GROUP}/groups", nesting.show, name="group_groups"),
    path(f"{GROUP}/groups/change", nesting.change, name="group_groups_change"),
    path(f"{GROUP}/applications", group.access, name="group_applications"),
    path(f"{GROUP}/rule", rule.show, name="group_rule"),
    path(f"{GROUP}/rule/decide", rule.decide, name="group_rule_decide"),
    path(f"{GROUP}/rule/away", rule.take_away, name="group_rule_away"),
    path(f"{GROUP}/edit", groups.edit, name="group_edit"),
    path(f"{GROUP}/delete", groups.delete, name="group_delete"),
    path("trash", trash.deleted, name="trash"),
    path("trash/<uuid:trash_id>", trash.restore, name="trash_entry"),
    path("trash/<uuid:trash_id>/erase", trash.erase, name="trash_erase"),
]
