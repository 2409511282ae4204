"""The one place where an HTTP client for an application is made, from its endpoint and its SP form: for the worker and for
whoever waits for an answer in the portal, the API or the command line.
"""

from __future__ import annotations

from provisor.applications import fields
from provisor.core.form import Form
from provisor.scim import version_1_1
from provisor.scim.http import UNLIMITED, HttpClient, Pace
from provisor.scim.sign_in import Certificate, Header
from provisor.scim.signing import Fixed, Signer
from provisor.scim.targets import ForbiddenTarget, Targets
from provisor.scim.transport import Endpoint, Transport

AT_ONCE = 8


class CannotSignIn(ValueError):
    """There can't be a client for this endpoint; the message says why, without secrets."""


def client(endpoint: Endpoint, form: Form, *, connections: int = AT_ONCE, pace: Pace = UNLIMITED) -> HttpClient:
    """A client, not yet open. Raises CannotSignIn, in words for people."""
    if endpoint.sign_in is None:
        raise CannotSignIn("No token is set: enter it on the application's page.")
    targets = fields.targets()
    kind = version_1_1.Client if form.scim == "1.1" else HttpClient
    try:
        return kind(
            targets.check_url(endpoint.base_url),
            signer=_signer(endpoint, targets),
            transport=Transport(targets, tls=endpoint.tls, proxy=endpoint.proxy, connections=connections),
            pace=pace,
            headers=form.headers,
            content_type=form.content_type,
        )
    except (ForbiddenTarget, ValueError) as error:
        raise CannotSignIn(str(error)) from None


def _signer(endpoint: Endpoint, targets: Targets) -> Signer:
    if isinstance(endpoint.sign_in, Header | Certificate):
        return Fixed(endpoint.sign_in)
    raise CannotSignIn("This way to sign in is not there yet.")
