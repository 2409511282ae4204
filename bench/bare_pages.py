"""The yardstick of reading: one aiohttp session that asks for page after page, parses it and keeps nothing. A process of its
own, so that it shares nothing with what it is compared with.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass

import aiohttp
import orjson
import uvloop

from bench.bare import HEADERS

COUNT = 100  # accounts a page, as Provisor asks for


@dataclass(frozen=True)
class BarePages:
    """What came, and how long it took by the clock."""

    pages: int
    accounts: int
    seconds: float


def run(url: str) -> BarePages:
    """Pages through everything once."""
    command = [sys.executable, "-m", "bench.bare_pages", url]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=120)
    return BarePages(**json.loads(done.stdout))


async def main(url: str) -> None:
    pages = accounts = 0
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        begun, total = time.monotonic(), 1
        while accounts < total:
            query = {"startIndex": str(accounts + 1), "count": str(COUNT)}
            async with session.get(url, params=query) as response:
                page = orjson.loads(await response.read())
            total, pages, accounts = page["totalResults"], pages + 1, accounts + len(page["Resources"])
        print(json.dumps({"pages": pages, "accounts": accounts, "seconds": time.monotonic() - begun}))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1] + "/Users"))
