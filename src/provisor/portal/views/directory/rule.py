"""The rule of a group: writing one and seeing what it does, deciding about what it proposes, taking it away."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provisor.directory import queries
from provisor.directory.commands import rules
from provisor.directory.models import Group
from provisor.directory.rules import queries as rule_queries
from provisor.directory.rules.queries import RulePreview
from provisor.errors import Conflict, Invalid
from provisor.portal import pages, typed
from provisor.portal.forms.problems import show as show_problem
from provisor.portal.forms.rule import RuleForm
from provisor.portal.listing import listed
from provisor.portal.views.directory import words
from provisor.portal.views.directory.group import head
from provisor.portal.views.directory.ids import posted_ids
from provisor.portal.views.directory.listing import name_of
from provisor.portal.words import grouped

PROBLEMS = 10
DONE = {"approve": rules.approve, "reject": rules.reject}


@pages.page("directory.read", post="groups.write")
def show(request: pages.Visit, group_id: uuid.UUID) -> HttpResponse:
    """`act`: save does what was shown (`seen` says what that was); anything else shows what the rule would do."""
    group = queries.get_group(group_id)
    rule = rule_queries.rule_of(group.id)
    initial = {"expression": rule.expression, "review": rule.review} if rule else {}
    form = RuleForm(typed.given(request), initial=initial)
    preview = _preview(group, form) if form.is_bound else None
    act = request.POST.get("act")
    seen = preview is not None and act == "save" and request.POST.get("seen") == _seen(preview)
    if seen and preview and (answer := _saved(request, group, form, preview)):
        return answer
    context = head(group, "rule") | {"form": form, "rule": rule, "asked": act == "save" and preview is not None}
    context |= _of_preview(preview) | (_of_rule(request, group, rule) if rule else {})
    status = 422 if form.errors and not request.htmx else 200
    return render(request, "portal/groups/rule.html", context, status=status)


@pages.action("groups.write")
def decide(request: pages.Visit, group_id: uuid.UUID) -> HttpResponse:
    """`act`: approve or reject; of the ticked, or with `all` of everybody who waits."""
    everybody, chosen = request.POST.get("all") == "1", posted_ids(request, "user")
    act = request.POST.get("act", "")
    if act in DONE and (everybody or chosen):
        try:
            count = DONE[act](request.actor, group_id, None if everybody else chosen)
            messages.success(request, _told(act, count))
        except Conflict as problem:  # somebody else decided meanwhile
            messages.error(request, problem.message)
    else:
        messages.success(request, _("Nobody was ticked, so nothing was decided."))
    return redirect("group_rule", group_id=group_id)


@pages.page("groups.write", post="groups.write")
def take_away(request: pages.Visit, group_id: uuid.UUID) -> HttpResponse:
    """Asks, then takes the rule away; the members stay."""
    group, rule = queries.get_group(group_id), rules.get_rule(group_id)
    if request.method == "POST":
        rules.delete_rule(request.actor, group.id)
        messages.success(request, _("The rule is taken away. The members of %(name)s stay.") % {"name": group.name})
        return redirect("group", group_id=group.id)
    context = head(group, "rule") | {"rule": rule}
    return render(request, "portal/groups/rule_away.html", context)


def _preview(group: Group, form: RuleForm) -> RulePreview | None:
    if not form.is_valid():
        return None
    try:
        return rule_queries.preview_rule(group.id, form.cleaned_data["expression"])
    except Invalid as problem:
        show_problem(form, problem)
        return None


def _seen(preview: RulePreview) -> str:
    return f"{preview.joins}-{preview.leaves}-{preview.failed}"


def _saved(request: pages.Visit, group: Group, form: RuleForm, preview: RulePreview) -> HttpResponse | None:
    given = form.cleaned_data
    try:
        rules.set_rule(request.actor, group.id, given["expression"], review=given["review"], confirm=preview.leaves)
    except (Invalid, Conflict) as problem:
        show_problem(form, problem)
        return None
    messages.success(request, _("The rule of %(name)s is saved.") % {"name": group.name})
    return redirect("group_rule", group_id=group.id)


def _of_preview(preview: RulePreview | None) -> dict[str, Any]:
    if preview is None:
        return {}
    return {
        "preview": preview, "seen": _seen(preview), "happens": words.sentence(preview.accounts),
        "act": words.act(_("Save"), preview.accounts),
        "joining": [(user, name_of(user)) for user in preview.joining],
        "leaving": [(user, name_of(user)) for user in preview.leaving],
        "failing": [(one, name_of(one.user)) for one in preview.failing],
    }  # fmt: skip


def _of_rule(request: pages.Visit, group: Group, rule: Any) -> dict[str, Any]:
    found = rule_queries.proposals(group.id)
    page = listed(found, request, scope=f"proposals {group.id}", order=("user__username_key",))
    problems = rule_queries.problems(group.id).order_by("user__username_key")[:PROBLEMS]
    return {
        "stands": rule_queries.rule_stands(rule),
        "listed": page,
        "proposals": [(row, name_of(row.user)) for row in page.rows],
        "problems": [(row, name_of(row.user)) for row in problems],
    }


def _told(act: str, count: int) -> str:
    if act == "approve":
        text = ngettext("%(count)s change of members approved.", "%(count)s changes of members approved.", count)
    else:
        text = ngettext("%(count)s change of members rejected.", "%(count)s changes of members rejected.", count)
    return text % {"count": grouped(count)}
