"""A browser must never combine a new page with an old style sheet: a static file's address carries its version.

No `collectstatic`: the files are served out of the installed packages (whitenoise finds them).
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile


class VersionedStatics(StaticFilesStorage):
    """`portal/portal.css` -> `/static/portal/portal.css?v=1a2b3c4d`."""

    def url(self, name: str | None) -> str:
        address = f"{settings.STATIC_URL}{name}"
        version = _version(name or "")
        return f"{address}?v={version}" if version else address


@cache
def _version(name: str) -> str:
    path = finders.find(name)
    return hashlib.sha256(Path(str(path)).read_bytes()).hexdigest()[:8] if path else ""


class Statics(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Answers a small file whole: whitenoise's own answer is a stream, which an ASGI server can't pass on as one."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        found = static_file.get_response(request.method, request.META)
        content = b""
        if found.file is not None:
            with found.file:
                content = found.file.read()
        return HttpResponse(content, status=int(found.status), headers=dict(found.headers))
