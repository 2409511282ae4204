"""The conventions of every route, so that none of them has to remember them.

    routes = Routes("users")

    @routes.get("/users/{user_id}", permission="directory.read", answers={200: UserOut})
    def get_user(request: HttpRequest, user_id: Id) -> Any:
        return user_shape(queries.get_user(user_id))

`front.py` has authenticated the caller before a view is looked for. `Routes` checks the permission, then the names of
the query parameters, then the body; a view calls one command or query with `actor_of(request)` and answers a dict,
which goes out with the first status of `answers`, or `Status(202, …)` for another of them. Commands raise what
`provisor.errors` has. Views are plain functions (never async) and touch no model.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Status
from ninja.decorators import decorate_view
from ninja.params.models import Query as QueryMarker
from pydantic import PlainSerializer, WithJsonSchema

from provisor.administrators.actor import Actor
from provisor.api.answers import ERROR_CODES, ErrorOut, correlation_of, error_answer, error_detail
from provisor.api.idempotency import answer_once, answer_stored_or
from provisor.api.lists import ListParams, Page, Params, page_of
from provisor.bodies import Body, Id, Nothing, Text, Time, fields_of, parse
from provisor.directory.shapes import zulu
from provisor.errors import Invalid, Stale

__all__ = [
    "Body",
    "Id",
    "ListParams",
    "Nothing",
    "Page",
    "Params",
    "Query",
    "Routes",
    "Status",
    "Text",
    "Time",
    "When",
    "actor_of",
    "answers_secret",
    "error_detail",
    "fields_of",
    "if_match",
    "page_of",
    "parse",
    "reaches_out",
    "zulu",
]

View = TypeVar("View", bound=Callable[..., Any])


When = Annotated[
    datetime, PlainSerializer(zulu, return_type=str), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""A time in an answer."""


class Routes:
    """The routes of one part of the API; `v1.py` lists them. `permission` is one of administrators.roles."""

    def __init__(self, tag: str) -> None:
        self.router = Router(tags=[tag])

    def get(self, path: str, *, permission: str, answers: Mapping[int, Any]) -> Callable[[View], View]:
        return self._route("GET", path, permission, answers)

    def post(self, path: str, *, permission: str, answers: Mapping[int, Any]) -> Callable[[View], View]:
        return self._route("POST", path, permission, answers)

    def put(self, path: str, *, permission: str, answers: Mapping[int, Any]) -> Callable[[View], View]:
        return self._route("PUT", path, permission, answers)

    def patch(self, path: str, *, permission: str, answers: Mapping[int, Any]) -> Callable[[View], View]:
        return self._route("PATCH", path, permission, answers)

    def delete(self, path: str, *, permission: str, answers: Mapping[int, Any]) -> Callable[[View], View]:
        return self._route("DELETE", path, permission, answers)

    def _route(self, method: str, path: str, permission: str, answers: Mapping[int, Any]) -> Callable[[View], View]:
        def register(view: View) -> View:
            once = _answerer(method, view)
            checked = decorate_view(_checks(permission, _query_names(view), once))(_with_status(view, answers))
            name = view.__name__
            self.router.add_api_operation(
                path,
                [method],
                checked,
                response={**answers, ERROR_CODES: ErrorOut},
                operation_id=name,
                summary=name.replace("_", " ").capitalize(),
                by_alias=True,
            )
            return view

        return register


def _with_status(view: Callable[..., Any], answers: Mapping[int, Any]) -> Callable[..., Any]:
    """What a view returns plainly has the first status of `answers`."""

    @wraps(view)
    def answered(*arguments: Any, **named: Any) -> Any:
        result = view(*arguments, **named)
        return result if isinstance(result, Status) else Status(next(iter(answers)), result)

    answered.__signature__ = inspect.signature(view, eval_str=True)  # type: ignore[attr-defined]
    return answered


def reaches_out(view: View) -> View:
    """Marks a POST that sends requests to an SP: it must not run inside the transaction of an Idempotency-Key."""
    view.reaches_out = True  # type: ignore[attr-defined]
    return view


def answers_secret(view: View) -> View:
    """Marks a POST whose answer is never stored: with an Idempotency-Key it would lie in the database for a day."""
    view.answers_secret = True  # type: ignore[attr-defined]
    return view


def actor_of(request: HttpRequest) -> Actor:
    """Who calls; set by front.py."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def if_match(request: HttpRequest) -> datetime | None:
    """The version that the caller has seen, from `If-Match: <updated>`. None: any. Raises Stale for no time."""
    seen = request.headers.get("If-Match", "*").strip().strip('"')
    if seen == "*":
        return None
    try:
        at = datetime.fromisoformat(seen)
    except ValueError:
        raise Stale(_("If-Match takes the “updated” value of the last answer.")) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


Answerer = Callable[[HttpRequest, str, Callable[[], HttpResponse]], HttpResponse]


def _answerer(method: str, view: Callable[..., Any]) -> Answerer:
    """What carries a call out: for a POST, something that honours Idempotency-Key."""
    if method != "POST" or getattr(view, "answers_secret", False):
        return lambda _request, _caller, call: call()
    return answer_stored_or if getattr(view, "reaches_out", False) else answer_once


def _checks(permission: str, names: frozenset[str], answerer: Answerer) -> Callable[..., Any]:
    """Runs before ninja reads parameters and body: who may not do a thing learns nothing of its form."""

    def around(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(run)
        def checked(request: HttpRequest, **path: Any) -> HttpResponse:
            try:
                actor = actor_of(request)
                actor.require(permission)
                _refuse_unknown(request, names)
                return answerer(request, actor.id, lambda: run(request, **path))
            except Exception as error:
                return error_answer(error, correlation_of(request))

        return checked

    return around


def _refuse_unknown(request: HttpRequest, names: frozenset[str]) -> None:
    wrong = {name[:100]: _("There is no such parameter here.") for name in request.GET if name not in names}
    for name, values in request.GET.lists():
        if any("\x00" in value for value in values):
            wrong[name] = _("This holds a NUL character.")
        elif len(values) > 1 and name in names:
            wrong[name] = _("Give this parameter once.")
    if wrong:
        raise Invalid(wrong)


def _query_names(view: Callable[..., Any]) -> frozenset[str]:
    """The query parameters in a view's signature: the fields of each `Query[Params]`."""
    names: set[str] = set()
    for hint in get_type_hints(view, include_extras=True).values():
        if get_origin(hint) is Annotated and any(isinstance(part, QueryMarker) for part in get_args(hint)[1:]):
            names |= get_args(hint)[0].model_fields.keys()
    return frozenset(names)
