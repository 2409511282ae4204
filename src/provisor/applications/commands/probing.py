"""Learning what a service provider really does: by reading (at activation, and when asked), and by the test that writes.

What is learned becomes a layer of the SP form, below what an administrator set and above the connector, with what
showed it. The service provider is asked first; nothing is kept if the connection changed meanwhile.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import connection, due, loading
from provisor.applications.commands.runs import refuse_while_stopped
from provisor.applications.history import Entry, change, record
from provisor.applications.models import Application
from provisor.applications.queries.form import form_of, plain
from provisor.catalogue import entries
from provisor.core import form
from provisor.core.form import Form
from provisor.errors import Conflict, Invalid
from provisor.scim import probe, probe_deep
from provisor.scim.check import Step, passes
from provisor.scim.discovery import Discovery
from provisor.scim.http import HttpClient
from provisor.scim.probe_facts import Fact, Findings
from provisor.selection import rows_of
from provisor.text import unique_key

AT_ACTIVATION = 10.0  # seconds: a slow provider doesn't keep anybody from activating
# What a probe finds out for itself: it doesn't go by what was set or learned of these before.
_PROBED = frozenset(
    {
        "update", "patch", "unassigned", "op_case", "boolean_text", "value_path", "filter_external_id",
        "filter_user_name", "filter_email", "external_id", "deactivation", "reactivation", "delete", "groups",
        "group_create", "group_rename", "group_delete", "group_update", "group_external_id", "group_filter",
        "member_remove", "members_on_create", "members_shown", "member_ref", "paging", "bulk", "bulk_bytes",
    }
)  # fmt: skip
_EMAIL = re.compile(r"[^@\s\"<>()]{1,64}@[^@\s]{1,180}")


def probe_application(actor: Actor, application_id: uuid.UUID, *, groups: bool | None = None) -> Findings:
    """Asks an application's service provider what it does, by reading alone, and keeps it. `groups`: look at /Groups
    too; None: where the application manages groups.

    Raises NotFound, and Conflict `connection_failed` when its users can't be read."""
    actor.require("runs.start")
    application = loading.application(application_id)
    found = read(application, groups=groups, deadline=connection.DEADLINE)
    if found.problem:
        raise Conflict(found.problem, code="connection_failed")
    keep(actor, application, found.facts)
    return found


def try_writing(actor: Actor, application_id: uuid.UUID, email: str, *, groups: bool | None = None) -> list[Step]:
    """The test that writes: a user with this address is created there, changed, deactivated and removed; with `groups`
    (None: where the application manages them) a second one and a group too. Its steps tell what could not be removed.

    Raises NotFound, and Invalid naming `email`."""
    actor.require("applications.write")
    refuse_while_stopped()
    application = loading.application(application_id)
    _may_be_used(email)
    steps = connection.run_check(application)
    if not passes(steps):
        return steps
    with transaction.atomic():
        record(actor, application, [Entry("application_write_test", [change("test_user", None, email)])])
    found = _written(application, email, groups=_with_groups(application, groups))
    keep(actor, application, found.facts)
    return [*steps, *found.steps]


def read(application: Application, *, groups: bool | None = None, deadline: float) -> Findings:
    """What reading shows. Nothing is kept. What was found before the deadline counts; `problem` says what failed."""
    asked = _with_groups(application, groups)

    async def reading(client: HttpClient, known: Form, found: Findings) -> None:
        await probe.probe(client, known, found, groups=asked)

    found, problem = _in_its_language(application, reading, deadline)
    if problem:
        found.hint(problem)
        found.problem = found.problem or ("" if found.facts else problem)
    return found


Asking = Callable[[HttpClient, Form, Findings], Awaitable[None]]


def _in_its_language(application: Application, asking: Asking, deadline: float) -> tuple[Findings, str]:
    """What was found, and why no more was. Where it turns out that it speaks SCIM 1.1, it is asked again in that."""
    found, problem = _asked(application, asking, deadline, _unprobed(application))
    spoken = found.learned.get("scim")
    known = _unprobed(application, scim=spoken.value) if spoken else None
    if spoken is None or known is None or known.scim != spoken.value:
        return found, problem
    again, problem = _asked(application, asking, deadline, known)
    again.learned = {"scim": spoken, **again.learned}
    return again, problem


