"""The Provisioning tab: from nothing to active without leaving the page.

One form: connection and attributes, saved together. What saving would do to accounts or to the token is said at its foot
before it happens; `seen` carries back what was said, so that nothing happens that wasn't.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from provisor.applications import commands, fields, queries
from provisor.applications.models import Application, Provisioning
from provisor.applications.queries.credentials import next_of, token_of
from provisor.applications.queries.form import form_of
from provisor.core.mapping import VALUE_LISTS, InvalidMapping
from provisor.directory import queries as directory
from provisor.directory.models import User
from provisor.errors import Conflict, Invalid
from provisor.portal import pages, typed
from provisor.portal.forms import problems
from provisor.portal.forms.application import Connecting, Place
from provisor.portal.reached import endings, stored_of
from provisor.portal.views.applications import attributes
from provisor.portal.views.applications.attributes import Line
from provisor.portal.views.applications.form import parts
from provisor.portal.views.applications.lifecycle import is_asked_first
from provisor.portal.views.applications.one import Opened, connector_of, opened
from provisor.text import unique_key

ACTIVE = (Provisioning.ACTIVE, Provisioning.FAILING)


@dataclass(frozen=True)
class Consequence:
    """What saving would do. `moves`: the token goes, because the address is another one (or, with `by_road`, the
    authority that is trusted, or the proxy); `drops_next`, `drops_grant`: so does the next credential, what an
    administrator agreed to; `touched`: accounts that the changed attributes write to."""

    moves: bool = False
    elsewhere: bool = False
    by_road: bool = False
    drops_next: bool = False
    drops_grant: bool = False
    touched: int = 0
    exact: bool = True

    @property
    def goes(self) -> bool:
        """Whether something that is stored doesn't stay."""
        return self.moves or self.drops_next or self.drops_grant

    @property
    def signature(self) -> str:
        return f"{self.moves + 2 * self.drops_next + 4 * self.drops_grant}/{self.touched}"

    def was_said(self, seen: str) -> bool:
        """Whether the page has said this already. What harms nobody needs no saying."""
        return seen == self.signature or not (self.goes or self.touched)


