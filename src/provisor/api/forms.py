"""The SP form of an application: how its service provider wants things said, where that is known from, and probing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from django.http import HttpRequest
from pydantic import BaseModel

from provisor.api.base import Body, Id, Routes, actor_of, reaches_out
from provisor.applications import commands, queries

routes = Routes("applications")


class EvidenceOut(BaseModel):
    """`by`: "use" (Provisor's own work) or "probe"."""

    evidence: str
    at: str
    by: str


class WordOut(BaseModel):
    word: str
    value: Any
    source: Literal["default", "connector", "learned", "override"]
    says: str
    kind: Literal["boolean", "integer", "text", "list", "map"]
    choices: list[str]
    default: Any
    learned: Any
    evidence: EvidenceOut | None


class FormOut(BaseModel):
    words: list[WordOut]


class ProbeBody(Body):
    groups: bool | None = None


class FactOut(BaseModel):
    word: str
    value: Any
    evidence: str


class ProbeOut(BaseModel):
    facts: list[FactOut]
    hints: list[str]


@routes.get("/applications/{application_id}/form", permission="applications.read", answers={200: FormOut})
def get_form(request: HttpRequest, application_id: Id) -> Any:
    """Every word of the SP form: the value in force, where it comes from, what it means, and what showed it."""
    return {"words": queries.words(queries.get_application(application_id))}


@routes.post("/applications/{application_id}/probe", permission="runs.start", answers={200: ProbeOut})
@reaches_out
def probe_application(request: HttpRequest, application_id: Id, body: ProbeBody = ProbeBody()) -> Any:  # noqa: B008
    """Learns by reading what the provider really does, and keeps it with its evidence. `groups`: look at groups too."""
    found = commands.probe_application(actor_of(request), application_id, groups=body.groups)
    return {"facts": [asdict(fact) for fact in found.facts], "hints": found.hints}
