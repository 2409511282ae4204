"""What is known of an application's service provider, for a draft of a connector's file."""

from __future__ import annotations

from typing import Any

from provisor.applications import attribute_types, settings
from provisor.applications.models import Application
from provisor.catalogue.drafting import Seen
from provisor.core.mapping import parse_rows

# Settings that a connector's file may begin with, and that say something of the product.
_SAID = ("manage_groups", "deprovision")


def seen_of(application: Application) -> Seen:
    """What was learned, set and mapped. Nothing that is sealed is read."""
    overrides = application.settings.get("form") or {}
    evidence = {word: str(said.get("evidence", "")) for word, said in application.evidence.items()}
    return Seen(
        base_url=application.base_url,
        auth_type=application.auth_type,
        auth=application.auth or {},
        form={**application.learned, **overrides},
        evidence={word: why for word, why in evidence.items() if word in application.learned and word not in overrides},
        rows=parse_rows(application.mapping, attribute_types.known()),
        settings=_differing(application),
    )


def _differing(application: Application) -> dict[str, Any]:
    usual, own = settings.as_json({}), settings.as_json(application.settings)
    return {name: own[name] for name in _SAID if own[name] != usual[name]}
