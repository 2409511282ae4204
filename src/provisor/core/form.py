"""The SP form: how this service provider wants things said. Data, so that no code asks who the SP is.

It comes from four places, later ones win: the default (of the version of SCIM that is spoken), the connector (catalogue),
what was learned from the SP's behaviour (D2), and `settings.form`, which a person wrote. The vocabulary is closed: what a
value may be stands with each field here, and `core.vocabulary` checks it and makes the JSON schema for editors. There is
no expression in it; a deviation that needs logic is a named function (`formats`, `fill`, `quirks`) that data can only
switch on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from provisor.core import vocabulary
from provisor.core.mapping import SOURCES
from provisor.core.vocabulary import InvalidForm, said

__all__ = ["Form", "InvalidForm", "check", "defaults", "json_schema", "make"]

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How one SP wants things said. Attributes are named by their paths ("name.givenName", "emails", a URN and a name)."""

    # How a change of a user is said
    update: Literal["patch", "put"] = said("patch", "PATCH of what differs, or PUT of the whole resource (U1, U7)")
    patch: Literal["each_path", "no_path"] = said(
        "each_path", "one operation with a path for each attribute, or one operation without a path for all of them"
    )
    put_without: Names = said((), "attributes left out of a PUT, because the SP refuses one that repeats them")
    unassigned: Literal["replace", "add"] = said("replace", "how an attribute that has no value yet is set (U2)")
    op_case: Literal["lower", "capital"] = said("lower", "“replace” or “Replace” in PATCH operations")
    boolean_text: bool = said(False, "booleans are sent as the texts “True” and “False”")
    value_path: bool = said(True, 'understands paths such as emails[type eq "work"].value (U4)')

    # What an account may hold
    attributes: Names = said((), "the only attributes that are ever sent; empty: all that the mapping includes")
    required: Names = said((), "attributes without which the SP refuses an account")
    single_valued: Names = said((), "of these lists only the first element is sent")
    create_only: Names = said((), "attributes that can't change after creation: sent once, then left alone")
    never_sent: Names = said((), "parts of lists that the SP refuses, such as emails.type")
    ignored: Names = said((), "attributes that the SP accepts and drops, in whatever words they are sent")
    fill: Names = said((), "attributes computed from the names where the user has none", vocabulary.FILLED)
    formats: Mapping[str, str] = said({}, "attribute: the named format its value is brought into", vocabulary.FORMATS)

    # Whose account it is
    match: Names = said(
        ("externalId", "userName", "emails"), "what accounts are looked up by, in order", vocabulary.KEYS
    )
    filter_external_id: bool = said(True, "can look up by externalId")
    filter_user_name: bool = said(True, "can look up by userName")
    filter_email: bool = said(True, "can look up by e-mail")
    external_id: bool = said(True, "keeps what we send as externalId (A4)")
    external_id_source: str = said("id", "the user attribute that becomes externalId", SOURCES)

    # How an account ends
    deactivation: Literal["deactivates", "erases", "leaves"] = said(
        "deactivates", "what active=false does there: the account stays, is erased for good, or leaves the organisation"
    )
    reactivation: Literal["patch", "create"] = said("patch", "how somebody comes back: active=true, or a new account")
    delete: bool = said(True, "accounts can be deleted; where not, they are deactivated instead")

    # Passwords (sent only where settings.push_passwords is on)
    password: Literal["both", "create", "change", "none"] = said(
        "both", "when a password is taken: with a new account and later, only with a new one, only later, or never"
    )
    password_length_min: int = said(0, "the shortest password it takes; 0: not known", low=0, high=64)
    password_length_max: int = said(0, "the longest password it takes; 0: not known", low=0, high=1024)
    password_classes: Names = said(
        ("lower", "upper", "digit", "symbol"), "what temporary passwords are made of", vocabulary.CHARACTERS
    )
    password_forbidden: Names = said((), "symbols that temporary passwords don't have", vocabulary.SYMBOLS)

    # Groups
    groups: bool = said(True, "has groups at all")
    group_create: bool = said(True, "groups can be created")
    group_rename: bool = said(True, "groups can be renamed; where not, they keep their name")
    group_delete: bool = said(True, "groups can be deleted")
    group_update: Literal["patch", "replace", "put"] = said(
        "patch",
        "members are changed one by one, by a PATCH that replaces the whole list, or by PUT of the whole group",
    )
    group_external_id: bool = said(True, "groups take an externalId")
    group_filter: bool = said(True, "can look up a group by displayName")
    member_remove: Literal["path", "list"] = said(
        "path", 'members[value eq "id"], or a list: an SP that follows the RFC empties the group on a list (G4)'
    )
    members_on_create: Literal["none", "some"] = said("none", "a new group is created empty, or with its first members")
    members_per_request: int = said(100, "how many members one request may add or remove", low=1, high=10_000)
    members_shown: Literal["unknown", "yes", "no"] = said(
        "unknown", "whether a group that is read shows its members (G6)"
    )
    member_ref: bool = said(False, "each member is sent with its $ref")
    payload_bytes: int = said(0, "the largest body of a request; 0: no limit is known", low=0, high=100_000_000)

    # Reading
    paging: Literal["index", "cursor", "none"] = said("index", "startIndex, cursors (RFC 9865), or all in one answer")
    page: int = said(100, "how many resources to ask for at once (P5)", low=1, high=1000)
    discovery: bool = said(True, "describes itself (ServiceProviderConfig and the like)")
    discovery_path: str = said("", "the path below the base URL where its description is; empty: where the RFC says")

    # The conversation
    scim: Literal["2.0", "1.1"] = said("2.0", "the version of SCIM that it speaks")
    content_type: Literal["application/scim+json", "application/json"] = said(
        "application/scim+json", "the content type of bodies (T3)"
    )
    headers: Mapping[str, str] = said({}, "headers that are sent with each request; no secrets", vocabulary.HEADER)
    limits: Mapping[str, str] = said(
        {}, "requests it takes of each class, as requests/seconds or requests/seconds/burst", vocabulary.LIMIT
    )
    bulk: int = said(0, "how many operations one Bulk request may carry; 0: none (B1)", low=0, high=10_000)
    bulk_bytes: int = said(0, "the largest Bulk request; 0: no limit is known", low=0, high=100_000_000)
    quirks: Names = said((), "named deviations that need logic of their own", vocabulary.QUIRKS)


