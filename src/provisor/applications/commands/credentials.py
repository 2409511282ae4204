"""Exchanging what an application signs in with: the next credential is put beside the current one, tested, and takes its
place; and an administrator's agreement at an authorisation server (OAuth, authorization code).

    put_next(actor, id, auth) -> None             test_next(actor, id) -> list[Step]
    switch(actor, id, force=False) -> Application  drop_next(actor, id) -> None
    begin_authorization(actor, id, redirect_uri) -> Begun(url, state, verifier)
    finish_authorization(actor, id, code, verifier, redirect_uri) -> None

The service provider and the authorisation server are asked before a transaction begins, and what was asked about must still
stand when its outcome is written.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor import vault
from provisor.administrators.actor import Actor
from provisor.applications import connection, due, loading
from provisor.applications.credentials import setting, ways
from provisor.applications.credentials.authorizing import begin_authorization, finish_authorization
from provisor.applications.credentials.sealing import NEXT, sealed, unsealed
from provisor.applications.credentials.values import Credential, needs_certificate
from provisor.applications.history import Entry, change, record
from provisor.applications.models import Application, NextCredential
from provisor.errors import Conflict, Invalid, NotFound
from provisor.scim.check import Step, passes
from provisor.scim.oauth.asking import Begun

__all__ = [
    "Begun",
    "begin_authorization",
    "drop_next",
    "finish_authorization",
    "put_next",
    "switch",
    "test_next",
]
FORCED_DEADLINE = 10.0  # seconds: who forces knows that the other side may not answer
LONGEST_TOLD = 500  # characters of a test's words that are kept


def put_next(actor: Actor, application_id: uuid.UUID, auth: Mapping[str, Any]) -> None:
    """Keeps the credential that is to follow the current one, in place of one that was prepared before. Nothing is sent
    with it until it is tested. Raises NotFound, and Invalid naming the fields (`auth.token`)."""
    actor.require("applications.secret")
    with transaction.atomic():
        application = loading.locked(application_id)
        credential = ways.read(auth, ways.About(application.connector, application.parameters))
        _may_follow(application, credential)
        NextCredential.objects.update_or_create(
            application_id=application.id,
            defaults={
                "auth_type": credential.type,
                "auth": dict(credential.public),
                "secret": sealed(application.id, "secret", credential.secret or "", table=NEXT),
                "expires": credential.expires,
                "expires_from": credential.expires_from,
                "set_at": timezone.now(),
                "tested": None,
            },
        )
        _forget_told(application)
        record(actor, application, [Entry("credential_prepared", [change("auth.type", None, credential.type)])])


def drop_next(actor: Actor, application_id: uuid.UUID) -> None:
    """Forgets the next credential. Raises NotFound, also where there is none."""
    actor.require("applications.secret")
    with transaction.atomic():
        application = loading.locked(application_id)
        _next(application).delete()
        _forget_told(application)
        record(actor, application, [Entry("credential_dropped")])


def test_next(actor: Actor, application_id: uuid.UUID) -> list[Step]:
    """The reading test with the next credential; what it said stays beside it. Raises NotFound, also where there is none."""
    actor.require("applications.secret")
    application = loading.application(application_id)
    return _tested(application, _next(application), connection.DEADLINE)


def switch(actor: Actor, application_id: uuid.UUID, force: bool = False) -> Application:
    """Tests the next credential by reading, and puts it in place of the current one, which is forgotten. A failing
    application goes on at once.

    Raises NotFound, also where there is none, and Conflict `connection_failed` with the test's words, unless `force`
    switches all the same."""
    actor.require("applications.secret")
    seen = loading.application(application_id)
    next = _next(seen)
    steps = _tested(seen, next, FORCED_DEADLINE if force else connection.DEADLINE)
    if not (force or passes(steps)):
        raise Conflict(_words(steps), code="connection_failed")
    with transaction.atomic():
        application = loading.locked(application_id)
        now = _next(application)
        if _version(seen, next) != _version(application, now):
            raise Conflict(_("The connection or the next credential changed while it was tested. Switch again."))
        try:
            _take_place(actor, application, now)
        except vault.CannotOpen as error:
            raise Conflict(str(error)) from error
    return application


def _take_place(actor: Actor, application: Application, next: NextCredential) -> None:
    changes = setting.apply(application, {"auth": _credential(next)}, moved=False)
    setting.forget(application, changes, elsewhere=False)
    next.delete()
    setting.forget_told(application, "next")
    application.updated = loading.later_than(application.updated)
    application.save()
    record(actor, application, [Entry("credential_switched", changes)])
    due.wake()


def _may_follow(application: Application, credential: Credential) -> None:
    if credential.type == "oauth2_authorization_code":
        told = _("This way is agreed to by a person at the product: change auth itself, and authorise it then.")
        raise Invalid({"auth.type": told})
    if needs_certificate(credential.type, credential.public) and not (application.tls or {}).get("certificate"):
        raise Invalid({"tls.certificate": _("Missing: this way to sign in needs a client certificate and its key.")})


def _tested(application: Application, next: NextCredential, deadline: float) -> list[Step]:
    typed = copy.copy(application)
    typed.auth_type, typed.auth = next.auth_type, next.auth
    try:
        typed.secret = sealed(application.id, "secret", _secret(next))
    except vault.CannotOpen as error:
        return [Step("connect", ok=False, message=str(error), code="secret")]
    steps = connection.run_check(typed, deadline=deadline)
    said = {"at": timezone.now().isoformat(), "ok": passes(steps), "message": _words(steps)[:LONGEST_TOLD]}
    NextCredential.objects.filter(pk=next.pk, set_at=next.set_at).update(tested=said)
    return steps


def _words(steps: Sequence[Step]) -> str:
    """What the test had to complain of, with the service provider's own words."""
    return " ".join(f"{step.message} {step.detail}".strip() for step in steps if not step.ok)


def _credential(next: NextCredential) -> Credential:
    return Credential(next.auth_type, next.auth, _secret(next), next.expires, next.expires_from)


def _secret(next: NextCredential) -> str:
    """Raises vault.CannotOpen."""
    return unsealed(next.application_id, "secret", next.secret, table=NEXT)


def _next(application: Application) -> NextCredential:
    found = NextCredential.objects.filter(application_id=application.id).first()
    if found is None:
        raise NotFound(_("No next credential is prepared for this application."))
    return found


def _version(application: Application, next: NextCredential) -> tuple[Any, ...]:
    return application.base_url, application.secret_set_at, next.set_at


def _forget_told(application: Application) -> None:
    setting.forget_told(application, "next")
    application.save(update_fields=["expiry_told"])
