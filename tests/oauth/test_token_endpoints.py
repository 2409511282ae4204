"""What a token endpoint may answer, and what becomes of it: a token, "later", or "no", always in words without secrets."""

from __future__ import annotations

from typing import Any

import pytest
from tests.oauth.clients import CANARIES, REFRESH, SECRET, tokens, way

from provisor.scim.answers import NoToken, SignInRefused
from provisor.scim.oauth.asking import client_credentials

GOOD = {"access_token": "t0", "token_type": "Bearer", "expires_in": 3600}
HTML = {"Content-Type": "text/html"}
PAGE = b"<!doctype html><h1>Sign in</h1>"


def _error(code: str, description: str = "") -> dict[str, str]:
    return {"error": code, "error_description": description}


GIVEN = [
    ("as it should be", (200, GOOD), 3600),
    ("small letters", (200, {**GOOD, "token_type": "bearer"}), 3600),
    ("no type", (200, {"access_token": "t0", "expires_in": 3600}), 3600),
    ("no end", (200, {"access_token": "t0", "token_type": "Bearer"}), None),
    ("the end as text", (200, {**GOOD, "expires_in": "3600"}), 3600),
    ("the end as a fraction", (200, {**GOOD, "expires_in": 59.9}), 59.9),
    ("the end in words", (200, {**GOOD, "expires_in": "one hour"}), None),
    ("the end null", (200, {**GOOD, "expires_in": None}), None),
    ("the end zero", (200, {**GOOD, "expires_in": 0}), None),
    ("the end before now", (200, {**GOOD, "expires_in": -5}), None),
    ("the end a list", (200, {**GOOD, "expires_in": [3600]}), None),
    ("the end true", (200, {**GOOD, "expires_in": True}), None),
    ("the end far away", (200, {**GOOD, "expires_in": 10**30}), 30 * 86_400),
    ("the end in 400 digits", (200, {**GOOD, "expires_in": "9" * 400}), 30 * 86_400),
    ("another scope", (200, {**GOOD, "scope": "less"}), 3600),
    ("a scope that is a list", (200, {**GOOD, "scope": ["a", "b"]}), 3600),
    ("created", (201, GOOD), 3600),
    ("JSON that calls itself a page", (200, GOOD, HTML), 3600),
]


@pytest.mark.parametrize(("name", "reply", "life"), GIVEN, ids=[case[0] for case in GIVEN])
async def test_a_token(serve: Any, name: str, reply: Any, life: float | None) -> None:
    endpoint = await serve(reply)
    signer = tokens(f"http://127.0.0.1:{endpoint.port}/token")
    told = await signer.sign_in()
    assert (await signer.header()).value == "Bearer t0"
    assert ("doesn't say" in told) if life is None else (f"lasts {round(life):,} seconds" in told)
    assert len(endpoint.heard) == 1
    await signer.close()


LATER = [
    ("500", (500, None)),
    ("500 as a page", (500, PAGE, HTML)),
    ("502 as a page", (502, PAGE, HTML)),
    ("503", (503, _error("temporarily_unavailable"), {"Retry-After": "7"})),
    ("504", (504, None)),
    ("429", (429, None, {"Retry-After": "7"})),
    ("408", (408, None)),
    ("a page", (200, PAGE, HTML)),
    ("nothing", (200, None)),
    ("no JSON", (200, b"access_token=t0")),
    ("half of the JSON", (200, b'{"access_token": "t')),
    ("far too much", (200, b'{"x": "' + b"a" * 300_000 + b'"}')),
    ("busy, as 400", (400, _error("temporarily_unavailable"))),
    ("slow down", (400, _error("slow_down"))),
    ("a gateway's 403", (403, PAGE, HTML)),
    ("closed", "close"),
    ("reset", "reset"),
    ("not HTTP", b"SSH-2.0-x\r\n"),
]


@pytest.mark.parametrize(("name", "reply"), LATER, ids=[case[0] for case in LATER])
async def test_later(serve: Any, name: str, reply: Any) -> None:
    endpoint = await serve(reply)
    signer = tokens(f"http://127.0.0.1:{endpoint.port}/token")
    with pytest.raises(NoToken, match=f"authorisation server 127.0.0.1:{endpoint.port}") as failure:
        await signer.header()
    assert failure.value.after == (7.0 if "Retry-After" in str(reply) else None)
    assert not any(canary in repr(failure.value) for canary in CANARIES)
    await signer.close()