# What SCIM 1.1 makes of a word where nobody says otherwise. PUT is what every SP of it must have; PATCH is optional there,
# and its bodies have no paths (draft-scim-api-01, sections 3.3.1 and 3.3.2).
OF_1_1: Mapping[str, Any] = MappingProxyType(
    {"update": "put", "value_path": False, "group_update": "put", "content_type": "application/json"}
)


def defaults(version: str) -> dict[str, Any]:
    """Every word's value where no layer says anything, at an SP that speaks this version of SCIM."""
    found = {name: word.default for name, word in _definition().items()}
    return {**found, **OF_1_1} if version == "1.1" else found


def make(connector: Mapping[str, Any], learned: Mapping[str, Any], overrides: Mapping[str, Any]) -> Form:
    """The form in force. Raises InvalidForm for an override that is not in the vocabulary; what the connector or another
    version learned and is unknown or unusable here is left out."""
    check(overrides)
    known = {name: value for layer in (connector, learned) for name, value in layer.items() if _usable(name, value)}
    said = {**known, **overrides}
    if said.get("scim") == "1.1":
        said = {**OF_1_1, **said}
    return Form(**{name: _frozen(value) for name, value in said.items()})


def check(given: Mapping[str, Any]) -> None:
    """Raises InvalidForm unless every name is in the vocabulary, with a value that it may have."""
    vocabulary.check(_definition(), given)


def json_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a form, for editors and for the catalogue's files."""
    return vocabulary.json_schema(_definition())


@cache
def _definition() -> dict[str, vocabulary.Word]:
    return {each.name: vocabulary.word(each) for each in fields(Form)}


def _usable(name: str, value: Any) -> bool:
    try:
        check({name: value})
    except InvalidForm:
        return False
    return True


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