def _asked(application: Application, asking: Asking, deadline: float, known: Form) -> tuple[Findings, str]:
    found = Findings()
    try:
        connection.ask(application, lambda client: asking(client, known, found), deadline, form=known)
    except connection.NoAnswer as error:
        return found, str(error)
    return found, ""


def keep(actor: Actor, asked: Application, facts: Iterable[Fact]) -> None:
    """Makes the facts part of what is known of `asked`, unless its address or token has changed since it was asked."""
    facts = list(facts)
    with transaction.atomic():
        application = loading.locked(asked.id)
        if not facts or (application.base_url, application.secret_set_at) != (asked.base_url, asked.secret_set_at):
            return
        before = form_of(application)
        shown = {"at": timezone.now().isoformat(), "by": "probe"}
        application.learned |= {fact.word: fact.value for fact in facts}
        application.evidence |= {fact.word: {"evidence": fact.evidence, **shown} for fact in facts}
        application.save(update_fields=["learned", "evidence"])
        _tell(actor, application, before, form_of(application))


def _tell(actor: Actor, application: Application, before: Form, after: Form) -> None:
    """The event, and another look at every account: the SP may understand now what it refused."""
    names = [each.name for each in fields(Form) if getattr(before, each.name) != getattr(after, each.name)]
    if not names:
        return
    changes = [change(f"form.{name}", plain(getattr(before, name)), plain(getattr(after, name))) for name in names]
    record(actor, application, [Entry("application_form_learned", changes)])
    due.mark_application(application.id, due.Mark(due.SET, "set", actor.as_json(), actor.correlation))


def _written(application: Application, email: str, *, groups: bool) -> Findings:
    connector = entries.form_of(application.connector, application.parameters)

    async def writing(client: HttpClient, known: Form, found: Findings) -> None:
        said = await probe.probe(client, known, found, groups=groups)
        seen: dict[str, Any] = {fact.word: fact.value for fact in found.facts}
        start = form.make({"scim": known.scim, **connector, **seen}, {}, _kept_overrides(application))
        if start.scim == known.scim:
            start = _announced_first(start, connector, said)
            await probe_deep.probe(client, start, found, email=email, groups=groups, said=said)

    deadline = connection.DEADLINE + probe_deep.WITHIN + probe_deep.TIDY_WITHIN
    found, problem = _in_its_language(application, writing, deadline)
    if problem:
        found.step("deadline", False, problem, code="timeout")
    return found


def _announced_first(start: Form, connector: Mapping[str, Any], said: Discovery) -> Form:
    """In SCIM 1.1 PATCH is optional. Where it is announced and the connector knows nothing else, it is tried first: it
    leaves alone what is others'. What works is learned."""
    if start.scim != "1.1" or not said.patch:
        return start
    words = {"update", "group_update"} - connector.keys()
    return replace(start, **dict.fromkeys(words, "patch"))  # type: ignore[arg-type]


def _with_groups(application: Application, groups: bool | None) -> bool:
    return bool(application.settings.get("manage_groups")) if groups is None else groups


def _unprobed(application: Application, **seen: Any) -> Form:
    """What is known without probing: the connector's form, what was `seen` just now, and what an administrator set that a
    probe can't find out."""
    return form.make(entries.form_of(application.connector, application.parameters), seen, _kept_overrides(application))


def _kept_overrides(application: Application) -> dict[str, Any]:
    overrides = application.settings.get("form") or {}
    return {word: value for word, value in overrides.items() if word not in _PROBED}


def _may_be_used(email: str) -> None:
    if not _EMAIL.fullmatch(email) or "\x00" in email:
        raise Invalid({"email": _("An e-mail address that nobody has there, such as provisor-test@example.com.")})
    taken = "SELECT 1 FROM directory_user WHERE email_key = %(key)s OR username_key = %(key)s"
    if rows_of(taken, {"key": unique_key(email)}):
        raise Invalid({"email": _("A user of the directory has this address. Give one that nobody has.")})
