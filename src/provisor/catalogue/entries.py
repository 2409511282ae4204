"""The catalogue: what is known of each product that can be connected, before anybody connects it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

SUPPORTS = ("sso", "jit", "provisioning", "groups", "import", "password")


@dataclass(frozen=True)
class Entry:
    """One product. `supports` are words of SUPPORTS."""

    slug: str
    name: str
    category: str
    description: str
    supports: tuple[str, ...] = ()
    beta: bool = False

    def as_json(self) -> dict[str, Any]:
        """The entry as the API shows it."""
        return {**asdict(self), "supports": list(self.supports), "provisioning": "available"}


CUSTOM = Entry(
    slug="custom",
    name="Custom SCIM 2.0 application",
    category="custom",
    description="Any service provider that speaks SCIM 2.0: give its base URL and a bearer token.",
    supports=("provisioning",),
)
ENTRIES: dict[str, Entry] = {entry.slug: entry for entry in (CUSTOM,)}


def form_of(slug: str) -> dict[str, Any]:
    """What the connector says of the SP form; nothing for the custom one, and for one that is no longer there."""
    return {}


def find(
    *,
    search: str | None = None,
    category: str | None = None,
    supports: str | None = None,
    beta: bool | None = None,
) -> list[Entry]:
    """The entries that fit every filter given, by slug. `search` looks into slug and name, whatever the case."""
    wanted = (search or "").casefold()
    return [
        entry
        for _slug, entry in sorted(ENTRIES.items())
        if wanted in entry.slug or wanted in entry.name.casefold()
        if category in (None, entry.category)
        if supports is None or supports in entry.supports
        if beta in (None, entry.beta)
    ]
