"""One's applications, as tiles."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from provisor.applications.queries import own
from provisor.directory import organisation_settings
from provisor.portal.own import pages
from provisor.text import unique_key

SEARCH_FROM = 9  # fewer one sees at a glance
NEW_FOR = timedelta(days=7)


@pages.personal("GET")
def applications(request: pages.Visit) -> HttpResponse:
    """All of them, by name; `search` is a part of the label or name."""
    every = own.tiles(request.person.id, new_since=timezone.now() - NEW_FOR)
    search = request.GET.get("search", "").strip()
    shown = [tile for tile in every if unique_key(search) in unique_key(f"{tile.title}\n{tile.name}")]
    context = {
        "tiles": shown,
        "any": bool(every),
        "search": search,
        "searchable": len(every) >= SEARCH_FROM,
        "contact": organisation_settings.from_stored(request.organisation.settings).self_service.contact,
    }
    piece = request.htmx and not request.htmx.boosted
    return render(request, f"portal/own/{'tiles' if piece else 'home'}.html", context)


@pages.personal("GET")
def slashed(request: pages.Visit) -> HttpResponse:
    """/my/ is /my."""
    return redirect("own_home")
