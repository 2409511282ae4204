"""Service providers deviate from the RFC in how they answer; a reader that insists would link nobody, one that
guesses would link the wrong person. This one forgives form (F5, E2, A5, A11) and never identity: an id is a string.

Pure values in and out; the only exception is Unreadable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from provisor.scim.answers import Answer, printable
from provisor.scim.names import canonical


class Unreadable(Exception):
    """The body is not what SCIM says it is; the message says what is wrong with it."""


@dataclass(frozen=True)
class Resource:
    """A user or group as the service provider shows it.

    `raw`: all of it, under the RFC's names, without `password`. `active`: None where it isn't shown. `version`:
    meta.version. `defects`: codes of what was forgiven ("password_returned").
    """

    id: str
    external_id: str | None = None
    user_name: str | None = None
    active: bool | None = None
    emails: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    raw: dict[str, Any] = field(default_factory=dict, repr=False)
    version: str | None = None
    defects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """One page of a listing. `total`: totalResults, None where it is absent or no number. `unreadable`: what was
    wrong with each resource that could not be read. `defects`: codes of what was forgiven ("bare_array",
    "single_object")."""

    resources: tuple[Resource, ...] = ()
    total: int | None = None
    start_index: int | None = None
    items_per_page: int | None = None
    next_cursor: str | None = None
    unreadable: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()

    @property
    def received(self) -> int:
        """How many resources came, readable or not: what paging goes on by (P1)."""
        return len(self.resources) + len(self.unreadable)


@dataclass(frozen=True)
class ScimError:
    """What an error answer says. `detail`: at most 2 kB, the service provider's own words: untrusted text."""

    status: int
    scim_type: str | None
    detail: str


def resource(body: Any) -> Resource:
    """The resource in a body. Raises Unreadable."""
    if not isinstance(body, dict):
        raise Unreadable(f"The answer holds {_kind(body)} where a resource should be.")
    raw = canonical(body)
    has_password = raw.pop("password", None) is not None
    emails = raw.get("emails")
    active = raw.get("active")
    meta = raw.get("meta")
    return Resource(
        id=_id(raw.get("id")),
        external_id=_text(raw.get("externalId")),
        user_name=_text(raw.get("userName")),
        active=active if isinstance(active, bool) else None,
        emails=tuple(email for email in emails if isinstance(email, dict)) if isinstance(emails, list) else (),
        raw=raw,
        version=_text(meta.get("version")) if isinstance(meta, dict) else None,
        defects=("password_returned",) if has_password else (),
    )


def listing(body: Any) -> Page:
    """The page in a body: a ListResponse, a bare array, or a single resource (F5). Raises Unreadable."""
    if isinstance(body, list):
        return _page(body, {}, defects=("bare_array",))
    if not isinstance(body, dict):
        raise Unreadable(f"The answer holds {_kind(body)} where a list of resources should be.")
    named = {str(name).lower(): value for name, value in body.items()}
    if "resources" not in named and "totalresults" not in named:
        if "id" not in named:
            raise Unreadable("The answer is neither a ListResponse nor a resource.")
        return _page([body], {"totalresults": 1}, defects=("single_object",))
    found = named.get("resources")
    if found is not None and not isinstance(found, list | dict):
        raise Unreadable(f"Resources holds {_kind(found)} where a list should be.")
    return _page([found] if isinstance(found, dict) else found or [], named)


def error(answer: Answer) -> ScimError:
    """What an error answer says (E2). What isn't JSON is described and never quoted: an address that isn't SCIM must
    not be readable through us (S-SSRF 4)."""
    if answer.problem is not None or not isinstance(answer.body, dict):
        return ScimError(answer.status, None, _described(answer))
    named = _flat(answer.body)
    scim_type = named.get("scimtype")
    inner = _number(named.get("status"))
    return ScimError(
        status=inner if answer.status < 400 and inner and 400 <= inner < 600 else answer.status,
        scim_type=printable(scim_type) if isinstance(scim_type, str) and scim_type else None,
        detail=next((printable(text) for text in _words(named)), ""),
    )


def _page(elements: list[Any], named: dict[str, Any], *, defects: tuple[str, ...] = ()) -> Page:
    resources: list[Resource] = []
    unreadable: list[str] = []
    for element in elements:
        try:
            resources.append(resource(element))
        except Unreadable as problem:
            unreadable.append(str(problem))
    return Page(
        resources=tuple(resources),
        total=_number(named.get("totalresults")),
        start_index=_number(named.get("startindex")),
        items_per_page=_number(named.get("itemsperpage")),
        next_cursor=_text(named.get("nextcursor")) or None,
        unreadable=tuple(unreadable),
        defects=defects,
    )


def _id(value: Any) -> str:
    if isinstance(value, str) and value:
        return value
    if value is None or value == "":
        raise Unreadable("The resource has no id.")
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise Unreadable(
            f"The resource's id is a number ({value}); in SCIM an id is a string. Ask the application's maker to "
            f'send "{value}".'
        )
    raise Unreadable(f"The resource's id is {_kind(value)}; in SCIM an id is a string.")


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value.strip()[:18])
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _flat(body: dict[str, Any]) -> dict[str, Any]:
    """An error's names in lower case, SCIM 1.1's and common wrappers opened: {"Errors": [{...}]}, {"error": {...}}."""
    named = {str(name).lower(): value for name, value in body.items()}
    for wrapper in ("errors", "error"):
        inner = named.get(wrapper)
        inner = inner[0] if isinstance(inner, list) and inner else inner
        if isinstance(inner, dict):
            return {**named, **{str(name).lower(): value for name, value in inner.items()}}
    return named


def _words(named: dict[str, Any]) -> list[str]:
    keys = ("detail", "description", "message", "error_description", "error", "title")
    return [value for key in keys if isinstance(value := named.get(key), str) and value.strip()]


def _described(answer: Answer) -> str:
    what = {
        "html": "an HTML page: this is not a SCIM endpoint",
        "not_json": "not JSON",
        "cut": "cut off before its end",
        "too_large": "larger than we read",
        "too_deep": "nested deeper than we read",
    }
    if answer.problem is None:
        return "" if answer.body is None else f"The answer holds {_kind(answer.body)} where an error should be."
    return f"The answer is {what[answer.problem]}."


def _kind(value: Any) -> str:
    kinds = {bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return kinds.get(type(value), "nothing")
