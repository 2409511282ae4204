"""The attribute table as a form: a line for each SCIM attribute, with what it is made from and what that gives for one
real user. What may stand in a line is decided by core.mapping; nothing is decided here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from provisor.applications import attribute_types
from provisor.applications.models import Application
from provisor.applications.queries.mapping_example import examples
from provisor.core import mapping
from provisor.directory import custom_attributes
from provisor.directory.models import User

CONSTANT, EXPRESSION = "constant", "expression"
CUSTOM = "attributes."
MOST = 200
LABELS = {
    "id": lazy("User id"),
    "username": lazy("User name"),
    "email": lazy("E-mail"),
    "firstname": lazy("First name"),
    "middlename": lazy("Middle name"),
    "lastname": lazy("Last name"),
    "displayname": lazy("Display name"),
    "company": lazy("Company"),
    "department": lazy("Department"),
    "jobTitle": lazy("Job title"),
    "employeeIdentifier": lazy("Employee number"),
    "employeeType": lazy("Employee type"),
    "costCenter": lazy("Cost centre"),
    "location": lazy("Location"),
    "manager": lazy("Manager"),
    "locale": lazy("Locale"),
    "addresses": lazy("Addresses"),
    "phoneNumbers": lazy("Phone numbers"),
    "active": lazy("Not suspended, password not expired"),
}
# What only fits one SCIM attribute, and is all that fits it.
ONLY = {
    "active": "active",
    "addresses": "addresses",
    "phoneNumbers": "phoneNumbers",
    f"{mapping.ENTERPRISE}:manager": "manager",
}
FIXED = frozenset({"externalId", "active"})


@dataclass(frozen=True)
class Line:
    """One row of the table as it stands in the form. `error`: why it can't be taken; `example`: what it gives for one user,
    `trouble`: why it gives nothing for them; `customs`: the custom attributes that it may be made from."""

    scim: str
    source: str
    constant: str = ""
    expression: str = ""
    included: bool = True
    when: str = "always"
    error: str = ""
    example: str = ""
    trouble: str = ""
    customs: tuple[tuple[str, str], ...] = ()

    @property
    def locked(self) -> bool:
        return self.scim in mapping.REQUIRED

    @property
    def fixed(self) -> bool:
        """Whether nothing else can be its source."""
        return self.scim in FIXED or self.scim in ONLY

    @property
    def short(self) -> str:
        """The attribute without its schema's long name."""
        return self.scim.removeprefix(f"{mapping.ENTERPRISE}:")

    @property
    def source_label(self) -> str:
        return str(LABELS.get(self.source, self.source.removeprefix(CUSTOM)))

    @property
    def options(self) -> list[tuple[str, str]]:
        """What it can be made from: (value, label)."""
        if self.fixed:
            return [(self.source, self.source_label)]
        names = [(name, str(label)) for name, label in LABELS.items() if name not in ONLY.values()]
        customs = dict(self.customs)
        if self.source.startswith(CUSTOM):
            customs.setdefault(self.source, self.source_label)
        names += [*customs.items(), (EXPRESSION, _("An expression"))]
        return names if self.locked else [*names, (CONSTANT, _("A fixed text"))]

    def as_json(self) -> dict[str, Any]:
        """The row as the command takes it."""
        return {"scim": self.scim, "source": self._source(), "included": self.included, "when": self.when}

    def _source(self) -> dict[str, Any]:
        if self.source == EXPRESSION:
            return {"expression": self.expression}
        return {"constant": _text_or_truth(self.constant)} if self.source == CONSTANT else {"attribute": self.source}


def of(rows: Sequence[Mapping[str, Any]]) -> list[Line]:
    """The lines of a stored mapping."""
    return [_line(row) for row in rows]


def read(given: QueryDict) -> list[Line]:
    """The lines as they were typed; locked ones can't be switched off by a form that was tampered with."""
    counted = given.get("lines", "")
    count = min(int(counted), MOST) if counted.isdecimal() and len(counted) < 5 else 0
    lines = [_typed(given, at) for at in range(count)]
    return [line for line in lines if line.scim]


def rows_of(lines: Sequence[Line]) -> list[dict[str, Any]]:
    return [line.as_json() for line in lines]


def with_errors(lines: Sequence[Line], fields: Mapping[str, str]) -> list[Line]:
    """The lines with what the command said about each (`rows.3`, `rows.3.scim` or `rows.userName`)."""
    told: dict[str, str] = {}
    for path, text in fields.items():
        told[path.removeprefix("rows.").removesuffix(".scim")] = text
    return [
        replace(line, error=told.get(str(at)) or told.get(line.scim) or line.error) for at, line in enumerate(lines)
    ]


def with_examples(application: Application, lines: Sequence[Line], user: User | None) -> list[Line]:
    """The lines with what each gives for this user, or why it doesn't; and with the custom attributes to choose from."""
    customs = tuple((f"{CUSTOM}{one.name}", one.title) for one in custom_attributes.known().values())
    lines = [replace(line, customs=customs) for line in lines]
    if user is None:
        return lines
    found = examples(application.id, rows_of(lines), user.id)
    return [
        replace(line, example=_shown(one.value), trouble=(one.error or "").removeprefix("source: "))
        for line, one in zip(lines, found, strict=True)
    ]


def addable(lines: Sequence[Line]) -> list[str]:
    """The SCIM attributes that no line has yet."""
    return sorted((mapping.TARGETS | mapping.ENTERPRISE_TARGETS) - {line.scim for line in lines})


def differs(application: Application, lines: Sequence[Line]) -> bool:
    """Whether the lines aren't what is stored; wrong ones always differ."""
    try:
        wanted = mapping.rows_as_json(mapping.parse_rows(rows_of(lines), attribute_types.known()))
    except mapping.InvalidMapping:
        return True
    stored: list[dict[str, Any]] = application.mapping
    return wanted != stored


def _line(row: Mapping[str, Any]) -> Line:
    source = row["source"]
    constant = source.get("constant")
    text = str(constant).lower() if isinstance(constant, bool) else str(constant or "")
    name = source.get("attribute", EXPRESSION if EXPRESSION in source else CONSTANT)
    expression = source.get(EXPRESSION, "")
    return Line(row["scim"], name, text, expression, included=row.get("included", True), when=row.get("when", "always"))


def _typed(given: QueryDict, at: int) -> Line:
    scim = given.get(f"scim-{at}", "")[:256]
    locked = scim in mapping.REQUIRED
    return Line(
        scim,
        given.get(f"source-{at}", "")[:256],
        given.get(f"constant-{at}", ""),
        given.get(f"expression-{at}", "").replace("\r\n", "\n").strip(),
        included=locked or f"included-{at}" in given,
        when="always" if locked else given.get(f"when-{at}", "always"),
    )


def _text_or_truth(text: str) -> str | bool:
    """ "true" and "false" are what switches take."""
    return {"true": True, "false": False}.get(text, text)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(_shown(one) for one in value)
    if isinstance(value, dict):
        return str(value.get("value") or " ".join(str(part) for name, part in value.items() if name != "type"))
    return "" if value is None else str(value)
