"""A request of SCIM 1.1, judged by the drafts and put into the names that the provider keeps things under."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from provisor.testing.bulk import BULK_REQUEST
from provisor.testing.errors import ScimError, invalid_value, not_found
from provisor.testing.messages import Request
from provisor.testing.schema import BY_ENDPOINT, ENTERPRISE_URN

CORE = "urn:scim:schemas:core:1.0"
ENTERPRISE = "urn:scim:schemas:extension:enterprise:1.0"
_ONLY_IN_2_0 = frozenset({"ServiceProviderConfig", "ResourceTypes", "Me", ".search"})
_QUOTED = re.compile(r'("(?:[^"\\]|\\.)*")')
_NEW_URN = "urn:ietf:params:scim:"

Body = dict[str, Any]


def understood(request: Request) -> Request:
    """The request. A PATCH keeps its shape, a partial resource. Raises ScimError for what isn't SCIM 1.1."""
    if _ONLY_IN_2_0 & {request.path[0], request.path[-1]}:
        raise not_found(f"/{'/'.join(request.path)}")
    _refuse_media_types(request)
    query = _query(request.query)
    if not request.has_body:
        return replace(request, query=query)
    if not isinstance(request.body, dict):
        raise _syntax("The body must be a JSON object.")
    if request.path == ("Bulk",):
        return replace(request, query=query, body=_bulk(request.body))
    body = resource(request.body, request.path[0], partial=request.method == "PATCH")
    return replace(request, query=query, body=body)


def resource(body: Body, endpoint: str, *, partial: bool) -> Body:
    """A body of a user or group under the names of 2.0."""
    _refuse_schemas(body)
    if "Operations" in body:
        raise _syntax("A PATCH is a partial resource; there are no Operations in SCIM 1.1.")
    for name in body:
        if name.startswith("urn:") and name != ENTERPRISE:
            raise _syntax(f"The schema {name} isn't known.")
    if not partial and any(_has_operation(value) for value in body.values()):
        raise _syntax("operation has a meaning in a PATCH only.")
    read = {ENTERPRISE_URN if name == ENTERPRISE else name: _extension(name, value) for name, value in body.items()}
    schema = BY_ENDPOINT.get(endpoint)
    urns = {CORE: schema.urn if schema else CORE}
    if endpoint != "Groups" or ENTERPRISE in body:  # some name it with everything they send
        urns[ENTERPRISE] = ENTERPRISE_URN
    return {**read, "schemas": [urns[urn] for urn in body["schemas"] if urn in urns]}


def path(name: str) -> str:
    """An attribute's name, as a filter or meta.attributes has it, with the URN of 2.0 in front where it has one."""
    if _NEW_URN in name:
        raise invalid_value(f"{name} isn't an attribute of SCIM 1.1.")
    return (
        name.replace(f"{CORE}:", "").replace(ENTERPRISE, ENTERPRISE_URN).replace("manager.managerId", "manager.value")
    )


def _refuse_schemas(body: Body) -> None:
    schemas = body.get("schemas")
    if not isinstance(schemas, list) or CORE not in schemas or len(set(map(str, schemas))) < len(schemas):
        raise _syntax(f"schemas must hold {CORE}.")
    if unknown := [str(urn) for urn in schemas if urn not in (CORE, ENTERPRISE)]:
        raise _syntax(f"Unknown schemas: {', '.join(unknown)}.")


def _has_operation(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, Mapping) and "operation" in item for item in value)


def _extension(name: str, value: Any) -> Any:
    if name != ENTERPRISE or not isinstance(value, Mapping):
        return value
    return {part: _manager(inner) if part == "manager" else inner for part, inner in value.items()}


def _manager(value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise invalid_value("manager is an object with a managerId.")
    if "value" in value:
        raise invalid_value("A manager is named by managerId, not by value.")
    return {"value" if part == "managerId" else part: inner for part, inner in value.items()}


def _query(query: Mapping[str, str]) -> dict[str, str]:
    if "excludedAttributes" in query or "cursor" in query:
        raise invalid_value("excludedAttributes and cursor aren't parameters of SCIM 1.1.")
    read = dict(query)
    if "filter" in read:
        parts = _QUOTED.split(read["filter"])
        if any("[" in part for part in parts[::2]):
            raise ScimError(400, "invalidFilter", "There are no value filters in SCIM 1.1.")
        read["filter"] = "".join(path(part) if place % 2 == 0 else part for place, part in enumerate(parts))
    return read


def _refuse_media_types(request: Request) -> None:
    accepted = request.headers.get("Accept", "*/*")
    if "application/json" not in accepted and "*/*" not in accepted:
        raise ScimError(406, None, "Answers are application/json.")
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip()
    if request.has_body and kind != "application/json":
        raise ScimError(415, None, f"Bodies are application/json, not {kind or 'without a type'}.")


def _bulk(body: Body) -> Body:
    if body.get("schemas") != [CORE]:
        raise _syntax(f"schemas must be {CORE}.")
    listed = body.get("Operations")
    if not isinstance(listed, list):
        raise _syntax("Operations must be a list.")
    return {**body, "schemas": [BULK_REQUEST], "Operations": [_one_of_many(each) for each in listed]}


def _one_of_many(operation: Any) -> Any:
    data = operation.get("data") if isinstance(operation, Mapping) else None
    if not isinstance(data, dict):
        return operation
    endpoint = str(operation.get("path")).strip("/").partition("/")[0]
    return {**operation, "data": resource(data, endpoint, partial=operation.get("method") == "PATCH")}


def _syntax(detail: str) -> ScimError:
    return ScimError(400, "invalidSyntax", detail)
