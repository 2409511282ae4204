"""Many writes in one request (RFC 7644 3.7): each goes the way of a single one, and is answered for itself."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from multidict import CIMultiDict

from provisor.testing.errors import ScimError
from provisor.testing.messages import Outcome, Request
from provisor.testing.profile import Profile
from provisor.testing.records import Finding
from provisor.testing.resources import Store

Entry = dict[str, Any]
Note = Callable[[Finding], None]

BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_REFERENCE = "bulkId:"


@dataclass
class BulkMemory:
    """What is remembered between Bulk requests: how many operations were carried out."""

    chance: random.Random
    done: int = 0


@dataclass
class _Batch:
    """One Bulk request. `ids`: what became of each bulkId."""

    request: Request
    base_url: str
    one: Callable[[Request], Outcome]
    ids: dict[str, str] = field(default_factory=dict)
    failures: int = 0


def carry_out_bulk(
    request: Request, store: Store, memory: BulkMemory, one: Callable[[Request], Outcome], note: Note
) -> Outcome:
    """The answer to a Bulk request; `one` carries a single operation out. Raises ScimError 400 or 413 for the whole,
    and then nothing was done."""
    profile = store.profile
    operations = _operations(request, profile, note)
    most = _most_failures(request.body)
    batch, entries = _Batch(request, store.base_url, one), list[Entry]()
    for operation in _in_order(operations):
        if 0 < most <= batch.failures:
            break
        entry = _carried_out(operation, batch, profile)
        memory.done += 1
        if not (profile.bulk_missing and memory.done % profile.bulk_missing == 0):
            entries.append(entry)
    if profile.bulk_shuffled:
        memory.chance.shuffle(entries)
    return 200, {"schemas": [BULK_RESPONSE], "Operations": entries}, {}


def _operations(request: Request, profile: Profile, note: Note) -> list[Entry]:
    listed = request.body.get("Operations") if isinstance(request.body, dict) else None
    if not isinstance(listed, list) or not all(isinstance(operation, dict) for operation in listed):
        raise ScimError(400, "invalidSyntax", "Operations must be a list of objects.")
    if len(listed) > profile.bulk:
        note(Finding("B1", f"{len(listed)} operations are more than the {profile.bulk} that were announced."))
        raise ScimError(413, None, f"At most {profile.bulk} operations.")
    if 0 < profile.bulk_bytes < request.size:
        note(Finding("B1", f"{request.size} bytes are more than the {profile.bulk_bytes} that were announced."))
        raise ScimError(413, None, f"At most {profile.bulk_bytes} bytes.")
    for message in _unclear(request.body, listed):
        note(Finding("B1", message))
    return listed


def _unclear(body: Entry, listed: list[Entry]) -> list[str]:
    """What makes it hard to say afterwards which answer belongs to which operation."""
    names = [operation.get("bulkId") for operation in listed if operation.get("bulkId")]
    found = ["A bulkId is used twice."] if len(set(names)) < len(names) else []
    if len(names) < len(listed):
        found.append("Every operation needs a bulkId: answers may come in any order, or not at all.")
    if body.get("schemas") != [BULK_REQUEST]:
        found.append(f"schemas must be exactly {BULK_REQUEST}.")
    return found


def _most_failures(body: Entry) -> int:
    most = body.get("failOnErrors", 0)
    return most if isinstance(most, int) else 0


def _in_order(operations: list[Entry]) -> list[Entry]:
    """What refers to another operation comes after all that doesn't."""
    return sorted(operations, key=_refers)


def _refers(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_refers(inner) for key, inner in value.items() if key != "bulkId")
    if isinstance(value, list):
        return any(_refers(inner) for inner in value)
    return isinstance(value, str) and (value.startswith(_REFERENCE) or f"/{_REFERENCE}" in value)


def _carried_out(operation: Entry, batch: _Batch, profile: Profile) -> Entry:
    method, name = str(operation.get("method")).upper(), operation.get("bulkId")
    entry: Entry = {"method": method, **({"bulkId": name} if name else {})}
    try:
        status, body, headers = batch.one(_single(operation, method, batch))
    except ScimError as refusal:
        batch.failures += 1
        return {**entry, **_about(batch, operation), "status": _status(refusal.status, profile)} | {
            "response": refusal.body()
        }
    location = headers.get("Location") or _location(body)
    if name and location:
        batch.ids[str(name)] = location.rpartition("/")[2]
    done = {"location": location} if location else _about(batch, operation)
    shown = {"response": body} if profile.bulk_resources and body is not None else {}
    return {**entry, **done, "status": _status(status, profile), **shown}


def _single(operation: Entry, method: str, batch: _Batch) -> Request:
    """The request that this operation would be by itself."""
    if method not in _METHODS:
        raise ScimError(400, "invalidSyntax", f"{method} isn't possible in a Bulk request.")
    if method == "POST" and not operation.get("bulkId"):
        raise ScimError(400, "invalidSyntax", "A POST needs a bulkId.")
    path = _resolved(str(operation.get("path") or ""), batch.ids)
    data = _resolved(operation.get("data"), batch.ids) if method != "DELETE" else None
    target = batch.request.target.partition("/Bulk")[0] + path
    segments = tuple(unquote(segment) for segment in path.split("/") if segment)
    headers = batch.request.headers
    if data is None:
        headers = CIMultiDict((name, value) for name, value in headers.items() if name.lower() != "content-type")
    return replace(
        batch.request,
        method=method,
        target=target,
        path=segments,
        query={},
        headers=headers,
        body=data,
        has_body=data is not None,
    )


def _resolved(value: Any, ids: Mapping[str, str]) -> Any:
    """`value` with each bulkId replaced by what it became. Raises ScimError 409 for one that became nothing."""
    if isinstance(value, Mapping):
        return {key: _resolved(inner, ids) for key, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(inner, ids) for inner in value]
    if not (isinstance(value, str) and _refers(value)):
        return value
    before, _, name = value.partition(_REFERENCE)
    if name not in ids:
        raise ScimError(409, "invalidValue", f"{value} is nothing that was created here.")
    return before + ids[name]


def _location(body: Any) -> str | None:
    meta = body.get("meta") if isinstance(body, dict) else None
    return meta.get("location") if isinstance(meta, dict) else None


def _about(batch: _Batch, operation: Entry) -> Entry:
    """Where the resource is that an operation was about, unless it was to be made."""
    if str(operation.get("method")).upper() == "POST":
        return {}
    return {"location": batch.base_url + str(operation.get("path") or "")}


def _status(status: int, profile: Profile) -> Any:
    return {"text": str(status), "number": status, "object": {"code": str(status)}}[profile.bulk_status]
