"""What a request of SCIM 2.0 is in SCIM 1.1: its path, its query and its body. Pure.

Sources: draft-scim-api-01 sections 3.2 (reading), 3.3 (changing) and 3.5 (Bulk), draft-scim-core-schema-01.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from provisor.scim.answers import JSON
from provisor.scim.bulk import BULK
from provisor.scim.schemas import CORE_1_1, ENTERPRISE_1_1, ENTERPRISE_USER, GROUP, USER
from provisor.scim.version_1_1 import patching

_TEXT: Final = r'"(?:[^"\\]|\\.)*"'
# A list is filtered by its own name, which means the values in it (3.2.2.1); and a core attribute has no URN before it.
_IN_FILTER: Final = re.compile(
    rf"(?P<text>{_TEXT})|(?P<list>emails|phoneNumbers|ims|photos|entitlements|roles|members|groups)\.value\b"
    rf"|(?P<core>{re.escape(USER)}:|{re.escape(GROUP)}:)|(?P<extension>{re.escape(ENTERPRISE_USER)})"
)
# There is no excludedAttributes in 1.1, only a list of what is wanted: of a group without its members that is this.
_WITHOUT_MEMBERS: Final = "id,externalId,displayName"


@dataclass(frozen=True, slots=True)
class Said:
    """One request in SCIM 1.1."""

    query: Mapping[str, str] | None
    body: JSON | None


def request(method: str, path: str, query: Mapping[str, str] | None, body: JSON | None) -> Said:
    """The request. Raises patching.Inexpressible for a PATCH that SCIM 1.1 has no words for."""
    return Said(_query(path, query), None if body is None else _body(method, path, body))


def resource(body: JSON) -> dict[str, Any]:
    """A user or group, or the part of it that a PATCH carries."""
    said = {name: value for name, value in body.items() if name not in ("schemas", ENTERPRISE_USER)}
    if isinstance(extension := body.get(ENTERPRISE_USER), Mapping):
        said[ENTERPRISE_1_1] = enterprise(extension)
    return {"schemas": [CORE_1_1, *_urns(said)], **said}


def enterprise(extension: JSON) -> dict[str, Any]:
    """The extension: a manager is named by `managerId`."""
    return {name: patching.manager(value) if name == "manager" else value for name, value in extension.items()}


def _urns(names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith("urn:")]


def _body(method: str, path: str, body: JSON) -> JSON:
    if path == BULK:
        operations = [_operation(each) for each in body.get("Operations") or ()]
        return {**body, "schemas": [CORE_1_1], "Operations": operations}
    return resource(patching.partial(body.get("Operations") or ()) if method == "PATCH" else body)


def _operation(each: JSON) -> JSON:
    """One operation of a Bulk request."""
    data = each.get("data")
    if not isinstance(data, Mapping):
        return each
    return {**each, "data": _body(str(each.get("method")), str(each.get("path")), data)}


def _query(path: str, query: Mapping[str, str] | None) -> Mapping[str, str] | None:
    if not query:
        return query
    said = {name: _filter(value) if name == "filter" else value for name, value in query.items()}
    excluded = said.pop("excludedAttributes", None)
    if excluded == "members" and path.startswith("/Groups"):
        said["attributes"] = _WITHOUT_MEMBERS
    return said


def _filter(text: str) -> str:
    return _IN_FILTER.sub(_worded, text)


def _worded(found: re.Match[str]) -> str:
    if found["list"]:
        return found["list"]
    if found["core"]:
        return ""
    return ENTERPRISE_1_1 if found["extension"] else found[0]
