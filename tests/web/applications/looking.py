"""What an application's row holds after a call, and where it leads."""

from __future__ import annotations

from typing import Any

from provisor.applications.credentials.endpoint import endpoint_of_application
from provisor.applications.models import Application
from provisor.scim.transport import Endpoint


def row(application: dict[str, Any]) -> Application:
    """The row of an application as the API showed it."""
    return Application.objects.get(id=application["id"])


def endpoint(application: dict[str, Any]) -> Endpoint:
    """Where it leads and how one signs in there, secrets and all."""
    return endpoint_of_application(row(application))