@pages.page("applications.read", post="applications.write")
def provisioning(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    """The form, and saving it. `act`: save, activate (save, then activate), add (one more line), count (htmx: the foot)."""
    page = opened(application_id, "application_provisioning")
    given = typed.given(request)
    form, lines = read_form(page, given, request.FILES or None)
    if request.method != "POST" or given is None:
        return shown(request, page, form, lines)
    if given.get("act") == "count":
        consequence = _consequence(page.application, form, lines)
        example = _example(request, page.id)
        lines = attributes.with_examples(page.application, lines, example)
        context = page.context(consequence=consequence, lines=lines, example=example, swap=True)
        return render(request, "portal/applications/provisioning_counted.html", context)
    if given.get("act") == "way":
        form.forget_errors()
        return shown(request, page, form, lines)
    if given.get("act") == "add":
        return shown(request, page, form, _with_one_more(lines, given.get("more", "")))
    return _taken(request, page, form, lines, given)


def read_form(page: Opened, given: QueryDict | None, files: Any = None) -> tuple[Connecting, list[Line]]:
    """The form and the lines, as typed or as stored."""
    application = page.application
    form = Connecting(
        given,
        files,
        place=place_of(application),
        connector=connector_of(application),
        stored=stored_of(application),
    )
    has_lines = given is not None and "lines" in given
    return form, attributes.read(given) if given is not None and has_lines else attributes.of(application.mapping)


def place_of(application: Application) -> Place:
    """Where it is, as it is stored."""
    scim = (application.settings.get("form") or {}).get("scim", "")
    return Place(application.base_url, application.parameters, scim, form_of(application).scim)


def shown(
    request: pages.Visit, page: Opened, form: Connecting, lines: Sequence[Line], status: int = 200, **more: Any
) -> HttpResponse:
    """The whole tab."""
    example = _example(request, page.id)
    consequence = more.pop("consequence", None) or Consequence()
    steps_done = _steps_done(page, passed=bool(more.get("passed")))
    context = page.context(
        form=form,
        lines=attributes.with_examples(page.application, lines, example),
        addable=attributes.addable(lines),
        example=example,
        consequence=consequence,
        steps_done=steps_done,
        guide=not all(steps_done),
        active=page.application.provisioning in ACTIVE,
        parts=parts(page),
        connector=connector_of(page.application),
        ends=endings(form.stored.auth),
        fields_address=page.address("application_sign_in"),
        **more,
    )
    return render(request, "portal/applications/provisioning.html", context, status=status)


def _taken(request: pages.Visit, page: Opened, form: Connecting, lines: list[Line], given: QueryDict) -> HttpResponse:
    if not form.is_valid():
        return shown(request, page, form, lines, 422)
    consequence = _consequence(page.application, form, lines)
    if not consequence.was_said(given.get("seen", "")):
        return shown(request, page, form, lines, consequence=consequence, asked=True)
    try:
        _save(request, page, form, lines, force=given.get("force") == "1")
    except (Invalid, Conflict) as problem:
        again = dict.fromkeys(problem.fields, "base_url") if problem.code == "duplicate_base_url" else {}
        problems.show(form, _in_our_words(problem), {**form.names, **again})
        lines = attributes.with_errors(lines, problem.fields)
        twin = problem.code == "duplicate_base_url"
        return shown(request, page, form, lines, 422, consequence=consequence, twin=twin)
    if given.get("act") == "activate":
        asks = page.application.provisioning == Provisioning.CONFIGURED and is_asked_first(page.application)
        return redirect("application_activate", page.id) if asks else _activated(request, page.id)
    messages.success(request, _("%(name)s saved.") % {"name": page.application.name})
    return redirect("application_provisioning", application_id=page.id)


def _save(request: pages.Visit, page: Opened, form: Connecting, lines: Sequence[Line], *, force: bool) -> None:
    """Both or nothing."""
    wanted = form.wanted()
    with transaction.atomic():
        if wanted:
            saved = commands.update_application(request.actor, page.id, wanted, force=force)
            if page.application.settings.get("push_passwords") and not saved.settings.get("push_passwords"):
                messages.success(request, _("Passwords are no longer pushed: the address is another one."))
        if attributes.differs(page.application, lines):
            commands.replace_mapping(request.actor, page.id, attributes.rows_of(lines))


def _activated(request: pages.Visit, application_id: uuid.UUID) -> HttpResponse:
    page = opened(application_id, "application_provisioning")
    try:
        done = commands.activate_application(request.actor, application_id)
    except Conflict as problem:
        context = page.context(refused=problem.message)
        return render(request, "portal/applications/activate.html", context, status=409)
    told = _("%(name)s is active. What is due is sent now.") % {"name": page.application.name}
    messages.success(request, " ".join([told, *done.warnings[:1]]))
    return redirect("application_provisioning", application_id=application_id)


def _consequence(application: Application, form: Connecting, lines: Sequence[Line]) -> Consequence:
    goes = _what_goes(application, form) if form.is_valid() else Consequence()
    if application.provisioning not in ACTIVE or not attributes.differs(application, lines):
        return goes
    try:
        touched = queries.preview_mapping(application.id, attributes.rows_of(lines))
    except InvalidMapping:
        return goes  # saving says what is wrong
    return replace(goes, touched=touched.count, exact=touched.exact)


def _what_goes(application: Application, form: Connecting) -> Consequence:
    """What was meant for the former address or credential, and can't stay."""
    moved, renews = _elsewhere(application, form.address), form.renews()
    elsewhere = moved or form.elsewhere()
    return Consequence(
        moves=elsewhere and application.secret is not None and not renews,
        elsewhere=elsewhere,
        by_road=not moved,
        drops_next=elsewhere and next_of(application) is not None,
        drops_grant=(elsewhere or renews) and token_of(application) is not None,
    )


def _elsewhere(application: Application, base_url: str) -> bool:
    try:
        return fields.base_url(base_url) != application.base_url
    except Invalid:
        return False  # saving says what is wrong


def _in_our_words(problem: Invalid | Conflict) -> Invalid | Conflict:
    """The command's text about a second application speaks to scripts."""
    if problem.code != "duplicate_base_url":
        return problem
    text = _(
        "Another application has this base URL already. Two directories of one application get in each other's way."
    )
    return Conflict(text, code=problem.code, fields={"base_url": text})


def _with_one_more(lines: list[Line], scim: str) -> list[Line]:
    if scim not in attributes.addable(lines):
        return lines
    if scim in VALUE_LISTS:
        return [*lines, Line(scim, attributes.EXPRESSION, expression=_BY_GROUPS[scim])]
    return [*lines, Line(scim, attributes.ONLY.get(scim, "displayname"))]


# What the assignments of groups say (docs/guide/movers.md).
_BY_GROUPS = {"roles": "values.role", "entitlements": "values.licence"}


def _example(request: pages.Visit, application_id: uuid.UUID) -> User | None:
    """The user whose values are shown: the one asked for, else somebody with access, else anybody."""
    if asked := (typed.given(request) or request.GET).get("example", "").strip():
        key = unique_key(asked[:256].replace("\x00", ""))
        if found := directory.users(directory.UserFilter()).filter(username_key=key).first():
            return found
    for wanted in (
        directory.UserFilter(application=application_id, state="active"),
        directory.UserFilter(state="active"),
    ):
        if found := directory.users(wanted).order_by("username_key").first():
            return found
    return None


def _agreed(application: Application) -> bool:
    """Whether nobody's agreement is missing."""
    return application.auth_type != "oauth2_authorization_code" or token_of(application) is not None


def _steps_done(page: Opened, *, passed: bool) -> list[bool]:
    """Of the guide: connected, tested, active, assigned."""
    application = page.application
    connected = bool(application.base_url) and application.secret is not None and _agreed(application)
    active = application.provisioning in ACTIVE
    return [connected, active or passed, active, bool(page.groups or page.accounts)]
