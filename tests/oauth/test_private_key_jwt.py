"""private_key_jwt as somebody else's server judges it: idpyoidc says whether our assertions hold."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.oauth.clients import server, way
from tests.oauth.jwt_server import Judging, judging

from provisor.scim.answers import SignInRefused
from provisor.scim.oauth import asking
from provisor.scim.oauth.sources import OwnCredentials
from provisor.scim.oauth.tokens import Tokens
from provisor.scim.sign_in import ClientCredentials

EC_KEY, RSA_KEY = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)


def _jwk(key: Any) -> dict[str, Any]:
    kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    public = {name: value for name, value in json.loads(kind.to_jwk(key.public_key())).items() if name != "key_ops"}
    return {**public, "kid": "k1", "use": "sig"}


def _way(judge: Judging, key: Any, **changes: Any) -> ClientCredentials:
    return way(judge.token_url, secret=_pem(key), method="private_key_jwt", key_id="k1", scope="scim", **changes)


@pytest.fixture(params=[EC_KEY, RSA_KEY], ids=["EC", "RSA"])
def judged(request: pytest.FixtureRequest) -> Iterator[tuple[Judging, Any]]:
    with judging("provisor", _jwk(request.param)) as judge:
        yield judge, request.param


async def test_an_assertion_is_taken_again_and_again(judged: Any) -> None:
    judge, key = judged
    signer = Tokens(OwnCredentials(_way(judge, key), server(judge.token_url)))
    first = await signer.header()
    assert await signer.renewed(first)
    assert (await signer.header()).value != first.value
    assert [status for status, _ in judge.said] == [200, 200]
    await signer.close()


WRONG = [
    ("another key", lambda sound: replace(sound, secret=_pem(ec.generate_private_key(ec.SECP256R1())))),
    ("another audience", lambda sound: replace(sound, token_url="https://elsewhere.example/token")),
    ("another client", lambda sound: replace(sound, client_id="somebody")),
]


def _pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


@pytest.mark.parametrize(("name", "bend"), WRONG, ids=[case[0] for case in WRONG])
async def test_the_judge_refuses_what_is_wrong(name: str, bend: Any) -> None:
    with judging("provisor", _jwk(EC_KEY)) as judge:
        asked = asking.client_credentials(bend(_way(judge, EC_KEY)), now=_now())
        there = server(judge.token_url)
        with pytest.raises(SignInRefused) as refused:
            await there.ask(asked)
        await there.close()
    assert judge.said[0][0] in (400, 401)
    assert judge.said[0][1]["error"] in refused.value.reason


async def test_an_assertion_of_yesterday_is_refused() -> None:
    with judging("provisor", _jwk(EC_KEY)) as judge:
        there = server(judge.token_url)
        with pytest.raises(SignInRefused):
            await there.ask(asking.client_credentials(_way(judge, EC_KEY), now=_now() - 86_400))
        await there.close()


def _now() -> int:
    return int(time.time())
