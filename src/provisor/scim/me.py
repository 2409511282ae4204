"""GET /Me: whose account our token belongs to (RFC 7644 section 3.11). Many service providers don't have it: 404 or 501."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from provisor.scim import reader
from provisor.scim.answers import Answer
from provisor.scim.http import HttpClient, TransportError

ME = "/Me"


@dataclass(frozen=True, slots=True)
class Own:
    """The account; both are None where the service provider doesn't tell."""

    remote_id: str | None = None
    user_name: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def get(client: HttpClient) -> Answer:
    """The one request. Raises NotSent and Unknown."""
    return await client.request("GET", ME)


async def own_account(client: HttpClient) -> Own | None:
    """Whose account it is; None where nobody answered."""
    try:
        return read(await get(client))
    except TransportError:
        return None


def read(answer: Answer) -> Own | None:
    """What an answer to /Me says. None: it says nothing, ask again another time (a server error, too many requests)."""
    if answer.status == 429 or (answer.status >= 500 and answer.status != 501):
        return None
    if answer.status != 200:
        return Own()
    try:
        found = reader.resource(answer.body)
    except reader.Unreadable:
        return Own()
    return Own(found.id, found.user_name)
