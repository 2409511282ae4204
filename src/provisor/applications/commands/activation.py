"""Letting an application send, and stopping it."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import connection, due, fields, loading
from provisor.applications.commands import probing, protection, runs
from provisor.applications.credentials import setting
from provisor.applications.history import Entry, change, record
from provisor.applications.models import Application, Provisioning
from provisor.applications.queries.form import form_of
from provisor.catalogue import entries
from provisor.errors import Conflict, Invalid
from provisor.scim.check import Step, passes

_UNREMARKABLE = frozenset({"ok", "no_users"})
FORCED_DEADLINE = 10.0  # seconds: who forces knows that the other side may not answer


@dataclass(frozen=True)
class Activated:
    """The application, and what the reading test had to say about it."""

    application: Application
    warnings: tuple[str, ...] = ()


def activate_application(actor: Actor, application_id: uuid.UUID, *, force: bool = False) -> Activated:
    """Lets an application send what is due, after a reading test of its service provider.

    Raises Conflict `connection_failed`, with the test's words, when the provider can't be reached or refuses the
    token; `force` activates all the same and tells what failed. An active application stays as it is."""
    actor.require("applications.write")
    seen = loading.application(application_id)
    if seen.provisioning == Provisioning.ACTIVE:
        return Activated(seen)
    steps = connection.run_check(seen, deadline=FORCED_DEADLINE if force else connection.DEADLINE)
    if seen.secret is None or not (force or passes(steps)):
        raise Conflict(" ".join(_words(steps)), code="connection_failed")
    if passes(steps):
        probing.keep(actor, seen, probing.read(seen, deadline=probing.AT_ACTIVATION).facts)
    own = protection.find_own(seen) if passes(steps) else None
    with transaction.atomic():
        application = loading.locked(application_id)
        _same_connection(seen, application)
        protection.keep_own(application, own)
        if application.provisioning != Provisioning.ACTIVE:
            application.stopped = application.probe_at = application.paused = None
            _switch(actor, application, Provisioning.ACTIVE)
    return Activated(application, (*_connector_warnings(application), *_words(steps)))


def _connector_warnings(application: Application) -> tuple[str, ...]:
    """What an administrator must know of this product before anything is sent."""
    connector = entries.ENTRIES.get(application.connector)
    return tuple(connector.warnings) if connector else ()


def check_application(actor: Actor, application_id: uuid.UUID) -> list[Step]:
    """The steps of the reading test. Nothing is changed, here or there. Raises NotFound."""
    actor.require("runs.start")
    return connection.run_check(loading.application(application_id))


def check_typed(actor: Actor, application_id: uuid.UUID, given: Mapping[str, Any]) -> list[Step]:
    """The reading test of a connection as it was typed, before it is saved: `given` may hold base_url, parameters, settings,
    auth, tls and proxy; what it leaves out is as stored. Nothing is changed, here or there.

    The stored secret stays only where it would stay if this were saved: another address is never handed it. Raises Invalid
    naming the fields, and NotFound."""
    actor.require("runs.start")
    stored = loading.application(application_id)
    if unexpected := set(given) - {"base_url", "parameters", "settings", "auth", "tls", "proxy"}:
        raise Invalid({field: _("The test of a connection doesn't take this.") for field in unexpected})
    values = fields.read(given, stored_settings=stored.settings, of=stored.connector, stored=stored)
    typed = copy.copy(stored)
    typed.base_url = values.pop("base_url", stored.base_url)
    typed.parameters, typed.settings = (
        values.pop("parameters", stored.parameters),
        values.pop("settings", stored.settings),
    )
    if form_of(typed).scim != form_of(stored).scim:
        typed.learned = {}  # as if this were saved
    moved = typed.base_url != stored.base_url
    changes = setting.apply(typed, values, moved=moved)
    if not (moved or changes) and (typed.parameters, typed.settings) == (stored.parameters, stored.settings):
        return connection.run_check(stored)
    actor.require("applications.secret")
    if typed.auth_type == "oauth2_authorization_code" and (moved or setting.tells_anew(changes)):
        told = _("Save it, and authorise it then: until an administrator has agreed there, nothing can be tested.")
        return [Step("sign_in", ok=False, message=told, code="not_authorised")]
    return connection.run_check(typed)


def deactivate_application(actor: Actor, application_id: uuid.UUID) -> Application:
    """Stops an application at once; nothing is sent, edits accumulate as due. Only one that is set up but was never
    activated, or is paused already, stays as it is."""
    actor.require("applications.write")
    with transaction.atomic():
        application = loading.locked(application_id)
        if application.provisioning in (Provisioning.ACTIVE, Provisioning.FAILING) or application.paused:
            application.paused = None  # it doesn't resume by itself any more
            runs.cancel_runs_of(application)
            _switch(actor, application, Provisioning.PAUSED)
    return application


def _switch(actor: Actor, application: Application, to: Provisioning) -> None:
    before, application.provisioning = application.provisioning, to
    application.updated = loading.later_than(application.updated)
    application.save(update_fields=["provisioning", "stopped", "probe_at", "paused", "updated"])
    type = "application_activated" if to == Provisioning.ACTIVE else "application_deactivated"
    record(actor, application, [Entry(type, [change("provisioning", before, to.value)])])
    due.wake()


def _same_connection(tested: Application, now: Application) -> None:
    """What was tested must be what is activated."""
    if (tested.base_url, tested.secret_set_at) != (now.base_url, now.secret_set_at):
        raise Conflict(_("The base URL or token changed while it was tested. Activate again."))


def _words(steps: Sequence[Step]) -> tuple[str, ...]:
    """What the test had to complain of, each with the service provider's own words."""
    told = (step for step in steps if not step.ok or step.code not in _UNREMARKABLE)
    return tuple(f"{step.message} {step.detail}".strip() for step in told)
