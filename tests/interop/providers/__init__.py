"""The service providers that the walk goes to, as data."""

from __future__ import annotations

from tests.interop import starting
from tests.interop.provider import OAuth, Provider

SCIM2_SERVER = Provider(
    name="scim2-server",
    title="scim2-server 0.8.3 (PyPI)",
    base="/v2",
    start=starting.scim2_server(),
    notes=(
        "The reference server of the python-scim project. It announces everything and does it: PATCH, PUT, filters, Bulk.",
        "PATCH is answered with 204 and no body: a deactivation is confirmed by one read.",
        "It resets some connections when many come at once. What was lost that way is looked up before it is sent again.",
    ),
)
WITH_CURSORS = Provider(
    name="scim2-server-cursors",
    title="scim2-server 0.8.3 with cursors (PyPI)",
    base="/v2",
    start=starting.with_cursors(),
    notes=(
        "As above, with cursors (RFC 9865) only: a request with `startIndex` is refused with 501. A page has 10 accounts at"
        " most.",
    ),
)
SCIMMY = Provider(
    name="scimmy",
    title="SCIMMY 1.3.5 with scimmy-routers 1.3.2 (npm)",
    base="/scim",
    start=starting.node("scimmy", "app.mjs"),
    notes=(
        "It follows the RFC closely. Its filter on `userName` minds capital letters; a page has 20 accounts if nothing is"
        " asked for.",
        "Booleans as texts are refused.",
    ),
)
JACKSON = Provider(
    name="jackson",
    title="SAML Jackson (Ory Polis) 26.2.0 (npm)",
    base="/scim",
    start=starting.node("jackson", "app.js"),
    names_are_addresses=True,
    shows_members=False,
    form={"update": "put"},
    notes=(
        "It looks accounts up by e-mail address, so user names are addresses there.",
        "It doesn't describe itself. A filter on `externalId` never finds anybody. A list ends after 50 accounts and says"
        " that these are all of them: with more than 50 accounts, those beyond are only found by their user names.",
        "PATCH of an enterprise attribute, by its path or without one, is answered with 200 and changes nothing. PUT"
        " works, so the form says PUT. With PATCH these attributes would be left as they were when the account was made.",
        "A group that is made loses the members that came along, and always shows none: they are added afterwards by PATCH,"
        " and what they are was asked from its own interface.",
    ),
)
CANAILLE = Provider(
    name="canaille",
    title="Canaille 0.3.6 (PyPI)",
    base="/scim/v2",
    start=starting.canaille,
    form={
        "never_sent": ["emails.type", "emails.primary", "phoneNumbers.type"],
        "fill": ["name.formatted", "name.familyName"],
        "quirks": ["conflict_as_500"],
        "group_update": "replace",
        "member_ref": True,
        "members_on_create": "some",
    },
    notes=(
        "An identity provider with a SCIM endpoint. It ignores filters: all accounts come, so they are read in one list"
        " instead. Any `count` in a request is answered with 500 and a web page.",
        "It refuses parts of lists that it doesn't know (`emails.type`, `emails.primary`, `phoneNumbers.type`), and wants"
        " `name.formatted` and `name.familyName`; both are made of the other names where a user has none. Without these"
        " words in the form an account is held with its answer: “Extra inputs are not permitted: emails, 0, primary”.",
        "It keeps no `externalId`, no country and no kind of an address.",
        "An account that exists is told with 500 and a web page (`conflict_as_500`).",
        "Groups need a first member with its `$ref`. A member can't be removed by a path (500) or by a list (400): the whole"
        " list is replaced. Members are shown by user name instead of id, so what is shown isn't relied on.",
    ),
    keeps_not=frozenset({"externalId", "emails.type", "phoneNumbers.type", "addresses.type", "addresses.country"}),
    fills=frozenset({"name.familyName"}),
    oauth=OAuth(
        client_id="provisor",
        client_secret="for-loopback-only",
        scope="openid",
        token_path="/oauth/token",
        withdraw_path="/oauth/revoke",
        life=20,
    ),
)
PROVIDERS = {each.name: each for each in (SCIM2_SERVER, WITH_CURSORS, SCIMMY, JACKSON, CANAILLE)}
