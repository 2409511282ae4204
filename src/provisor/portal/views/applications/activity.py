"""The Activity tab: what is happening, what went wrong, what next. It stays live without a reload."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext

from provisor.applications import commands, queries
from provisor.applications.queries import Progress
from provisor.applications.queries.pace import pace_of
from provisor.portal import causes, members, pages
from provisor.portal.views.applications.one import Opened, opened
from provisor.portal.words import grouped

EARLIER = 8
FRESH = timedelta(seconds=4)
QUICK, SLOW = 1, 3  # seconds between two looks: while something runs, and else


@pages.page("applications.read")
def activity(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """The page; htmx asks for its live part again (`said`: the quarter that readers have heard of)."""
    page = opened(application_id, "application_activity")
    context = _context(page, request.GET.get("said", ""))
    template = "activity_live.html" if request.htmx else "activity.html"
    return render(request, f"portal/applications/{template}", context)


@pages.action("accounts.retry")
def retry(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """All accounts that wait for the same reason, tried again now."""
    count = commands.retry_accounts(request.actor, application_id, request.POST.get("code", ""))
    told = ngettext("%(count)s account is tried again.", "%(count)s accounts are tried again.", count)
    messages.success(request, told % {"count": grouped(count)})
    return redirect("application_activity", application_id=application_id)


def _context(page: Opened, said: str) -> dict[str, Any]:
    run = queries.current_run(page.id)
    progress = queries.progress_of(run) if run else None
    ready = page.accounts.get("due", 0)
    saying, now = _quarter(progress), timezone.now()
    runs = queries.runs(application_id=page.id)
    earlier = runs.exclude(pk=run.pk) if run else runs
    return page.context(
        progress=progress,
        pace=pace_of(page.application) if page.application.provisioning in ("active", "failing") else None,
        changes=members.told(queries.latest_changes(run)) if run else [],
        fresh=now - FRESH,
        causes=queries.causes(page.id),
        asked=causes.ASKED,
        runs=list(earlier.order_by("-created", "-id")[:EARLIER]),
        said=saying,
        announce=saying != said,
        every=QUICK if ready or (progress and progress.under_way) else SLOW,
        ready=ready,
        due=ready + page.accounts.get("retrying", 0),
    )


def _quarter(progress: Progress | None) -> str:
    """How far the run is, coarsely: what is worth telling a reader."""
    if progress is None:
        return ""
    if not progress.under_way:
        return f"{progress.run.pk}-end"
    part = 4 * progress.settled // progress.total if progress.total else 0
    return f"{progress.run.pk}-{part}"
