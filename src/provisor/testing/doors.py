"""Who may come in, and with what: the token, headers, content types, and how long a body may be."""

from __future__ import annotations

from provisor.testing.errors import ScimError, not_found
from provisor.testing.messages import Request
from provisor.testing.profile import Profile

_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def refuse_entry(request: Request, token: str, profile: Profile) -> None:
    """Raises ScimError for a request that isn't even looked at."""
    headers = request.headers
    if token and headers.get(profile.auth_header) != f"{profile.auth_prefix}{token}":
        raise ScimError(401, None, "The token is missing or wrong.")
    if profile.require_user_agent and not headers.get("User-Agent"):
        raise ScimError(403, None, "Requests need a User-Agent.")
    if not request.path:
        raise not_found(request.target.partition("?")[0])
    if profile.guards_more:
        _refuse_more(request, profile)


def _refuse_more(request: Request, profile: Profile) -> None:
    if profile.paused and request.method in _WRITING and request.path[-1] != ".search":
        raise ScimError(403, None, "Provisioning is paused.")
    for pair in profile.require_headers:
        name, _, value = pair.partition(":")
        if request.headers.get(name) != value:
            raise ScimError(400, None, f"The header {name} is missing or wrong.")
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip()
    if request.has_body and profile.content_type not in ("any", kind):
        raise ScimError(415, None, f"Bodies have to be {profile.content_type}.")
    if 0 < profile.payload_bytes < request.size:
        raise ScimError(413, None, f"The body is longer than {profile.payload_bytes} bytes.")
