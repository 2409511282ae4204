"""What of an application is never touched: the account that our token belongs to, and the list that people keep."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provisor.applications import commands
from provisor.errors import Invalid
from provisor.portal import pages, typed
from provisor.portal.views.applications.one import opened
from provisor.portal.views.applications.users import parts
from provisor.portal.words import grouped


@pages.page("applications.read", post="applications.write")
def protected(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """The list. POST puts `entries` (one a line) on it, or takes `remove` off."""
    page = opened(application_id, "application_protected")
    given = typed.given(request)
    entries = (given.get("entries", "") if given else "").replace("\r\n", "\n")
    wrong = ""
    if request.method == "POST":
        try:
            _save(request, application_id, [line for line in entries.split("\n") if line.strip()])
            return redirect("application_protected", application_id=application_id)
        except Invalid as problem:
            wrong = " ".join(_told(path, text) for path, text in problem.fields.items())
    shown = page.context(entries=entries, wrong=wrong, parts=parts(page, "application_protected"))
    return render(request, "portal/applications/protected.html", shown, status=422 if wrong else 200)


def _save(request: pages.Visit, application_id: uuid.UUID, lines: list[str]) -> None:
    gone = request.POST.getlist("remove")
    if not lines and not gone:
        raise Invalid({"add": _("Write at least one name or id.")})
    commands.change_protected(request.actor, application_id, add=lines, remove=gone)
    if gone:
        told = _("%(name)s isn't protected any more. Its account is looked at again.") % {"name": gone[0]}
    else:
        told = ngettext("%(count)s entry is protected from now on.", "%(count)s entries are protected from now on.",
                        len(lines)) % {"count": grouped(len(lines))}  # fmt: skip
    messages.success(request, told)


def _told(path: str, text: str) -> str:
    """ "add[2]" is the third line."""
    number = path.removeprefix("add[").removesuffix("]")
    if number.isdigit():
        return _("Line %(number)s: %(text)s") % {"number": int(number) + 1, "text": text}
    return text
