"""A token endpoint that judges assertions (private_key_jwt) with idpyoidc, on loopback.

Whether an assertion holds (signature, audience, end, once) is idpyoidc's word alone; this file only carries it over HTTP.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from cryptojwt.jwk.jwk import key_from_jwk_dict
from idpyoidc.server import Server
from idpyoidc.server.configure import ASConfiguration
from idpyoidc.server.exception import UnAuthorizedClient
from idpyoidc.server.oauth2.token import Token


def _configuration(base: str) -> dict[str, Any]:
    return {
        "issuer": base,
        "httpc_params": {"verify": False, "timeout": 1},
        "preference": {"grant_types_supported": ["client_credentials"]},
        "keys": {"uri_path": "jwks.json", "key_defs": [{"type": "EC", "crv": "P-256", "use": ["sig"]}]},
        "token_handler_args": {
            "jwks_defs": {"key_defs": [{"type": "oct", "bytes": 24, "use": ["enc"], "kid": "code"}]},
            "token": {
                "class": "idpyoidc.server.token.jwt_token.JWTToken",
                "kwargs": {"lifetime": 600, "add_claims_by_scope": False, "aud": [base]},
            },
        },
        "endpoint": {
            "token": {
                "path": "token",
                "class": Token,
                "kwargs": {
                    "client_authn_method": ["private_key_jwt"],
                    "grant_types_support": {
                        "client_credentials": {
                            "class": "idpyoidc.server.oauth2.token_helper.client_credentials.ClientCredentials"
                        }
                    },
                },
            }
        },
        "session_params": {
            "encrypter": {"kwargs": {"keys": {"key_defs": [{"type": "OCT", "use": ["enc"], "kid": "p"}]}}}
        },
    }


class Judging:
    """`heard`: the bodies that came; `said`: what the server answered to each."""

    def __init__(self, port: int, client_id: str, jwk: dict[str, Any]) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.token_url = f"{self.base}/token"
        self.server = Server(ASConfiguration(conf=_configuration(self.base), base_path="/"), cwd="/")
        self.server.context.cdb[client_id] = {
            "client_id": client_id,
            "token_endpoint_auth_method": "private_key_jwt",
            "grant_types_supported": ["client_credentials"],
            "allowed_scopes": ["scim"],
            "client_salt": "salted",
        }
        self.server.keyjar.add_keys(client_id, [key_from_jwk_dict(jwk)])
        self.said: list[tuple[int, dict[str, Any]]] = []

    def answer(self, body: str) -> tuple[int, dict[str, Any]]:
        endpoint = self.server.get_endpoint("token")
        request = {name: values[0] for name, values in parse_qs(body).items()}
        try:
            parsed = endpoint.parse_request(request, http_info={"headers": {}, "url": self.token_url})
        except UnAuthorizedClient as refused:
            return 401, {"error": "invalid_client", "error_description": str(refused)}
        if "error" in parsed:
            return 400, parsed.to_dict()
        self.server.context.session_manager.flush()  # it holds one session of a client, and fails over a second one
        done = endpoint.process_request(parsed)
        response = done.get("response_args", done)
        shown = response.to_dict() if hasattr(response, "to_dict") else dict(response)
        return (400 if "error" in shown else 200), shown


@contextmanager
def judging(client_id: str, jwk: dict[str, Any]) -> Iterator[Judging]:
    """The server for one client with this public key."""
    holder: list[Judging] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, said = holder[0].answer(body)
            holder[0].said.append((status, said))
            raw = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        holder.append(Judging(listening.server_port, client_id, jwk))
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield holder[0]
        listening.shutdown()
        thread.join(10)
