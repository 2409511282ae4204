"""The web process: uvicorn on the ASGI application, with what a proxy in front of it expects."""

from __future__ import annotations

GRACE = 5  # seconds for requests in flight when it is asked to stop


def run(*, host: str, port: int) -> None:
    """Serves until SIGTERM or SIGINT."""
    import uvicorn
    from django.urls import get_resolver

    from provisor.asgi import application

    _ = get_resolver().url_patterns  # loads every view now: a mistake in one shows at the start, and no caller waits
    uvicorn.run(
        application,
        host=host,
        port=port,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
