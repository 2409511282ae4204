"""The event types of the contract as people read them; the type itself stays in the title, for scripts."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAMES: dict[str, str | Promise] = {
    "admin_create": _("Administrator added"),
    "admin_login": _("Administrator signed in"),
    "admin_password_reset": _("Administrator's password set"),
    "application_activated": _("Application activated"),
    "application_create": _("Application added"),
    "application_deactivated": _("Application deactivated"),
    "application_delete": _("Application deleted"),
    "application_failing": _("Application failing"),
    "application_form_learned": _("Application's ways learned"),
    "application_mended": _("Application works again"),
    "application_paused": _("Application paused for a while"),
    "application_protected": _("Protected accounts changed"),
    "application_resumed": _("Application goes on"),
    "application_update": _("Application changed"),
    "application_write_test": _("Application tested by writing"),
    "association_change": _("Access changed"),
    "drift_found": _("Drift found"),
    "group_create": _("Group added"),
    "group_delete": _("Group deleted"),
    "group_lookup_provision": _("Group looked up"),
    "group_update": _("Group changed"),
    "undo_plan": _("Undo of a run asked for"),
    "undo_approve": _("Undo approved"),
    "undo_reject": _("Undo rejected"),
    "guard_approve": _("Plan approved"),
    "guard_reject": _("Plan rejected"),
    "guard_tripped": _("The guard stopped changes"),
    "integrationattribute_exclude": _("Attribute no longer sent"),
    "integrationattribute_include": _("Attribute sent from now on"),
    "membership_change": _("Membership changed"),
    "nesting_change": _("Groups in a group changed"),
    "organisation_update": _("Organisation changed"),
    "takeover_adopt": _("Account adopted"),
    "takeover_create": _("Account created by decision"),
    "takeover_hold": _("Account held"),
    "takeover_ignore": _("Held account ignored"),
    "token_create": _("API token made"),
    "token_revoke": _("API token ended"),
    "user_activated": _("User activated"),
    "user_create": _("User added"),
    "user_create_provision": _("Account created"),
    "user_delete": _("User deleted"),
    "user_delete_provision": _("Account deleted"),
    "user_deprovision": _("Account deactivated"),
    "user_lookup_provision": _("Account looked up"),
    "user_password_expired": _("Password expired"),
    "user_password_set": _("Password set"),
    "user_suspended": _("User suspended"),
    "user_unsuspended": _("User unsuspended"),
    "user_update": _("User changed"),
    "user_update_provision": _("Account changed"),
    "users_import": _("Users imported"),
    "writes_started": _("Writes started again"),
    "writes_stopped": _("All writes stopped"),
}


def event_name(type: str) -> str:
    """ "user_suspended" -> "User suspended"."""
    return str(NAMES.get(type) or type.replace("_", " ").capitalize())
