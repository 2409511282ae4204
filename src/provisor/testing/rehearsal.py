"""Running the fake service provider by itself, until someone stops it: what `provisor fake-sp` does."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterable

from provisor.testing.faults import Fault
from provisor.testing.profile import Profile
from provisor.testing.records import Recorded
from provisor.testing.service_provider import FakeServiceProvider


def run(
    port: int,
    *,
    token: str,
    host: str = "127.0.0.1",
    profile: Profile | None = None,
    faults: Iterable[Fault] = (),
    seed: int = 0,
    strict: bool = True,
    on_start: Callable[[FakeServiceProvider], None] | None = None,
    on_request: Callable[[Recorded], None] | None = None,
) -> None:
    """Serves until SIGINT or SIGTERM. `on_start` is told when it listens (its `base_url` is where), `on_request` of
    each request with its answer. Raises OSError if the port is taken."""
    provider = FakeServiceProvider(token, profile or Profile(), seed=seed, strict=strict)
    provider.listen(on_request)
    for fault in faults:
        provider.fault(fault)
    asyncio.run(_serve(provider, port, host, on_start))


async def _serve(
    provider: FakeServiceProvider,
    port: int,
    host: str,
    on_start: Callable[[FakeServiceProvider], None] | None,
) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await provider.start(port, host=host)
    try:
        if on_start:
            on_start(provider)
        await stopped.wait()
    finally:
        await provider.stop()


def describe(request: Recorded) -> str:
    """One line for a terminal: status, method, path, and what was found. No headers, no body, no query."""
    ended = str(request.status or "---") + (f" ({request.fault})" if request.fault else "")
    found = "; ".join(f"{finding.rule}: {finding.message}" for finding in request.findings)
    return f"{ended} {request.method} {request.path}" + (f"  {found}" if found else "")
