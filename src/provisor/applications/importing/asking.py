"""The client that an import reads with: the application's address, token and SP form, and a gate of its own with the same
limits as the worker's, one request at a time."""

from __future__ import annotations

from provisor import vault
from provisor.applications import connection, opening, settings
from provisor.applications.models import Application
from provisor.applications.queries.form import form_of
from provisor.catalogue import entries
from provisor.engine.pacing import Gate
from provisor.scim.http import HttpClient
from provisor.scim.targets import ForbiddenTarget, InvalidBaseUrl


class CannotAsk(Exception):
    """There can't be a client for this application; the message says why, without secrets."""


def client_for(application: Application) -> HttpClient:
    """A client, not yet open. Raises CannotAsk."""
    if application.secret is None:
        raise CannotAsk("No token is set: enter it on the application's page.")
    form, gate = form_of(application), Gate()
    gate.open({**settings.as_json(application.settings), "concurrency": 1}, form)
    try:
        token = vault.unseal(bytes(application.secret), table=connection.TABLE, row=application.id, field="secret")
        authorization = entries.authorization(application.connector, token)
        return opening.client(application.base_url, authorization, form, connections=1, pace=gate)
    except (vault.CannotOpen, ForbiddenTarget, InvalidBaseUrl, ValueError) as error:
        raise CannotAsk(str(error)) from None
