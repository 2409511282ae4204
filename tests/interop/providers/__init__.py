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
)
PROVIDERS = {each.name: each for each in (SCIM2_SERVER, WITH_CURSORS, SCIMMY, JACKSON, CANAILLE)}
