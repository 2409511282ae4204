"""Many writes in one request (RFC 7644 section 3.7), and which answer belongs to which of them.

The status of the whole says nothing of a single operation, and answers may be missing, doubled or in another order (B1).
So an answer counts for an operation only if it names it: by the bulkId that we gave it, or by the address of the
resource that it is about. Everything else is nobody's answer, and what it was about is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import orjson

from provisor.scim.answers import JSON, Answer, redacted, secrets_in
from provisor.scim.http import HttpClient

BULK: Final = "/Bulk"
BULK_REQUEST: Final = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
ENVELOPE: Final = 200  # bytes around all operations, at most
_REFERENCE: Final = b"bulkId:"
_WRAPPING: Final = 100  # bytes around one operation's path and data, at most


@dataclass(frozen=True)
class Operation:
    """One write: what its request would be, and the name that its answer carries."""

    bulk_id: str
    method: str
    path: str
    data: JSON

    @cached_property
    def size(self) -> int:
        """Bytes it takes in a Bulk request, at most."""
        return len(self._written) + len(self.path) + len(self.bulk_id) + _WRAPPING

    @property
    def can_be_misread(self) -> bool:
        """Whether some text in it would be read as a reference to another operation: then it has to go alone."""
        return _REFERENCE in self._written

    @cached_property
    def _written(self) -> bytes:
        return orjson.dumps(self.data)

    def as_json(self) -> dict[str, Any]:
        return {"method": self.method, "path": self.path, "bulkId": self.bulk_id, "data": self.data}


async def send(client: HttpClient, operations: Sequence[Operation]) -> Answer:
    """One request. However many of them fail, the others are to be carried out: failOnErrors says so explicitly (B1)."""
    body = {
        "schemas": [BULK_REQUEST],
        "failOnErrors": len(operations) + 1,
        "Operations": [operation.as_json() for operation in operations],
    }
    return await client.request("POST", BULK, body=body)


@dataclass(frozen=True)
class Outcomes:
    """What an answer to a Bulk request says: by bulkId, each as the answer that a single request would have had. An
    operation that isn't there has no answer. `nameless`: answers that name no operation."""

    answers: Mapping[str, Answer]
    nameless: int = 0


def outcomes(operations: Sequence[Operation], body: Any) -> Outcomes | None:
    """The outcomes in the body of an answer; None if it is no answer to a Bulk request."""
    entries = _entries(body)
    if entries is None:
        return None
    by_name = {operation.bulk_id: operation for operation in operations}
    by_place = _by_place(operations)
    found: dict[str, Answer] = {}
    contradicted, nameless = set[str](), 0
    for entry in entries:
        operation = _named(entry, by_name, by_place)
        if operation is None:
            nameless += 1
        elif (answer := _answer(operation, entry)) is not None:
            if operation.bulk_id in found and found[operation.bulk_id] != answer:
                contradicted.add(operation.bulk_id)  # two answers that differ are none
            found[operation.bulk_id] = answer
    return Outcomes({name: answer for name, answer in found.items() if name not in contradicted}, nameless)


def id_in(location: str | None, endpoint: str) -> str | None:
    """The id in the address of a resource below `endpoint` ("/Users"). The address itself is never followed (T9)."""
    if not location:
        return None
    try:
        path = f"/{urlsplit(location).path}"
    except ValueError:
        return None
    _, found, last = path.rstrip("/").rpartition(f"{endpoint}/")
    return unquote(last) or None if found and "/" not in last else None


def _entries(body: Any) -> list[dict[str, Any]] | None:
    if not isinstance(body, Mapping):
        return None
    named = {str(name).lower(): value for name, value in body.items()}
    listed = named.get("operations")
    if not isinstance(listed, list):
        return None
    return [
        {str(name).lower(): value for name, value in entry.items()} for entry in listed if isinstance(entry, Mapping)
    ]


def _by_place(operations: Sequence[Operation]) -> dict[tuple[str, str], Operation]:
    """Updates by method and address; where two are about one resource, its address names neither."""
    places: dict[tuple[str, str], Operation] = {}
    doubled = set[tuple[str, str]]()
    for operation in operations:
        place = operation.method, unquote(operation.path)
        if place in places:
            doubled.add(place)
        places[place] = operation
    return {place: operation for place, operation in places.items() if place not in doubled and place[0] != "POST"}


def _named(
    entry: Mapping[str, Any], by_name: Mapping[str, Operation], by_place: Mapping[tuple[str, str], Operation]
) -> Operation | None:
    """The operation that an answer names. An answer to another method is none."""
    method = str(entry.get("method") or "").upper()
    bulk_id, location = entry.get("bulkid"), entry.get("location")
    if isinstance(bulk_id, str | int) and str(bulk_id):
        operation = by_name.get(str(bulk_id))
    elif isinstance(location, str) and (id := id_in(location, "/Users")):
        operation = by_place.get((method, f"/Users/{id}"))
    else:
        operation = None
    return operation if operation and method in ("", operation.method) else None


def _answer(operation: Operation, entry: Mapping[str, Any]) -> Answer | None:
    status, location, body = _status(entry.get("status")), entry.get("location"), entry.get("response")
    if status is None:
        return None
    if status >= 400:  # an error may stand beside the status, and may repeat a password of ours (E2)
        body = redacted(body if isinstance(body, Mapping) else _error(entry), [*secrets_in(operation.data)])
    headers = {"location": location} if isinstance(location, str) else {}
    return Answer(status, headers, body if isinstance(body, Mapping) else None)


def _error(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name in ("detail", "scimtype", "description", "message")}


def _status(value: Any) -> int | None:
    """201, "201", "201 Created", and {"code": "201"} of old drafts."""
    if isinstance(value, Mapping):
        value = {str(name).lower(): inner for name, inner in value.items()}.get("code")
    if isinstance(value, str):
        first = value.split()[:1]
        value = int(first[0]) if first and first[0].isascii() and first[0].isdigit() and len(first[0]) == 3 else None
    return value if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599 else None
