"""Where a custom attribute is used: in the attributes and filters of applications, and in the rules of groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from provisor.applications.models import Application
from provisor.core.expression import InvalidExpression, parse
from provisor.directory.models import GroupRule


@dataclass(frozen=True)
class Use:
    """One place. `kind`: attributes (an application's), filter (an application's) or rule (a group's); `computed`: an
    expression reads it, so that what an absent value means matters."""

    kind: str
    id: str
    name: str
    computed: bool = True

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "id": self.id, "name": self.name}


def uses_of(name: str) -> list[Use]:
    """Every place that reads this attribute, by the name of the application or group."""
    return sorted({*_applications(name), *_rules(name)}, key=lambda use: (use.kind, use.name, not use.computed))


def places_of(name: str) -> list[Use]:
    """The same, each place once."""
    return list({(use.kind, use.id): use for use in uses_of(name)}.values())


def _applications(name: str) -> Iterator[Use]:
    path = f"attributes.{name}"
    for row in Application.objects.values("id", "name", "mapping", "trip", "scope").iterator():
        for source in _sources([*row["mapping"], *((row["trip"] or {}).get("rows") or ())]):
            if source.get("attribute") == path:
                yield Use("attributes", str(row["id"]), row["name"], computed=False)
            if path in _read_by(source.get("expression")):
                yield Use("attributes", str(row["id"]), row["name"])
        if path in ((row["scope"] or {}).get("references") or ()):
            yield Use("filter", str(row["id"]), row["name"])


def _sources(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (row["source"] for row in rows)


def _read_by(source: str | None) -> frozenset[str]:
    try:
        return parse(source).references if source else frozenset()
    except InvalidExpression:
        return frozenset()  # from a version that knew more


def _rules(name: str) -> Iterator[Use]:
    for rule in GroupRule.objects.select_related("group").iterator():
        if f"attributes.{name}" in rule.references:
            yield Use("rule", str(rule.group_id), rule.group.name)
