"""A file that is sent while it is being written, so that its size doesn't matter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from django.http import HttpResponse, StreamingHttpResponse


def csv_download(lines: Iterator[str], name: str) -> HttpResponse:
    """`lines` as a CSV file that a browser saves as `name` (ASCII)."""
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return cast(HttpResponse, answer)
