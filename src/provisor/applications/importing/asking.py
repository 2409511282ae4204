"""The client that an import reads with: the application's address, token and SP form, and a gate of its own with the same
limits as the worker's, one request at a time."""

from __future__ import annotations

from provisor import vault
from provisor.applications import opening, settings
from provisor.applications.credentials.endpoint import endpoint_of_application
from provisor.applications.models import Application
from provisor.applications.queries.form import form_of
from provisor.engine.pacing import Gate
from provisor.scim.http import HttpClient


class CannotAsk(Exception):
    """There can't be a client for this application; the message says why, without secrets."""


def client_for(application: Application) -> HttpClient:
    """A client, not yet open. Raises CannotAsk."""
    form, gate = form_of(application), Gate()
    gate.open({**settings.as_json(application.settings), "concurrency": 1}, form)
    try:
        return opening.client(endpoint_of_application(application), form, connections=1, pace=gate)
    except (vault.CannotOpen, ValueError) as error:
        raise CannotAsk(str(error)) from None
