"""The API's routes in one list, and the documents that describe them."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLResolver
from django.urls.resolvers import RegexPattern
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.security import HttpBearer

import provisor
from provisor.api import (
    accounts,
    applications,
    attributes,
    catalogue,
    credentials,
    drift,
    events,
    forms,
    groups,
    imports,
    leaving,
    mails,
    organisation,
    protection,
    rules,
    runs,
    scopes,
    users,
    why,
)
from provisor.api.answers import correlation_of, error_answer
from provisor.api.base import Routes
from provisor.api.reading import StrictParser

PREFIX = "/api/v1"
ROUTES: tuple[Routes, ...] = (
    users.routes,
    groups.routes,
    leaving.routes,
    rules.routes,
    catalogue.routes,
    applications.routes,
    credentials.routes,
    scopes.routes,
    forms.routes,
    protection.routes,
    accounts.routes,
    drift.routes,
    runs.routes,
    imports.routes,
    events.routes,
    mails.routes,
    organisation.routes,
    attributes.routes,
    why.routes,
)


class Bearer(HttpBearer):
    """Tells the OpenAPI document of the token; front.py has looked at it already."""

    def __call__(self, request: HttpRequest) -> Any:
        return request.actor  # type: ignore[attr-defined]

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        raise NotImplementedError


def build() -> NinjaAPI:
    """The API with all its routes."""
    api = NinjaAPI(
        title="Provisor",
        version=provisor.__version__,
        description="People's accounts, right in every application they use. Every call needs a bearer token.",
        urls_namespace="api",
        auth=Bearer(),
        parser=StrictParser(),
        openapi_url=None,
        docs_url=None,
    )
    for kind in (Exception, ValidationError, HttpError, Http404):  # ninja has handlers of its own for the last three
        api.add_exception_handler(kind, _on_error)
    for routes in ROUTES:
        api.add_router("", routes.router)
    return api


def _on_error(request: HttpRequest, error: Any) -> HttpResponse:
    return error_answer(error, correlation_of(request))


@cache
def api() -> NinjaAPI:
    """The API of this process."""
    return build()


@cache
def resolver() -> URLResolver:
    """Finds the view for a path below the prefix."""
    patterns, _app, _namespace = api().urls
    return URLResolver(RegexPattern(r"^"), patterns)


@cache
def openapi() -> dict[str, Any]:
    """The OpenAPI document."""
    return dict(api().get_openapi_schema(path_prefix=PREFIX))
