"""Logs of every process look the same: key=value for people at a terminal, one JSON object a line for machines.

Exceptions are written without the values of local variables: a token may be among them.
"""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import Processor

# A caller's mistake (4xx) is the caller's to read, in the answer.
_CHATTY = {
    "uvicorn": logging.WARNING,
    "asyncio": logging.WARNING,
    "procrastinate": logging.WARNING,
    "django.request": logging.ERROR,
    "django.security.DisallowedHost": logging.CRITICAL,  # whoever scans with a wrong Host gets a 400, not a log
}


def configure(role: str) -> None:
    """Sends the logs of this process, ours and those of libraries, to stderr. `role`: web, worker, serve."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _Role(role),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove, *_renderers()])
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for chatty, level in _CHATTY.items():
        logging.getLogger(chatty).setLevel(level)


def _renderers() -> list[Processor]:
    if sys.stderr.isatty():
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


class _Role:
    def __init__(self, role: str) -> None:
        self.role = role

    def __call__(self, _logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        return {"role": self.role, **event}
