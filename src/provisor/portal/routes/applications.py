"""Access > SSO Applications: the list, each application's tabs, runs, and what waits for a decision."""

from __future__ import annotations

from django.urls import URLPattern, path

from provisor.portal.views.applications import (
    activity,
    catalogue,
    creation,
    deciding,
    form,
    found,
    general,
    groups,
    groups_there,
    held,
    lifecycle,
    listing,
    protected,
    provisioning,
    runs,
    testing,
    users,
)

ONE = "applications/<uuid:application_id>"

urlpatterns: list[URLPattern] = [
    path("applications", listing.list_applications, name="applications"),
    path("applications/catalog", catalogue.catalogue, name="catalogue"),
    path("applications/catalog/<slug:slug>", catalogue.connector, name="connector"),
    path("applications/catalog/<slug:slug>/base-url", catalogue.connector_base_url, name="connector_base_url"),
    path("applications/new", creation.new_application, name="application_new"),
    path(ONE, general.general, name="application"),
    path(f"{ONE}/provisioning", provisioning.provisioning, name="application_provisioning"),
    path(f"{ONE}/form", form.form, name="application_form"),
    path(f"{ONE}/form/probe", form.probe, name="application_probe"),
    path(f"{ONE}/form/deep-test", form.deep_test, name="application_deep_test"),
    path(f"{ONE}/test", testing.test_connection, name="application_test"),
    path(f"{ONE}/base-url", testing.check_base_url, name="application_base_url"),
    path(f"{ONE}/activate", lifecycle.activate, name="application_activate"),
    path(f"{ONE}/deactivate", lifecycle.deactivate, name="application_deactivate"),
    path(f"{ONE}/pause", lifecycle.pause, name="application_pause"),
    path(f"{ONE}/resume", lifecycle.resume, name="application_resume"),
    path(f"{ONE}/delete", lifecycle.delete, name="application_delete"),
    path(f"{ONE}/groups", groups.groups, name="application_groups"),
    path(f"{ONE}/groups/preview", groups.preview, name="application_groups_preview"),
    path(f"{ONE}/groups/there", groups_there.groups_there, name="application_groups_there"),
    path(f"{ONE}/groups/manage", groups_there.manage_groups, name="application_groups_manage"),
    path(f"{ONE}/users", users.users, name="application_users"),
    path(f"{ONE}/users/direct", users.direct, name="application_users_direct"),
    path(f"{ONE}/users/preview", users.preview, name="application_users_preview"),
    path(f"{ONE}/protected", protected.protected, name="application_protected"),
    path(f"{ONE}/orphans", found.orphans, name="application_orphans"),
    path(f"{ONE}/drift", found.differences, name="application_drift"),
    path(f"{ONE}/activity", activity.activity, name="application_activity"),
    path(f"{ONE}/runs", runs.start, name="run_start"),
    path(f"{ONE}/retry", activity.retry, name="accounts_retry"),
    path("runs/<uuid:run_id>", runs.show, name="run"),
    path("runs/<uuid:run_id>/cancel", runs.cancel, name="run_cancel"),
    path("runs/<uuid:run_id>/reject", deciding.reject, name="run_reject"),
    path("runs/<uuid:run_id>/undo", deciding.undo, name="run_undo"),
    path("held", held.queue, name="held"),
    path("held/alike", held.alike, name="held_alike"),
    path("held/<uuid:account_id>", held.decide, name="held_account"),
    path("accounts/<uuid:account_id>/retry", held.retry, name="account_retry"),
]
