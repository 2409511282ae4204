"""Answers in the shapes of SCIM 1.1: resources, listings, errors, Bulk answers and the documents that describe it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisor.testing.bulk import BULK_RESPONSE
from provisor.testing.discovery import LIST_RESPONSE, schemas
from provisor.testing.errors import ERROR_URN
from provisor.testing.profile import Profile
from provisor.testing.schema import ENTERPRISE_URN, GROUP_URN, USER_URN
from provisor.testing.version_1_1.reading import CORE, ENTERPRISE

Document = dict[str, Any]

_URNS = {USER_URN: CORE, GROUP_URN: CORE, ENTERPRISE_URN: ENTERPRISE}
_CONFIG = "ServiceProviderConfigs"
_PLACES = {USER_URN: ("User", "/Users"), GROUP_URN: ("Group", "/Groups")}


def shown(body: Any) -> Any:
    """The body of an answer."""
    if isinstance(body, list):
        return [shown(each) for each in body]
    if not isinstance(body, dict):
        return body
    kinds = {str(urn).lower() for urn in body.get("schemas") or ()}
    if ERROR_URN.lower() in kinds:
        return {"Errors": [{"description": body["detail"], "code": body["status"]}]}
    if BULK_RESPONSE.lower() in kinds:
        return {"schemas": [CORE], "Operations": [_outcome(each) for each in body["Operations"]]}
    if LIST_RESPONSE.lower() in kinds:
        return {name: _listed(name, value) for name, value in body.items()}
    return _resource(body)


def _listed(name: str, value: Any) -> Any:
    if name == "schemas":
        return [CORE]
    return [_resource(each) for each in value] if isinstance(value, list) else value


def _resource(body: Document) -> Document:
    named = {ENTERPRISE if name.lower() == ENTERPRISE_URN.lower() else name: value for name, value in body.items()}
    read = {name: _value(name, value) for name, value in named.items()}
    return read


def _value(name: str, value: Any) -> Any:
    if name == "schemas":
        urns = {new.lower(): old for new, old in _URNS.items()}
        return list(dict.fromkeys(urns.get(str(urn).lower(), urn) for urn in value))
    if name == "meta":
        return {part: inner for part, inner in value.items() if part.lower() != "resourcetype"}
    if name == ENTERPRISE:
        return {part: _manager(inner) if part == "manager" else inner for part, inner in value.items()}
    return value


def _manager(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {"managerId" if part == "value" else part: inner for part, inner in value.items()}


def _outcome(entry: Document) -> Document:
    """The status is an object here, with the words of a refusal in it."""
    status, response = entry["status"], entry.get("response") or {}
    code = str(status["code"] if isinstance(status, Mapping) else status)
    words = {"description": response["detail"]} if "detail" in response else {}
    rest = {name: value for name, value in entry.items() if name not in ("status", "response")}
    return {**rest, "status": {"code": code, **words}}


# What it says of itself


def described(path: tuple[str, ...], config: Document, profile: Profile) -> Document | None:
    """What GET of a discovery path answers; None: nothing is there. `config` is what 2.0 would say."""
    kind, *rest = path
    if kind == _CONFIG:
        return None if rest else _configuration(config)
    if kind != "Schemas":
        return None
    listed = [_schema(urn) for urn in _PLACES if profile.groups or urn != GROUP_URN]
    if not rest:
        return {"schemas": [CORE], "totalResults": len(listed), "Resources": listed}
    return next((each for each in listed if "/".join(rest) in (each["id"], each["name"])), None)


def _configuration(config: Document) -> Document:
    kept = {name: value for name, value in config.items() if name not in ("schemas", "documentationUri", "pagination")}
    manual = {"documentationUrl": "http://www.simplecloud.info/specs/draft-scim-api-01.html"}
    return {"schemas": [CORE], **manual, **kept, "xmlDataFormat": {"supported": False}}


def _schema(urn: str) -> Document:
    name, endpoint = _PLACES[urn]
    attributes = [_attribute(each, CORE) for each in schemas()[urn]["attributes"]]
    if urn == USER_URN:
        attributes += [_attribute(each, ENTERPRISE) for each in schemas()[ENTERPRISE_URN]["attributes"]]
    return {"id": f"{CORE}:{name}", "name": name, "schema": CORE, "endpoint": endpoint, "attributes": attributes}


def _attribute(described: Document, schema: str) -> Document:
    return {
        "name": described["name"],
        "type": described["type"],
        "multiValued": described["multiValued"],
        "description": described.get("description", ""),
        "schema": schema,
        "readOnly": described["mutability"] == "readOnly",
        "required": described["required"],
        "caseExact": described["caseExact"],
    }