NO = [
    ("wrong secret", (401, _error("invalid_client", "Client authentication failed.")), "invalid_client: Client auth"),
    ("wrong secret, as 400", (400, _error("invalid_client")), "invalid_client"),
    ("may not", (400, _error("unauthorized_client")), "unauthorized_client"),
    ("the grant is over", (400, _error("invalid_grant", "revoked")), "invalid_grant: revoked"),
    ("wrong scope", (400, _error("invalid_scope")), "invalid_scope"),
    ("unknown way", (400, _error("unsupported_grant_type")), "unsupported_grant_type"),
    ("a word of its own", (400, _error("policy_says_no", "ask Zoë")), "policy_says_no: ask Zoë"),
    ("an error as 200", (200, _error("invalid_client")), "invalid_client"),
    ("403 with a word", (403, _error("access_denied")), "access_denied"),
    ("401 without a word", (401, None), "401"),
    ("401 as a page", (401, PAGE, HTML), "401"),
    ("400 without a word", (400, None), "400"),
    ("no endpoint", (404, PAGE, HTML), "404"),
    ("only GET", (405, None), "405"),
    ("elsewhere", (302, None, {"Location": "https://elsewhere.example/"}), "a redirect"),
    ("elsewhere, as POST", (307, None, {"Location": "https://elsewhere.example/"}), "a redirect"),
    ("another type", (200, {**GOOD, "token_type": "DPoP"}), "type DPoP"),
    ("a type that is none", (200, {**GOOD, "token_type": 7}), "type 7"),
    ("no token", (200, {"token_type": "Bearer"}), "without a token"),
    ("an empty token", (200, {**GOOD, "access_token": ""}), "without a token"),
    ("a number", (200, {**GOOD, "access_token": 7}), "without a token"),
    ("a list", (200, []), "without a token"),
    ("a token with a line break", (200, {**GOOD, "access_token": "a\r\nX-Evil: 1"}), "can't stand in a header"),
    ("a token of another script", (200, {**GOOD, "access_token": "tökén"}), "can't stand in a header"),
]


@pytest.mark.parametrize(("name", "reply", "said"), NO, ids=[case[0] for case in NO])
async def test_no(serve: Any, name: str, reply: Any, said: str) -> None:
    endpoint = await serve(reply)
    signer = tokens(f"http://127.0.0.1:{endpoint.port}/token")
    with pytest.raises(SignInRefused, match=f"authorisation server 127.0.0.1:{endpoint.port}") as failure:
        await signer.header()
    assert said in failure.value.reason
    assert failure.value.hint.endswith(".")
    assert len(endpoint.heard) == 1
    await signer.close()


def test_enough_ways_of_being_bad_are_tried() -> None:
    assert len(GIVEN) + len(LATER) + len(NO) >= 50


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_a_server_that_repeats_what_it_heard_tells_nobody(serve: Any, method: Any) -> None:
    def parrot(heard: Any) -> Any:
        words = f"{heard.headers.get('Authorization')} {heard.raw.decode()} {SECRET} {REFRESH}"
        return (400, _error("invalid_client", words))

    endpoint = await serve(parrot)
    url = f"http://127.0.0.1:{endpoint.port}/token"
    signer = tokens(url, method=method)
    with pytest.raises(SignInRefused) as failure:
        await signer.header()
    assert "[redacted]" in failure.value.reason
    assert SECRET not in failure.value.reason
    sent = client_credentials(way(url, method=method), now=0)
    assert not any(secret in failure.value.reason for secret in sent.secrets)
    await signer.close()


async def test_a_redirect_carries_no_credentials_elsewhere(serve: Any) -> None:
    elsewhere = await serve((200, GOOD))
    endpoint = await serve((307, None, {"Location": f"http://127.0.0.1:{elsewhere.port}/token"}))
    signer = tokens(f"http://127.0.0.1:{endpoint.port}/token")
    with pytest.raises(SignInRefused):
        await signer.header()
    assert elsewhere.heard == []
    await signer.close()
