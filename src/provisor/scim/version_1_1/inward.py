"""What an answer in SCIM 1.1 is in SCIM 2.0. Pure, and as forgiving as `scim.reader`: what isn't of SCIM 1.1 stays as it is.

Sources: draft-scim-core-schema-01 (resources), draft-scim-api-01 sections 3.2.2 (listings), 3.5 (Bulk) and 3.9 (errors).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from provisor.scim.answers import JSON, Answer
from provisor.scim.bulk import BULK
from provisor.scim.schemas import CORE_1_1, ENTERPRISE_1_1, ENTERPRISE_USER, ERROR, GROUP, LIST_RESPONSE, USER

_KINDS: Final = {"Users": USER, "Groups": GROUP}
_EXTENSION: Final = ENTERPRISE_1_1.lower()


def answer(told: Answer, path: str) -> Answer:
    """The answer to a request for `path`, below the base URL."""
    if told.problem is not None or not isinstance(told.body, dict | list):
        return told
    return replace(told, body=_body(told.body, path, told.status))


def _body(body: Any, path: str, status: int) -> Any:
    if isinstance(body, dict) and (errors := _value(body, "errors")):
        return _error(errors, status)
    if path == BULK:
        return _bulk(body) if isinstance(body, dict) else body
    urn = _KINDS.get(path.split("/")[1]) if path.startswith("/") else None
    if urn is None:
        return body
    if isinstance(body, list):
        return [resource(each, urn) for each in body]
    listed = next((name for name in body if name.lower() == "resources"), None)
    if listed is None:
        return resource(body, urn)
    return {**body, "schemas": [LIST_RESPONSE], listed: _listed(body[listed], urn)}


def _listed(found: Any, urn: str) -> Any:
    return [resource(each, urn) for each in found] if isinstance(found, list) else resource(found, urn)


def resource(body: Any, urn: str) -> Any:
    """A user or group; `urn` is what 2.0 calls its kind."""
    if not isinstance(body, dict):
        return body
    return {_name(name): _inner(name, value, urn) for name, value in body.items()}


def _name(name: str) -> str:
    """The extension, and each of its attributes, under the URN of 2.0."""
    return ENTERPRISE_USER + name[len(_EXTENSION) :] if name.lower().startswith(_EXTENSION) else name


def _inner(name: str, value: Any, urn: str) -> Any:
    key = name.lower()
    if key == "schemas" and isinstance(value, list):
        return [_schema(each, urn) for each in value]
    if key == _EXTENSION and isinstance(value, dict):
        return {part: _manager(inner) if part.lower() == "manager" else inner for part, inner in value.items()}
    return _manager(value) if key in (f"{_EXTENSION}:manager", f"{_EXTENSION}.manager") else value


def _schema(named: Any, urn: str) -> Any:
    if not isinstance(named, str):
        return named
    return {CORE_1_1: urn, _EXTENSION: ENTERPRISE_USER}.get(named.lower(), named)


def _manager(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {"value" if name.lower() == "managerid" else name: inner for name, inner in value.items()}


def _error(errors: Any, status: int) -> dict[str, Any]:
    """One Error for all of them: their words one after another, and the status that the first one names."""
    told = [each for each in (errors if isinstance(errors, list) else [errors]) if isinstance(each, Mapping)]
    words = [text for each in told if isinstance(text := _value(each, "description"), str) and text.strip()]
    code = next((str(code) for each in told if (code := _value(each, "code")) is not None), "")
    status = int(code) if code.isascii() and code.isdigit() and 400 <= int(code[:6]) < 600 else status
    return {"schemas": [ERROR], "status": str(status), "detail": "; ".join(words)}


def _bulk(body: JSON) -> dict[str, Any]:
    """Each outcome with what its status says beside it, where 2.0 has it."""
    listed = _value(body, "operations")
    if not isinstance(listed, list):
        return dict(body)
    return {"Operations": [_outcome(each) if isinstance(each, Mapping) else each for each in listed]}


def _outcome(entry: Mapping[str, Any]) -> dict[str, Any]:
    status = _value(entry, "status")
    words = _value(status, "description") if isinstance(status, Mapping) else None
    return {**entry, **({"response": {"schemas": [ERROR], "detail": words}} if isinstance(words, str) else {})}


def _value(named: Mapping[str, Any], key: str) -> Any:
    return next((value for name, value in named.items() if str(name).lower() == key), None)
