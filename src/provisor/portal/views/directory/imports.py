"""Users from a CSV file: choose it, say what its columns mean, read what it would do, then do it."""

from __future__ import annotations

import uuid
from itertools import islice
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from provisor.directory.commands.csv_import import BadRows
from provisor.directory.csv.columns import COMMON, suggested
from provisor.directory.csv.reading import LEFT_OUT
from provisor.directory.csv.writing import bad_rows
from provisor.errors import Invalid
from provisor.portal import pages, uploads
from provisor.portal.forms.user import label_of
from provisor.portal.models import CsvUpload, UploadStatus
from provisor.portal.views.directory.downloads import csv_download

SAMPLES = 3  # values of a column that are shown
BAD_SHOWN = 100
CHANGES_SHOWN = 50


@pages.page("users.write", post="users.write")
def choose(request: pages.Visit) -> HttpResponse:
    """The file."""
    wrong = ""
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None:
            wrong = _("Choose a file.")
        else:
            try:
                return redirect("users_import", upload_id=uploads.keep(request.user.pk, file).pk)
            except Invalid as problem:
                wrong = problem.fields.get("file", problem.message)
    return render(request, "portal/imports/choose.html", {"wrong": wrong}, status=422 if wrong else 200)


@pages.page("users.write", post="users.write")
def show(request: pages.Visit, upload_id: uuid.UUID) -> HttpResponse:
    """Where the file is on its way. POST says what its columns mean, and looks at the rows."""
    upload = uploads.get(request.user.pk, upload_id)
    if request.method == "POST":
        return _look(request, upload)
    if upload.status in uploads.WORKING:
        template = "portal/imports/progress_card.html" if request.htmx else "portal/imports/progress.html"
        return render(request, template, {"upload": upload})
    if request.htmx:  # it has ended: the whole page is another one
        return HttpResponse(headers={"HX-Refresh": "true"})
    if upload.status in (UploadStatus.LOOKED, UploadStatus.DONE) and "columns" not in request.GET:
        return render(request, "portal/imports/review.html", {"upload": upload, **_told(upload)})
    return render(request, "portal/imports/columns.html", _columns(upload, {}))


@pages.action("users.write")
def apply(request: pages.Visit, upload_id: uuid.UUID) -> HttpResponse:
    """Imports what was looked at; `skip_bad` leaves bad rows out."""
    upload = uploads.get(request.user.pk, upload_id)
    bad = BadRows.LEAVE_OUT if request.POST.get("skip_bad") == "1" else BadRows.REFUSE
    uploads.apply(request.actor, upload, bad, mail=request.POST.get("activation_mail") == "1")
    return redirect("users_import", upload_id=upload.pk)


@pages.action("users.write")
def drop(request: pages.Visit, upload_id: uuid.UUID) -> HttpResponse:
    """Forgets the file."""
    upload = uploads.get(request.user.pk, upload_id)
    CsvUpload.objects.filter(pk=upload.pk).exclude(status__in=uploads.WORKING).delete()
    messages.success(request, _("The file is forgotten. Nothing was imported from it."))
    return redirect("users")


@pages.page("users.write")
def report(request: pages.Visit, upload_id: uuid.UUID) -> HttpResponse:
    """The bad rows as CSV, each with what to mend."""
    upload = uploads.get(request.user.pk, upload_id)
    bad = {one["row"]: one["fields"] for one in (upload.review or {}).get("bad", [])}
    return csv_download(bad_rows(uploads.table_of(upload), bad), "bad-rows.csv")


def _look(request: pages.Visit, upload: CsvUpload) -> HttpResponse:
    headers = uploads.table_of(upload).headers
    chosen = {header: request.POST.get(f"column-{at}", "") for at, header in enumerate(headers)}
    try:
        uploads.look(request.actor, upload, {header: name for header, name in chosen.items() if name})
    except Invalid as problem:
        wrong = {name.removeprefix("columns."): text for name, text in problem.fields.items()}
        return render(request, "portal/imports/columns.html", _columns(upload, wrong, chosen), status=422)
    return redirect("users_import", upload_id=upload.pk)


def _columns(upload: CsvUpload, wrong: dict[str, str], chosen: dict[str, str] | None = None) -> dict[str, Any]:
    table = uploads.table_of(upload)
    first = list(islice(table.rows(), SAMPLES))
    chosen = chosen or {header: upload.columns.get(header) or suggested(header) for header in table.headers}
    rows = [
        {
            "at": at, "header": header, "chosen": chosen[header], "wrong": wrong.get(header, ""),
            "samples": [row.cells[header] for row in first if row.cells.get(header)],
            "choices": _choices(header, chosen[header]),
        }
        for at, header in enumerate(table.headers)
    ]  # fmt: skip
    return {"upload": upload, "rows": rows, "wrong": wrong.get("columns", "") or bool(wrong), "left_out": LEFT_OUT}


def _choices(header: str, chosen: str) -> list[tuple[str, str]]:
    """The columns that a header may mean, with the custom attribute of its own name."""
    own = "".join(letter for letter in header if letter.isalnum() or letter in "_-")[:64]
    names = [*COMMON, *([f"attribute.{own}"] if own else [])]
    if chosen and chosen != LEFT_OUT and chosen not in names:
        names.append(chosen)
    return [(name, _label(name)) for name in names]


def _label(name: str) -> str:
    if name == "state":
        return _("State")
    return (
        _("Custom attribute “%(name)s”") % {"name": label_of(name)} if name.startswith("attribute.") else label_of(name)
    )


def _told(upload: CsvUpload) -> dict[str, Any]:
    review = upload.review or {}
    counts = review.get("counts", {})
    bad = review.get("bad", [])
    return {
        "counts": counts, "cleared": review.get("cleared", 0), "bad": bad[:BAD_SHOWN], "more_bad": len(bad[BAD_SHOWN:]),
        "updates": review.get("examples", {}).get("update", [])[:CHANGES_SHOWN],
        "creates": review.get("examples", {}).get("create", [])[:CHANGES_SHOWN],
        "effective": counts.get("create", 0) + counts.get("update", 0),
    }  # fmt: skip
