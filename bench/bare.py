"""The yardstick: the least that a client in Python can do. One aiohttp session, bodies that are ready beforehand, the
answer parsed and nothing kept. A process of its own, so that its CPU seconds are its own.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import aiohttp
import orjson
import uvloop

from bench.people import body, person

TEAM = "bare"
HEADERS = {"Authorization": "Bearer secret", "Content-Type": "application/scim+json"}


@dataclass(frozen=True)
class Bare:
    """How long the loop took for all users, in seconds of the clock and of the CPU."""

    seconds: float
    cpu: float


def run(url: str, *, users: int, concurrency: int) -> Bare:
    """One bare loop against the sink, in a process of its own."""
    command = [sys.executable, "-m", "bench.bare", url, str(users), str(concurrency)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=120)
    return Bare(**json.loads(done.stdout))


async def main(url: str, users: int, concurrency: int) -> None:
    bodies = [body(person(number, TEAM)) for number in range(users)]
    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(connector=connector, headers=HEADERS) as session:
        begun, cpu, waiting = time.monotonic(), time.process_time(), iter(bodies)
        await asyncio.gather(*(_post(session, url, waiting) for _ in range(concurrency)))
        used = time.process_time() - cpu
        print(json.dumps({"seconds": time.monotonic() - begun, "cpu": used}))


async def _post(session: aiohttp.ClientSession, url: str, bodies: Iterator[bytes]) -> None:
    for data in bodies:
        async with session.post(url, data=data) as response:
            assert response.status == 201, response.status
            assert orjson.loads(await response.read())["id"]


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1] + "/Users", int(sys.argv[2]), int(sys.argv[3])))
