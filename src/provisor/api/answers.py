"""Every error below /api/v1 has one shape, whoever raised it: `{"error": {"code", "message", "fields"}}`.

`problem_of` turns whatever was raised (a Problem, Forbidden, a validation error of pydantic or ninja, a body that is
too large, a mistake of ours) into a Problem; `error_answer` writes it. A mistake of ours is logged with the
correlation id that the answer shows, and shows nothing else.
"""

from __future__ import annotations

import logging
import uuid
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.utils.translation import gettext as _
from ninja.errors import HttpError, ValidationError
from pydantic import BaseModel

from provisor.administrators.roles import Forbidden
from provisor.bodies import fields_of
from provisor.errors import (
    Busy,
    Invalid,
    Malformed,
    NotAllowed,
    NotFound,
    Problem,
    TooLarge,
)

log = logging.getLogger(__name__)
CLASHES = ("23503", "40P01", "40001")  # a row that was referred to is gone; deadlock; serialisation
ERROR_CODES = frozenset({400, 401, 403, 404, 405, 409, 412, 413, 422, 429, 500})


class ErrorDetail(BaseModel):
    code: str
    message: str
    fields: dict[str, str]


class ErrorOut(BaseModel):
    """The shape of every error."""

    error: ErrorDetail


class Failure(Problem):
    """500: a mistake of ours."""

    status, code = 500, "internal"


def json_answer(data: Any, status: int = 200) -> HttpResponse:
    """`data` as JSON."""
    content = orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS)
    return HttpResponse(content, status=status, content_type="application/json; charset=utf-8")


def error_answer(error: Exception, correlation: uuid.UUID) -> HttpResponse:
    """The answer for anything that was raised."""
    problem = problem_of(error, correlation)
    answer = json_answer({"error": error_detail(problem)}, problem.status)
    if problem.status == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="provisor"'
    if isinstance(problem, Busy):
        answer["Retry-After"] = "1"
    return answer


def error_detail(problem: Problem) -> dict[str, Any]:
    """The inner part of the shape: also what a row of a batch shows."""
    return {"code": problem.code, "message": problem.message, "fields": problem.fields}


def problem_of(error: Exception, correlation: uuid.UUID) -> Problem:
    """The Problem that `error` amounts to."""
    match error:
        case Problem():
            return error
        case Forbidden():
            return NotAllowed(str(error))
        case ValidationError():
            return _problem_of_fields(error)
        case HttpError():
            return _problem_of_body(error)
        case Http404():
            return NotFound(_("There is nothing at this address."))
        case RequestDataTooBig():
            return TooLarge(_("The body is larger than 16 MB. Send it in smaller parts."))
        case UnreadablePostError():
            return Malformed(_("The body ended early."))
        case DatabaseError() if _sqlstate(error) in CLASHES:
            return Busy(_("Something that this call touches was changed at the same moment. Repeat it."))
    log.error("call %s failed", correlation, exc_info=error)
    return Failure(_("Something went wrong here. The log has it under %(id)s.") % {"id": correlation})


def _sqlstate(error: Exception) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)


def _problem_of_fields(error: ValidationError) -> Problem:
    """An id in the path that is no UUID is simply an id of nothing; the rest is 422."""
    if any(part["loc"][0] == "path" for part in error.errors):
        return NotFound(_("There is nothing at this address."))
    return Invalid(fields_of({**part, "loc": _without_source(part["loc"])} for part in error.errors))


def _without_source(location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Ninja prefixes the source and, for a body, the name of the view's parameter."""
    return location[2:] if location[0] == "body" else location[1:]


def _problem_of_body(error: HttpError) -> Problem:
    """Ninja wraps what the body parser raises."""
    if isinstance(error.__cause__, Problem):
        return error.__cause__
    return Malformed(_("The body is not JSON that can be read."))


def correlation_of(request: HttpRequest) -> uuid.UUID:
    """The id that ties together all that this call brought about; every answer carries it."""
    actor = getattr(request, "actor", None)
    return actor.correlation if actor else uuid.uuid4()


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django refuses before it looks for a view, such as a Host header that isn't ours."""
    return error_answer(Malformed(_("The request can't be taken: look at its Host header.")), correlation_of(request))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Addresses outside the prefix that nobody serves."""
    return error_answer(NotFound(_("There is nothing at this address.")), correlation_of(request))


def server_error(request: HttpRequest) -> HttpResponse:
    """A mistake of ours outside the prefix; Django has logged it."""
    correlation = correlation_of(request)
    return error_answer(Failure(_("Something went wrong here.")), correlation)
