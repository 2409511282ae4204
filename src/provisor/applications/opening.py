"""The one place where an HTTP client for an application is made, from its endpoint and its SP form: for the worker and for
whoever waits for an answer in the portal, the API or the command line.
"""

from __future__ import annotations

from provisor.applications import fields
from provisor.applications.credentials.kept import KeptInRows
from provisor.core.form import Form
from provisor.scim import version_1_1
from provisor.scim.http import UNLIMITED, HttpClient, Pace
from provisor.scim.oauth import sources
from provisor.scim.oauth.server import Server
from provisor.scim.oauth.tokens import Tokens
from provisor.scim.sign_in import Certificate, ClientCredentials, Header, OAuth
from provisor.scim.signing import CannotSignIn as CannotSignIn
from provisor.scim.signing import Fixed, Signer
from provisor.scim.targets import ForbiddenTarget, InvalidBaseUrl, Targets
from provisor.scim.transport import Endpoint, Transport

AT_ONCE = 8


def client(endpoint: Endpoint, form: Form, *, connections: int = AT_ONCE, pace: Pace = UNLIMITED) -> HttpClient:
    """A client, not yet open. Raises InvalidBaseUrl and, for all else, CannotSignIn: ValueErrors for people."""
    targets = fields.targets()
    kind = version_1_1.Client if form.scim == "1.1" else HttpClient
    try:
        base = targets.check_url(endpoint.base_url)
    except ForbiddenTarget as error:
        raise InvalidBaseUrl(str(error)) from None
    try:
        return kind(
            base,
            signer=_signer(endpoint, targets),
            transport=Transport(targets, tls=endpoint.tls, proxy=endpoint.proxy, connections=connections),
            pace=pace,
            headers=form.headers,
            content_type=form.content_type,
        )
    except (ForbiddenTarget, ValueError) as error:
        raise CannotSignIn(str(error)) from None


def _signer(endpoint: Endpoint, targets: Targets) -> Signer:
    way = endpoint.sign_in
    if way is None:
        raise CannotSignIn("No token is set: enter it on the application's page.")
    if isinstance(way, Header):
        return Fixed(way)
    if isinstance(way, Certificate):
        if endpoint.tls is None or not endpoint.tls.certificate:
            raise CannotSignIn("No client certificate is set: enter it on the application's page.")
        return Fixed(way)
    server = _server(endpoint, way, targets)
    if isinstance(way, ClientCredentials):
        return Tokens(sources.OwnCredentials(way, server))
    return Tokens(sources.Agreement(way, server, KeptInRows(way.application)))


def _server(endpoint: Endpoint, way: OAuth, targets: Targets) -> Server:
    link = targets.check_link(way.token_url, "token URL")
    return Server(link, Transport(targets, tls=endpoint.tls, proxy=endpoint.proxy, connections=1))
