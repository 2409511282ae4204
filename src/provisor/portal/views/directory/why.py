"""Why a user's account in an application is as it is: every step from access to the last answer."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from provisor.applications import queries as applications
from provisor.applications.queries.why import why as every_step
from provisor.directory import queries
from provisor.portal import causes, pages
from provisor.portal.views.directory.listing import name_of

OFFERED = 200


@pages.page("applications.read", post="runs.start")
def why(request: pages.Visit, user_id: uuid.UUID) -> HttpResponse:
    """`application` in the address names it. POST asks the application, by reading, how the account is there now."""
    user = queries.get_user(user_id)
    application = _application(request)
    looked = request.method == "POST"
    context = {
        "user": user,
        "name": name_of(user),
        "offered": applications.applications().order_by("name_key")[:OFFERED],
        "application": application,
        "why": _dressed(every_step(user.id, application.id, look=looked)) if application else None,
        "looked": looked,
    }
    return render(request, "portal/users/why.html", context)


def _application(request: pages.Visit) -> Any:
    try:
        wanted = uuid.UUID(request.GET.get("application", ""))
    except ValueError:
        return None
    return applications.get_application(wanted)


def _dressed(steps: dict[str, Any]) -> dict[str, Any]:
    """With request bodies as text, and the service provider's own words apart from ours."""
    decision, last = steps["decision"], steps["last"]
    said = [{**one, "text": _text(one["body"])} for one in decision["requests"]]
    steps["decision"] = {**decision, "requests": said}
    steps["waits"] = [{**one, "message": one["text"]} for one in steps["waits"]]
    steps["quote"] = causes.quoted(last["message"]) if last else ""
    steps["ours"] = causes.ours(last["message"]) if last else ""
    return steps


def _text(body: Any) -> str:
    return "" if body is None else json.dumps(body, indent=2, ensure_ascii=False)
