"""The service providers that the walk goes to, as data."""

from __future__ import annotations

from tests.interop import starting
from tests.interop.provider import Provider

SCIM2_SERVER = Provider(
    name="scim2-server",
    title="scim2-server 0.8.3 (PyPI)",
    base="/v2",
    start=starting.scim2_server(),
)
WITH_CURSORS = Provider(
    name="scim2-server-cursors",
    title="scim2-server 0.8.3 with cursors (PyPI)",
    base="/v2",
    start=starting.with_cursors(),
)
SCIMMY = Provider(
    name="scimmy",
    title="SCIMMY 1.3.5 with scimmy-routers 1.3.2 (npm)",
    base="/scim",
    start=starting.node("scimmy", "app.mjs"),
)
JACKSON = Provider(
    name="jackson",
    title="SAML Jackson (Ory Polis) 26.2.0 (npm)",
    base="/scim",
    start=starting.node("jackson", "app.js"),
    names_are_addresses=True,
    shows_members=False,
)
CANAILLE = Provider(
    name="canaille",
    title="Canaille 0.3.6 (PyPI)",
    base="/scim/v2",
    start=starting.canaille,
    form={
        "paging": "none",
        "never_sent": ["emails.type", "emails.primary", "phoneNumbers.type"],
        "fill": ["name.formatted", "name.familyName"],
        "value_path": False,
        "quirks": ["conflict_as_500"],
        "group_update": "replace",
        "member_ref": True,
        "members_on_create": "some",
    },
    keeps_not=frozenset({"externalId", "emails.type", "phoneNumbers.type", "addresses.type", "addresses.country"}),
    fills=frozenset({"name.familyName"}),
)
PROVIDERS = {each.name: each for each in (SCIM2_SERVER, WITH_CURSORS, SCIMMY, JACKSON, CANAILLE)}
