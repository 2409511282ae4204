"""What a connector says of how to sign in there, where a person left it out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from provisor.catalogue import base_urls, entries
from provisor.catalogue.connector import Auth

BEARER = ("Authorization", "Bearer ")


def of(slug: str, type: str, parameters: Mapping[str, Any]) -> dict[str, str]:
    """Field by field, as the `auth` document has them. An address with a parameter that isn't known yet is left out."""
    connector = entries.ENTRIES.get(slug)
    said = connector.auth if connector else None
    if type == "header":
        name, prefix = header(slug, type)
        return {"header": name, "prefix": prefix}
    if type == "basic":
        return {"username": said.username} if said and said.username else {}
    if not type.startswith("oauth2"):
        return {}
    urls = _filled(said, parameters) if said else {}
    if type == "oauth2_client_credentials":
        urls.pop("authorize_url", None)
    return {"method": "client_secret_basic", "scope": (said and said.scope) or "", **urls}


def header(slug: str, type: str) -> tuple[str, str]:
    """The header and what stands before the token, as this product wants it for a `bearer` or a `header`."""
    connector = entries.ENTRIES.get(slug)
    said = connector.auth if connector else None
    if said is None or said.type not in ("bearer", "header"):
        return BEARER if type == "bearer" else ("Authorization", "")
    if said.type == "header" and type == "bearer" and "bearer" in said.also:
        return BEARER
    unsaid = "Bearer " if type == "bearer" and said.type == "bearer" else ""
    return said.header, said.prefix if "prefix" in said.model_fields_set else unsaid


def proposed_end(slug: str, type: str, at: datetime) -> datetime | None:
    """When a token of this product that was made now ends, as far as its documentation tells."""
    connector = entries.ENTRIES.get(slug)
    if connector is None or connector.auth.lasts_days is None or type != connector.auth.type:
        return None
    return at + timedelta(days=connector.auth.lasts_days)


def _filled(said: Auth, parameters: Mapping[str, Any]) -> dict[str, str]:
    templates = {"authorize_url": said.authorize_url, "token_url": said.token_url}
    return {
        name: base_urls.NAMES.sub(lambda found: str(parameters[found[1]]), template)
        for name, template in templates.items()
        if template and all(each in parameters for each in base_urls.names_in(template))
    }
