"""Tags of the pages about applications and accounts: why one waits, and values before and after."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from provisor.applications.models import Application
from provisor.portal import causes, plan_words, states, words
from provisor.portal.reached import Ending, redirect_uri

register = template.Library()
KINDS = {
    "create": gettext_lazy("Create"),
    "adopt": gettext_lazy("Adopt"),
    "update": gettext_lazy("Update"),
    "deactivate": gettext_lazy("Deactivate"),
    "reactivate": gettext_lazy("Reactivate"),
    "delete": gettext_lazy("Delete"),
    "add_members": gettext_lazy("Add members"),
    "remove_members": gettext_lazy("Remove members"),
    "hold": gettext_lazy("Hold"),
}
RUNS = {
    "event": gettext_lazy("Changes"),
    "plan": gettext_lazy("Plan"),
    "sync": gettext_lazy("Sync"),
    "reconcile": gettext_lazy("Reconcile"),
    "guard": gettext_lazy("Guarded plan"),
    "undo": gettext_lazy("Undo"),
}
DONE = {
    "create": gettext_lazy("created"),
    "adopt": gettext_lazy("adopted"),
    "update": gettext_lazy("updated"),
    "deactivate": gettext_lazy("deactivated"),
    "reactivate": gettext_lazy("reactivated"),
    "delete": gettext_lazy("deleted"),
    "add_members": gettext_lazy("members added"),
    "remove_members": gettext_lazy("members removed"),
    "hold": gettext_lazy("held"),
}
OUTCOMES = {name: name for name in ("retrying", "held", "skipped", "left", "failed")} | {"success": "synced"}
LONGEST = 200


@register.inclusion_tag("portal/applications/why.html")
def why(who: str, error: dict[str, Any] | None, kind: str = "neutral") -> dict[str, Any]:
    """Why an account waits: the service provider's words quoted, ours not, and what to do next."""
    message, hint = (error or {}).get("message"), (error or {}).get("hint")
    return {"who": who, "quote": causes.quoted(message), "ours": causes.ours(message), "hint": hint, "kind": kind}


@register.inclusion_tag("portal/pieces/state.html")
def standing(application: Application) -> dict[str, Any]:
    """The state of an application; one that a person made wait says until when."""
    look, until = states.of(application.provisioning), (application.paused or {}).get("until")
    word = look.word
    if application.provisioning == "paused" and until:
        at = timezone.localtime(datetime.fromisoformat(until))
        word = _("Paused until %(time)s") % {"time": words.moment(at, timezone.localtime())}
    return {"glyph": look.glyph, "turn": look.turn, "word": word}


@register.inclusion_tag("portal/applications/redirect_address.html", takes_context=True)
def redirect_address(context: template.Context) -> dict[str, Any]:
    """What is to be registered with the OAuth client, to be copied."""
    return {"redirect_uri": redirect_uri(context["request"])}


@register.inclusion_tag("portal/pieces/state.html")
def ending(of: Ending) -> dict[str, Any]:
    """That a credential ends soon, or has ended."""
    return {
        "glyph": "failing" if of.pressing else "expires",
        "turn": "broken" if of.pressing else "person",
        "word": of.word,
    }


@register.filter
def cause_title(code: str | None, kind: str = "user") -> str:
    return causes.title(code, kind)


@register.filter
def kind_word(kind: str) -> str:
    return str(KINDS.get(kind, kind))


@register.filter
def run_word(kind: str) -> str:
    return str(RUNS.get(kind, kind))


@register.filter
def outcome_state(outcome: dict[str, Any] | None) -> str:
    """The status that a change's outcome looks like; "due" while it is only planned."""
    return OUTCOMES.get((outcome or {}).get("result", ""), "due")


@register.filter
def counts_in_words(counts: dict[str, int]) -> str:
    """ "12 created, 3 deactivated"; what is zero is left out."""
    told = [f"{counts[kind]:,} {word}" for kind, word in DONE.items() if counts.get(kind)]
    return ", ".join(told) or _("nothing changed")


@register.filter
def planned_in_words(counts: dict[str, int]) -> str:
    """ "12 creations and 3 deactivations": of a plan, that may never be sent."""
    return plan_words.in_words(counts) or _("nothing to change")


@register.filter
def short_path(path: str) -> str:
    """An attribute without its schema's long name."""
    return path.rpartition("User:")[2] if path.startswith("urn:") else path


@register.filter
def value_in_words(value: Any) -> str:
    """A value of an attribute as people read it; never longer than fits."""
    if value in (None, "", []):
        return _("Empty")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(one, dict) and "value" in one for one in value):
        return ", ".join(str(one["value"]) for one in value)[:LONGEST]
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)[:LONGEST]
    return str(value)[:LONGEST]
