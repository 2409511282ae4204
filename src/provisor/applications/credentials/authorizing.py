"""An administrator agrees, at the authorisation server, that Provisor may act there (OAuth, authorization code with PKCE).

It takes a browser: `begin_authorization` says where to send it, and what has to come back; `finish_authorization` takes the
code that came. `state` and `verifier` live in the browser's session meanwhile, never here.
"""

from __future__ import annotations

import asyncio
import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor import vault
from provisor.administrators.actor import Actor
from provisor.applications import due, fields, loading
from provisor.applications.credentials import setting
from provisor.applications.credentials.endpoint import endpoint_of_application
from provisor.applications.credentials.kept import first_version
from provisor.applications.credentials.sealing import TOKEN, sealed
from provisor.applications.history import Entry, record
from provisor.applications.models import Application, OAuthToken
from provisor.errors import Conflict, WrongState
from provisor.scim.answers import SignInRefused, TransportError
from provisor.scim.oauth import asking
from provisor.scim.oauth.asking import Begun
from provisor.scim.oauth.kept import Grant
from provisor.scim.oauth.server import Server
from provisor.scim.oauth.sources import exchanged
from provisor.scim.sign_in import AuthorizationCode
from provisor.scim.targets import ForbiddenTarget
from provisor.scim.transport import Endpoint, Transport

DEADLINE = 30.0  # seconds


def begin_authorization(actor: Actor, application_id: uuid.UUID, redirect_uri: str) -> Begun:
    """Where the administrator's browser goes, to come back to `redirect_uri`. Nothing is sent or written. Raises NotFound,
    and WrongState where the application doesn't sign in in this way."""
    actor.require("applications.secret")
    way, _endpoint = _way(loading.application(application_id))
    return asking.begin(way, redirect_uri)


def finish_authorization(actor: Actor, application_id: uuid.UUID, code: str, verifier: str, redirect_uri: str) -> None:
    """Exchanges the code that came back for tokens, and keeps them sealed. A failing application goes on at once.

    Raises NotFound, WrongState, and Conflict `connection_failed` in the authorisation server's own words."""
    actor.require("applications.secret")
    seen = loading.application(application_id)
    grant = _exchanged(*_way(seen), code, verifier, redirect_uri)
    with transaction.atomic():
        application = loading.locked(application_id)
        if (seen.base_url, seen.secret_set_at) != (application.base_url, application.secret_set_at):
            raise Conflict(_("The application's credentials changed meanwhile. Authorise it again."))
        _keep(actor, application, grant)


def _keep(actor: Actor, application: Application, grant: Grant) -> None:
    OAuthToken.objects.update_or_create(
        application_id=application.id,
        defaults={
            "access": sealed(application.id, "access", grant.access, table=TOKEN),
            "refresh": sealed(application.id, "refresh", grant.refresh, table=TOKEN),
            "access_expires": grant.expires,
            "version": first_version(),
            "leased_until": None,
            "refused": None,
            "authorised_at": timezone.now(),
            "authorised_by": actor.as_json(),
        },
    )
    application.secret_set_at = timezone.now()  # who has a connection open opens it anew, with this
    changes = setting.goes_on(application)
    application.updated = loading.later_than(application.updated)
    application.save()
    record(actor, application, [Entry("application_authorised", changes)])
    due.wake()


def _way(application: Application) -> tuple[AuthorizationCode, Endpoint]:
    try:
        endpoint = endpoint_of_application(application)
    except vault.CannotOpen as error:
        raise Conflict(str(error)) from error
    if not isinstance(endpoint.sign_in, AuthorizationCode):
        told = _("This application isn't set to OAuth with an authorization code, or its client secret isn't set.")
        raise WrongState(told)
    return endpoint.sign_in, endpoint


def _exchanged(way: AuthorizationCode, endpoint: Endpoint, code: str, verifier: str, redirect_uri: str) -> Grant:
    async def ask() -> Grant:
        targets = fields.targets()
        server = Server(
            targets.check_link(way.token_url, "token URL"), Transport(targets, tls=endpoint.tls, proxy=endpoint.proxy)
        )
        async with asyncio.timeout(DEADLINE):
            return await exchanged(way, server, code, verifier, redirect_uri)

    try:
        return asyncio.run(ask())
    except SignInRefused as error:
        problem = f"{error.reason} {error.hint}".strip()
    except TransportError as error:
        problem = error.reason
    except TimeoutError:
        problem = _("The authorisation server did not answer within %d seconds.") % DEADLINE
    except (ForbiddenTarget, ValueError) as error:
        problem = str(error)
    raise Conflict(problem, code="connection_failed")
