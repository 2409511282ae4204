"""The one place where an HTTP client for an application is made, from its address, its token and its SP form: for the worker
and for whoever waits for an answer in the portal, the API or the command line.
"""

from __future__ import annotations

from provisor.applications import fields
from provisor.core.form import Form
from provisor.scim.http import UNLIMITED, HttpClient, Pace

AT_ONCE = 8


def client(
    base_url: str, authorization: str, form: Form, *, connections: int = AT_ONCE, pace: Pace = UNLIMITED
) -> HttpClient:
    """A client, not yet open. `authorization` is the header's value. Raises InvalidBaseUrl, ForbiddenTarget, ValueError."""
    targets = fields.targets()
    return HttpClient(
        targets.check_url(base_url),
        authorization=authorization,
        targets=targets,
        connections=connections,
        pace=pace,
        headers=form.headers,
        content_type=form.content_type,
    )
