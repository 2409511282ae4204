"""The next credential of an application: put beside the current one, tested, and switched to."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from provisor.api.applications import Activation, ApplicationOut, TestOut
from provisor.api.base import Id, Nothing, Routes, Status, actor_of, reaches_out
from provisor.api.sign_in import Auth, NextOut
from provisor.applications import queries
from provisor.applications.commands import credentials as commands
from provisor.applications.queries import credentials
from provisor.errors import NotFound
from provisor.scim.check import passes

routes = Routes("applications")
NEXT = "/applications/{application_id}/auth/next"


@routes.get(NEXT, permission="applications.read", answers={200: NextOut})
def get_next_credential(request: HttpRequest, application_id: Id) -> Any:
    """The credential that is to follow the current one, without its secret; 404 where none is prepared."""
    return _shown(application_id)


@routes.put(NEXT, permission="applications.secret", answers={200: NextOut})
def put_next_credential(request: HttpRequest, application_id: Id, body: Auth) -> Any:
    """Prepares the credential that is to follow: as `auth` of the application, with its secret. Nothing is sent with it
    until it is tested."""
    commands.put_next(actor_of(request), application_id, body.sent())
    return _shown(application_id)


@routes.delete(NEXT, permission="applications.secret", answers={204: None})
def drop_next_credential(request: HttpRequest, application_id: Id) -> Any:
    """Forgets the credential that was to follow."""
    commands.drop_next(actor_of(request), application_id)
    return Status(204, None)


@routes.post(f"{NEXT}/test", permission="applications.secret", answers={200: TestOut})
@reaches_out
def try_next_credential(request: HttpRequest, application_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """The reading test with the next credential. Nothing is switched."""
    steps = commands.test_next(actor_of(request), application_id)
    return {"ok": passes(steps), "steps": [asdict(step) for step in steps]}


@routes.post(
    "/applications/{application_id}/auth/switch", permission="applications.secret", answers={200: ApplicationOut}
)
@reaches_out
def switch_credential(request: HttpRequest, application_id: Id, body: Activation = Activation()) -> Any:  # noqa: B008
    """Tests the next credential by reading, puts it in place of the current one and forgets that. A test that fails is 409
    `connection_failed`; `force` switches all the same."""
    commands.switch(actor_of(request), application_id, force=body.force)
    return queries.as_application(queries.get_application(application_id))


def _shown(application_id: Id) -> Any:
    found = credentials.shown_next(credentials.next_of(queries.get_application(application_id)))
    if found is None:
        raise NotFound(_("No next credential is prepared for this application."))
    return found
