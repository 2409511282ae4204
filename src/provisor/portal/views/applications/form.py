"""How this application speaks: every word of its SP form with where it comes from; overriding one, and probing."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from provisor.applications import commands, queries
from provisor.core.form import Form
from provisor.errors import Conflict, Invalid, NotFound
from provisor.portal import pages
from provisor.portal.forms import words
from provisor.portal.parts import Tab
from provisor.portal.views.applications.one import Opened, opened
from provisor.scim.check import passes

# Headings, each before the word that begins its part of the vocabulary.
SECTIONS = {
    "update": lazy("How a change of a user is said"),
    "attributes": lazy("What an account may hold"),
    "match": lazy("Whose account it is"),
    "deactivation": lazy("How an account ends"),
    "groups": lazy("Groups"),
    "paging": lazy("Reading"),
    "scim": lazy("The conversation"),
}
SOURCES = {
    "default": (lazy("Default"), "line"),
    "connector": (lazy("Connector"), "grey"),
    "learned": (lazy("Learned"), "machine"),
    "override": (lazy("Set by a person"), "person"),
}
VIEWS = ("all", "differs")
_RULES = re.compile(r" \([A-Z]\d(?:, [A-Z]\d)*\)")  # numbers of rules of the protocol, for who writes code


@pages.page("applications.read", post="applications.write")
def form(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """The words. POST: `word` gets `value` (act=set), or loses what a person set (act=back)."""
    page = opened(application_id, "application_form")
    if request.method != "POST":
        return shown(request, page)
    name = request.POST.get("word", "")
    word = next((each for each in queries.words(page.application) if each["word"] == name), None)
    if word is None:
        raise NotFound(_("The SP form has no such word."))
    try:
        back = request.POST.get("act") == "back"
        value = None if back else words.as_value(request.POST.get("value", ""), word)
        commands.update_application(request.actor, application_id, {"settings": {"form": {name: value}}})
    except Invalid as problem:
        wrong = {"word": name, "typed": request.POST.get("value", ""), "why": " ".join(problem.fields.values())}
        return shown(request, page, wrong=wrong, status=422)
    told = _("%(word)s is no longer set by hand.") if back else _("%(word)s is set.")
    messages.success(request, told % {"word": _title(name)})
    return redirect("application_form", application_id=application_id)


@pages.action("runs.start")
def probe(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """Asks the application what it does, reading only, and shows what that showed."""
    page = opened(application_id, "application_form")
    try:
        found = commands.probe_application(request.actor, application_id)
    except Conflict as problem:
        return shown(request, page, refused=problem.message, status=409)
    facts = [{"title": _title(fact.word), "value": _said(fact.word, fact.value), "fact": fact} for fact in found.facts]
    return shown(request, opened(application_id, "application_form"), facts=facts, hints=found.hints, probed=True)


@pages.page("applications.read", post="applications.write")
def deep_test(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """The test that writes: asks for an address and says what it does; then shows its steps."""
    page = opened(application_id, "application_form")
    context: dict[str, Any] = {"email": request.POST.get("email", "").strip(), "status": 200}
    if request.method == "POST":
        context |= _tested(request, application_id, context["email"])
    status = context.pop("status")
    return render(request, "portal/applications/deep_test.html", page.context(**context), status=status)


def _tested(request: pages.Visit, application_id: uuid.UUID, email: str) -> dict[str, Any]:
    began = time.monotonic()
    try:
        steps = commands.try_writing(request.actor, application_id, email)
    except Invalid as problem:
        return {"wrong": " ".join(problem.fields.values()), "status": 422}
    except Conflict as problem:
        return {"refused": problem.message, "status": 409}
    return {
        "steps": [asdict(step) for step in steps],
        "failed": sum(1 for step in steps if not step.ok),
        "left": [step.message for step in steps if step.code in ("left", "left_inactive")],
        "passed": passes(steps),
        "took": time.monotonic() - began,
    }


def shown(request: pages.Visit, page: Opened, status: int = 200, **more: Any) -> HttpResponse:
    """The whole page. `view`: differs shows only what isn't the default."""
    view = request.GET.get("view") if request.GET.get("view") in VIEWS else "all"
    everything = queries.words(page.application)
    wrong = more.get("wrong") or {}
    differing = [each for each in everything if each["source"] != "default"]
    rows = differing if view == "differs" else everything
    context = page.context(
        sections=list(_sections(rows, wrong)),
        parts=parts(page),
        segments=[
            Tab(_("All"), "?", view == "all", len(everything)),
            Tab(_("Not the default"), "?view=differs", view == "differs", len(differing)),
        ],
        **more,
    )
    return render(request, "portal/applications/form.html", context, status=status)


def parts(page: Opened) -> list[Tab]:
    """The two views of the Provisioning tab."""
    names = {
        "application_provisioning": _("Connection and attributes"),
        "application_form": _("How this application speaks"),
    }
    return [Tab(label, page.address(name), page.current == name) for name, label in names.items()]


def _sections(rows: list[dict[str, Any]], wrong: dict[str, str]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The rows under their headings; a heading without rows is left out."""
    heads: dict[str, list[dict[str, Any]]] = {name: [] for name in SECTIONS}
    begins = _beginnings()
    for row in rows:
        heads[begins[row["word"]]].append(_row(row, wrong))
    yield from ((str(SECTIONS[name]), found) for name, found in heads.items() if found)


def _beginnings() -> dict[str, str]:
    """Each word's section, by the word that begins it."""
    found, current = {}, next(iter(SECTIONS))
    for name in (each.name for each in fields(Form)):
        current = name if name in SECTIONS else current
        found[name] = current
    return found


def _row(row: dict[str, Any], wrong: dict[str, str]) -> dict[str, Any]:
    label, kind = SOURCES[row["source"]]
    mine = wrong.get("word") == row["word"]
    lines = row["kind"] in ("list", "map")
    return row | {
        "title": _title(row["word"]),
        "says": _RULES.sub("", row["says"]),
        "shown": words.in_words(row["value"], row["kind"]),
        "default_shown": words.in_words(row["default"], row["kind"]),
        "source_label": label,
        "badge": kind,
        "typed": wrong["typed"] if mine else words.as_text(row["value"], row["kind"]),
        "wrong": wrong["why"] if mine else "",
        "lines": lines,
        "options": row["choices"] or (["true", "false"] if row["kind"] == "boolean" else []),
        "hidden_learned": row["learned"] is not None and row["source"] == "override",
        "learned_shown": words.in_words(row["learned"], row["kind"]) if row["learned"] is not None else "",
    }


def _title(word: str) -> str:
    """A word as people read it: "members_per_request" is Members per request."""
    return word.replace("_", " ").capitalize()


def _said(word: str, value: Any) -> str:
    kind = "boolean" if isinstance(value, bool) else "list" if isinstance(value, list | tuple) else "text"
    return words.in_words(value, "map" if isinstance(value, dict) else kind)
