"""The requests in which a change of one account would be said to an SP, for people to see. Nothing is sent.

What an answer would change is not known here: the rest of an adoption is decided once the SP has shown the externalId.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from provisor.core import patch, resource
from provisor.core.changes import Change, Kind
from provisor.core.form import Form
from provisor.core.resource import Difference
from provisor.scim.users import USERS, patch_body
from provisor.scim.users import path as path_of
from provisor.scim.version_1_1 import outward, patching


@dataclass(frozen=True, slots=True)
class Said:
    """One request. `body` is None where there is none, or where it can't be known before something is read."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    note: str = ""


def would_send(change: Change, form: Form) -> list[Said]:
    """The requests of this change, in order, in the version of SCIM that the SP speaks."""
    said = _in_2_0(change, form)
    return [_in_1_1(one) for one in said] if form.scim == "1.1" else said


def _in_1_1(said: Said) -> Said:
    if said.body is None:
        return said
    try:
        body = outward.request(said.method, said.path, None, said.body).body
    except patching.Inexpressible as problem:
        return replace(said, body=None, note=f"SCIM 1.1 has no words for {problem}: the whole list is sent instead.")
    return replace(said, body=dict(body or {}))


def _in_2_0(change: Change, form: Form) -> list[Said]:
    if change.kind is Kind.CREATE:
        return [Said("POST", USERS, patch.spelt(resource.body(patch.sent(change.attributes)), form))]
    if change.kind is Kind.HOLD or change.remote_id is None:
        return []
    if change.kind is Kind.DELETE:
        return [Said("DELETE", path_of(change.remote_id))]
    first = _first(change, form)
    parts = [part for part in (first, [one for one in change.attributes if one not in first]) if part]
    return [_update(change, part, form) for part in parts]


def _first(change: Change, form: Form) -> list[Difference]:
    """What goes alone and before the rest: `active` of who leaves, externalId of who is adopted."""
    alone = {Kind.DEACTIVATE: "active", Kind.ADOPT: "externalId" if form.external_id else ""}.get(change.kind)
    return [one for one in change.attributes if one.name == alone]


def _update(change: Change, attributes: Iterable[Difference], form: Form) -> Said:
    attributes, where = list(attributes), path_of(change.remote_id or "")
    if form.update != "put":
        return Said("PATCH", where, patch_body(patch.operations(attributes, form)))
    if change.account is None or not change.account.raw:
        return Said("PUT", where, None, "The account is read first; what differs is written into what was read.")
    held = change.account.active is not False
    active = next((one.to for one in attributes if one.name == "active"), held)
    body = patch.spelt(patch.replacement(change.account.raw, attributes, bool(active), form.put_without), form)
    return Said("PUT", where, body)
