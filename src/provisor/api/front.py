"""The front door of /api/v1. The order of the checks is the contract's, and it is all here:

    who calls (401) -> is there such a path (404) -> does it have this method (405) -> is the body small enough (413)
    -> may this role do it (403) -> parameters and body (400, 422) -> the call itself

The last three are in base.Routes and ninja. Whatever is raised on the way is answered in the one shape of errors.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from provisor.api import docs, v1
from provisor.api.answers import correlation_of, error_answer
from provisor.api.tokens import authenticate
from provisor.errors import WrongMethod

OPEN = {"docs": docs.page, "openapi.json": docs.openapi_json}  # no secret in them; a browser sends no token


@csrf_exempt
def front(request: HttpRequest, rest: str) -> HttpResponse:
    """Every request below the prefix; `rest` is the path after it."""
    try:
        answer = OPEN[rest](request) if rest in OPEN else _answer(request, rest)
    except Exception as error:
        answer = error_answer(error, correlation_of(request))
    answer.setdefault("Cache-Control", "no-store")
    answer["X-Correlation-Id"] = str(correlation_of(request))
    return answer


def _answer(request: HttpRequest, rest: str) -> HttpResponse:
    request.actor = authenticate(request)  # type: ignore[attr-defined]
    match = v1.resolver().resolve(rest)
    _read_body(request)
    method, request.method = request.method, "GET" if request.method == "HEAD" else request.method
    answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
    request.method = method  # a HEAD again: the server leaves the body out
    return _not_allowed(request, answer) if isinstance(answer, HttpResponseNotAllowed) else answer


def _read_body(request: HttpRequest) -> None:
    """Reads it once, within the limit; without one a call takes `{}` (the contract: valid)."""
    if request.method not in ("GET", "HEAD", "DELETE") and not request.body.strip():
        request._body = b"{}"


def _not_allowed(request: HttpRequest, ninjas: HttpResponse) -> HttpResponse:
    allowed = ninjas["Allow"]
    problem = WrongMethod(_("This address takes: %(methods)s.") % {"methods": allowed})
    answer = error_answer(problem, correlation_of(request))
    answer["Allow"] = allowed
    return answer
