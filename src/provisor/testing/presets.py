"""Service providers as they are found: profiles by name.

The first block wears what a product's documents say, and nothing that they don't; where a document lists the attributes
that a product knows, others are refused, which is the strictest reading. The second block is made of deviations that
many have. `provisor fake-sp --profile NAME` chooses one.
"""

from __future__ import annotations

from collections.abc import Mapping

from provisor.testing.profile import Profile

_NAMES = ("name.givenName", "name.familyName")

_AWS = Profile(
    refused_status=405,
    patch_path="one",
    unremovable=("userName", "active"),
    attributes=(
        *("userName", "name", "displayName", "nickName", "profileUrl", "title", "userType", "preferredLanguage"),
        *("locale", "timezone", "active", "emails", "addresses", "phoneNumbers", "externalId", "employeeNumber"),
        *("costCenter", "organization", "division", "department", "manager"),
    ),
    required=("userName", *_NAMES, "displayName"),
    single_valued=("emails", "phoneNumbers", "addresses"),
    formats=("*:plain_text",),
    filter_emails=False,
    conflict="409_bare",
    group_put=False,
    member_replace=False,
    group_attributes=("displayName", "externalId", "members"),
    members_per_request=100,
    members_over_status=400,
    members_shown="no",
    member_remove="both",
    nested=False,
    max_page=50,
    default_page=50,
    bulk_off_status=404,
)
_SLACK = Profile(
    attributes=(
        *("userName", "externalId", "displayName", "nickName", "name", "title", "emails", "addresses", "phoneNumbers"),
        *("roles", "photos", "profileUrl", "userType", "preferredLanguage", "locale", "timezone", "active"),
        *("employeeNumber", "costCenter", "organization", "division", "department", "manager"),
    ),
    required=("userName", "emails"),
    formats=("userName:short_name_21", "displayName:no_at_sign"),
    filter_external_id=False,
    delete_deactivates=True,
    limits=(
        *("reads:1000/60/1000", "writes:600/60/180", "user_get:300/60", "user_create:180/60/20"),
        *("user_update:180/60/20", "user_delete:180/60/20"),
    ),
)
_GITHUB_EMU = Profile(
    attributes=("userName", "externalId", "displayName", "name", "emails", "roles", "active"),
    required=("userName", "externalId", "displayName", "emails", "active"),
    limits=("user_create:1000/3600",),
)
_SNOWFLAKE = Profile(
    content_type="application/scim+json",
    attributes=("userName", "externalId", "displayName", *_NAMES, "emails", "active", "password"),
    required=("userName",),
    single_valued=("emails",),
)
_DATABRICKS = Profile(
    attributes=("userName", "externalId", "displayName", "name", "emails", "active", "entitlements", "roles"),
)
_ATLASSIAN = Profile(
    attributes=("userName", "externalId", "displayName", *_NAMES, "emails", "active"),
    required=("userName", "emails"),
    group_rename=False,
)
_ZOOM = Profile(
    attributes=("userName", "active", *_NAMES, "emails", "department", "userType"),
    required=("userName",),
    filter_emails=False,
    filter_external_id=False,
)
_MIRO = Profile(
    payload_bytes=800_000,
    group_create=False,
    group_rename=False,
    group_delete=False,
    group_put=False,
    members_per_request=8000,
    limits=(
        *("user_list:200/30", "user_get:200/30", "user_create:200/30", "user_update:100/30", "user_delete:20/30"),
        *("group_list:5/30", "group_get:20/30", "group_update:5/30"),
    ),
)

PRESETS: Mapping[str, Profile] = {
    "rfc": Profile(),
    "aws": _AWS,
    "slack": _SLACK,
    "github-emu": _GITHUB_EMU,
    "snowflake": _SNOWFLAKE,
    "databricks": _DATABRICKS,
    "atlassian": _ATLASSIAN,
    "zoom": _ZOOM,
    "miro": _MIRO,
    "google-no-paging": Profile(paging="none"),
    "lossy": Profile(
        drop=("title", "name.middleName", "name.formatted", "phoneNumbers", "addresses", "department"),
        keep_external_id=False,
        keep_group_external_id=False,
        answer_patch="no_content",
        members_shown="no",
        total="absent",
    ),
    "normalising": Profile(
        lowercase_user_name=True,
        lowercase_emails=True,
        trim=True,
        phone_digits=True,
        truncate=40,
        fill_display_name=True,
    ),
    "string-answering": Profile(string_booleans=True, total="text"),
    "put-only": Profile(patch=False),
    "no-groups": Profile(groups=False),
    "cursor": Profile(paging="cursor", total="absent", max_page=50, default_page=50),
    "pathless": Profile(patch_path="forbidden", value_path="invalidPath"),
    "entra-legacy": Profile(op_case="capital", booleans="text", string_booleans=True, member_remove="list"),
    "erasing": Profile(deactivation="erases", delete=False, refused_status=405),
    "bulk": Profile(bulk=1000, bulk_bytes=1_000_000),
    "scim-1.1": Profile(scim="1.1"),
    "throttled": Profile(limits=("requests:20/1",)),
}
