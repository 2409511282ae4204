"""What a service provider says of itself is often missing or wrong, because few clients ever ask: it is a hint,
and never a reason to stop (D1 to D4).

Sources: RFC 7643 sections 5 to 7, RFC 7644 section 4; for SCIM 1.1 draft-scim-core-schema-01 sections 7 and 8.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from provisor.scim.answers import TransportError
from provisor.scim.http import HttpClient
from provisor.scim.names import boolean
from provisor.scim.reader import error
from provisor.scim.schemas import CORE_1_1

CONFIG: Final = "/ServiceProviderConfig"
CONFIG_1_1: Final = "/ServiceProviderConfigs"  # still met in 2.0, misspelt there
RESOURCE_TYPES: Final = "/ResourceTypes"
SCHEMAS: Final = "/Schemas"


@dataclass(frozen=True)
class Discovery:
    """What the service provider says it can do; None where it doesn't say.

    `reachable`: at least one document could be read. `max_results`: filter.maxResults. `resource_types`: their
    names, `schemas`: the URNs described. `bulk_operations`, `bulk_bytes`: how much one Bulk request may carry.
    `cursor`, `index`: the kinds of paging (RFC 9865). `config_path`: where the ServiceProviderConfig was.
    `in_1_1`: its description is only where SCIM 1.1 has it, and under the URN of 1.1.
    `warnings`: sentences on what is missing or wrong.
    """

    reachable: bool = False
    patch: bool | None = None
    filter: bool | None = None
    bulk: bool | None = None
    etag: bool | None = None
    sort: bool | None = None
    change_password: bool | None = None
    max_results: int | None = None
    bulk_operations: int | None = None
    bulk_bytes: int | None = None
    cursor: bool | None = None
    index: bool | None = None
    config_path: str = ""
    in_1_1: bool = False
    resource_types: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


async def discover(client: HttpClient, folder: str = "", scim: str = "2.0") -> Discovery:
    """Reads the documents that this version of SCIM has, below `folder` of the base URL. Never raises for what the service
    provider does: it becomes a warning."""
    warnings: list[str] = []
    path, config = await _config(client, folder, scim, warnings)
    types = await _document(client, f"{folder}{RESOURCE_TYPES}", warnings) if scim == "2.0" else None
    schemas = await _document(client, f"{folder}{SCHEMAS}", warnings)
    reachable = any(document is not None for document in (config, types, schemas))
    return replace(
        _said(_lowered(config)),
        reachable=reachable,
        config_path=path if config is not None else "",
        in_1_1=path.endswith(CONFIG_1_1) and _is_1_1(_lowered(config)),
        resource_types=_names(types, "name"),
        schemas=_names(schemas, "id"),
        warnings=tuple(warnings),
    )


def _said(said: dict[str, Any]) -> Discovery:
    """What a ServiceProviderConfig says, its names in lower case."""
    return Discovery(
        patch=_supported(said, "patch"),
        filter=_supported(said, "filter"),
        bulk=_supported(said, "bulk"),
        etag=_supported(said, "etag"),
        sort=_supported(said, "sort"),
        change_password=_supported(said, "changepassword"),
        max_results=_count(said, "filter", "maxResults"),
        bulk_operations=_count(said, "bulk", "maxOperations"),
        bulk_bytes=_count(said, "bulk", "maxPayloadSize"),
        cursor=_flag(said, "pagination", "cursor"),
        index=_flag(said, "pagination", "index"),
    )


async def _config(client: HttpClient, folder: str, scim: str, warnings: list[str]) -> tuple[str, Any]:
    if scim == "1.1":
        return f"{folder}{CONFIG_1_1}", await _document(client, f"{folder}{CONFIG_1_1}", warnings)
    document = await _document(client, f"{folder}{CONFIG}", warnings)
    if document is not None:
        return f"{folder}{CONFIG}", document
    document = await _document(client, f"{folder}{CONFIG_1_1}", [])
    if document is not None:
        why = "it speaks SCIM 1.1" if _is_1_1(_lowered(document)) else "its name is misspelt there"
        warnings.append(f"GET {folder}{CONFIG_1_1} answers instead: {why}.")
    return f"{folder}{CONFIG_1_1}", document


def _is_1_1(said: dict[str, Any]) -> bool:
    schemas = said.get("schemas")
    return isinstance(schemas, list) and CORE_1_1 in schemas


async def _document(client: HttpClient, path: str, warnings: list[str]) -> Any:
    """The JSON of one document, None and a warning where there is none."""
    try:
        answer = await client.request("GET", path)
    except TransportError as problem:
        warnings.append(f"GET {path}: {problem.reason}")
        return None
    if answer.status == 200 and answer.problem is None and isinstance(answer.body, dict | list):
        return answer.body
    warnings.append(f"GET {path}: {answer.status}. {error(answer).detail}".strip())
    return None


def _lowered(document: Any) -> dict[str, Any]:
    """A ServiceProviderConfig, names in lower case, taken out of a list where it came in one."""
    elements = _elements(document)
    first = elements[0] if elements else document
    return {str(name).lower(): value for name, value in first.items()} if isinstance(first, dict) else {}


def _elements(document: Any) -> list[Any]:
    """The elements of a bare array or a ListResponse (D4)."""
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        return []
    named = {str(name).lower(): value for name, value in document.items()}
    found = named.get("resources")
    return found if isinstance(found, list) else []


def _supported(said: dict[str, Any], name: str) -> bool | None:
    return _flag(said, name, "supported")


def _flag(said: dict[str, Any], part: str, name: str) -> bool | None:
    value = boolean(_part(said, part, name))
    return value if isinstance(value, bool) else None


def _count(said: dict[str, Any], part: str, name: str) -> int | None:
    value = _part(said, part, name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _part(said: dict[str, Any], part: str, name: str) -> Any:
    found = said.get(part)
    return found.get(name) if isinstance(found, dict) else None


def _names(document: Any, key: str) -> tuple[str, ...]:
    elements = (element for element in _elements(document) if isinstance(element, dict))
    return tuple(name for element in elements if isinstance(name := element.get(key), str))
