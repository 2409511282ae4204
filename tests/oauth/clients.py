"""Clients of token endpoints as tests make them, without a database."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from provisor.scim.http import HttpClient
from provisor.scim.oauth.kept import Grant
from provisor.scim.oauth.server import Server
from provisor.scim.oauth.sources import Agreement, OwnCredentials
from provisor.scim.oauth.tokens import Tokens
from provisor.scim.sign_in import AuthorizationCode, ClientCredentials
from provisor.scim.targets import Targets
from provisor.scim.transport import Transport

LOOPBACK = Targets.parse(["127.0.0.1"])
SECRET = "canary-client-secret-1f"
REFRESH = "canary-refresh-token-2e"
ACCESS = "canary-access-token-3d"
CANARIES = (SECRET, REFRESH, ACCESS)


def way(token_url: str, **changes: Any) -> ClientCredentials:
    given: dict[str, Any] = {"token_url": token_url, "client_id": "provisor", "secret": SECRET, **changes}
    return ClientCredentials(**given)


def agreed(token_url: str, *, secret: str = SECRET, method: Any = "client_secret_basic") -> AuthorizationCode:
    authorize_url = "https://login.example/authorize"
    return AuthorizationCode(token_url, authorize_url, "provisor", secret, method, "scim", UUID(int=1))


def server(token_url: str, targets: Targets = LOOPBACK, **transport: Any) -> Server:
    return Server(targets.check_link(token_url, "token URL"), Transport(targets, **transport))


def tokens(token_url: str, **changes: Any) -> Tokens:
    return Tokens(OwnCredentials(way(token_url, **changes), server(token_url)))


def renewing(token_url: str, kept: InMemory) -> Tokens:
    return Tokens(Agreement(agreed(token_url), server(token_url), kept))


def client(base_url: str, signer: Any, **options: Any) -> HttpClient:
    return HttpClient(
        LOOPBACK.check_url(base_url), signer=signer, transport=Transport(LOOPBACK, connections=64), **options
    )


class InMemory:
    """scim.oauth.kept.Kept, for tests: `log` says in which order things happened."""

    def __init__(self, grant: Grant | None) -> None:
        self.grant = grant
        self.leased = False
        self.log: list[str] = []

    async def read(self) -> Grant | None:
        return self.grant

    async def lease(self) -> Grant | None:
        if self.leased:
            return None
        self.leased = True
        self.log.append("leased")
        return self.grant

    async def keep(self, grant: Grant) -> None:
        assert self.leased
        assert self.grant
        assert grant.version == self.grant.version + 1
        self.grant, self.leased = grant, False
        self.log.append("kept")

    async def refused(self, reason: str) -> None:
        assert self.grant
        self.grant, self.leased = Grant("", self.grant.refresh, None, self.grant.version, reason), False
        self.log.append("refused")

    async def release(self) -> None:
        self.leased = False
        self.log.append("released")
