"""Signing in, by bad luck and bad will: damaged certificates, tokens that never end, many credentials that don't work."""

from __future__ import annotations

import base64
import json
import random
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from tests.web.applications.certificates import certificate, key, pem

from provisor.applications.credentials import ends, expiry, rotation, transport
from provisor.applications.models import Application, NextCredential
from provisor.errors import Invalid

NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280, 4.1.2.5: no end that is known
OWN = key()
SOUND = certificate("Example CA", OWN, ca=True)
# A serial number below zero is against the rules, and stands in old authorities all the same.
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")


def damaged(seed: int) -> str:
    """A certificate in which up to three bytes are others."""
    dice, der = random.Random(seed), bytearray(SOUND.public_bytes(Encoding.DER))
    for _ in range(dice.choice([1, 1, 2, 3])):
        der[dice.randrange(len(der))] = dice.choice([dice.randrange(256), 0, 5, 0x80, 0xFF])
    body = base64.encodebytes(bytes(der)).decode()
    return f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"


def taken_or_refused(document) -> set[str]:
    """The fields to blame; none where it can be used."""
    try:
        transport.tls(document)
    except Invalid as problem:
        return set(problem.fields)
    return set()


@given(st.integers(0, 2**32))
def test_a_damaged_certificate_is_refused_in_words_or_still_works(seed):
    text, own = damaged(seed), pem(OWN)
    for document in ({"ca": text}, {"certificate": text, "key": own}, {"certificate": text + pem(SOUND), "key": own}):
        assert taken_or_refused(document) <= {"tls.ca", "tls.certificate", "tls.key"}


# Among them are a curve, a version and names that aren't known: each raised something of its own.
@pytest.mark.parametrize("part", ["ca", "certificate"])
def test_every_damage_of_one_byte_is_survived(part):
    der = bytearray(SOUND.public_bytes(Encoding.DER))
    for at in range(len(der)):
        for value in (0, 0x05, 0x1E, 0x80, 0xFF):
            hurt = bytes(der[:at]) + bytes([value]) + bytes(der[at + 1 :])
            body = base64.encodebytes(hurt).decode()
            text = f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"
            tls = {part: text, **({"key": pem(OWN)} if part == "certificate" else {})}
            assert taken_or_refused(tls) <= {f"tls.{part}", "tls.key"}


def without_end() -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Example CA")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(OWN.public_key())
    made = made.serial_number(1).not_valid_before(timezone.now() - timedelta(days=1)).not_valid_after(NEVER)
    return made.sign(OWN, hashes.SHA256())


def test_what_never_ends_can_be_written_in_every_time_zone():
    public = transport.tls({"ca": pem(without_end()), "certificate": pem(without_end()), "key": pem(OWN)}).public
    for end in (public["ca_expires"], public["certificate_expires"]):
        assert datetime.fromisoformat(end) <= NEVER - timedelta(days=1)
    assert ends.told_by(jwt.encode({"exp": int(NEVER.timestamp())}, "k" * 32)) is None


EXPIRY = [1e300, -1, 0, 2**70, -62_135_596_800, "123", True, None, [], {"exp": 1}, int("9" * 400)]


@pytest.mark.parametrize("said", EXPIRY, ids=str(list(range(len(EXPIRY))))[1:-1].split(", "))
def test_an_odd_end_in_a_token_is_none(said):
    parts = [
        base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in ({"alg": "none"}, {"exp": said})
    ]
    assert ends.told_by(b".".join([*parts, b""]).decode()) is None


@given(
    st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: base64.urlsafe_b64encode(raw).decode() + ".e30.")
)
def test_what_is_no_token_tells_no_end(text):
    assert ends.told_by(text) is None


# Ends and those that stay as they were ------------------------------------------------------------------------------------


def test_what_a_stored_token_told_of_its_end_stays_with_it(api, new_application):
    end = int((timezone.now() + timedelta(days=10)).timestamp())
    made = new_application(auth={"type": "header", "token": jwt.encode({"exp": end}, "k" * 32)})
    path = f"/applications/{made['id']}"
    moved = api.patch(path, {"auth": {"type": "header", "header": "X-Api-Key"}})["auth"]
    assert (moved["header"], moved["expires_from"], moved["expires"]) == ("X-Api-Key", "token", made["auth"]["expires"])
    assert api.patch(path, {"auth": {"type": "header", "expires": None}})["auth"]["expires"] is None


@pytest.mark.parametrize(("scheme", "kept"), [("http", True), ("https", False)])
def test_another_authority_is_not_handed_the_password_of_an_https_proxy(api, new_application, scheme, kept):
    proxy = {"url": f"{scheme}://127.0.0.1:3128", "username": "ada", "password": "canary"}
    path = f"/applications/{new_application(proxy=proxy)['id']}"
    changed = api.patch(path, {"tls": {"ca": pem(SOUND)}})
    assert changed["proxy"]["password_set"] is kept
    again = api.patch(path, {"tls": {"ca": pem(without_end())}, "proxy": proxy})
    assert again["proxy"]["password_set"]


SHAPES = [["canary"], {"canary": "canary"}, "canary " * 2000, "can\x00ary-canary", "canary\ud800"]


@pytest.mark.parametrize("shape", SHAPES, ids=["list", "object", "long", "nul", "surrogate"])
@pytest.mark.parametrize("field", ["token", "password", "client_secret", "private_key"])
def test_a_secret_of_a_wrong_shape_is_not_repeated(api, application, shape, field, caplog):
    types = {"token": "bearer", "password": "basic", "private_key": "oauth2_client_credentials"}
    auth = {"type": types.get(field, "oauth2_authorization_code"), field: shape}
    for method, path, body in (
        ("PATCH", f"/applications/{application['id']}", {"auth": auth}),
        ("PUT", f"/applications/{application['id']}/auth/next", auth),
    ):
        answer = api.caller.call(method, path, body)
        assert answer.status_code in (400, 422)
        assert b"canary" not in answer.content
    assert "canary" not in caplog.text


# Many that don't work -----------------------------------------------------------------------------------------------------


@pytest.fixture
def many(new_application):
    """Three failing applications whose next credential doesn't open."""
    made = [new_application(f"http://127.0.0.1:{port}/", name=f"App {port}") for port in (9, 10, 11)]
    Application.objects.update(provisioning="failing", stopped={"code": "credentials_invalid"})
    for one in made:
        NextCredential.objects.create(application_id=one["id"], auth_type="bearer", secret=b"x", set_at=timezone.now())
    return made


def test_next_credentials_that_do_not_open_are_each_looked_at_once(many):
    assert rotation.switch_where_needed(most=1) == 3


def test_one_that_breaks_stops_no_other(many, monkeypatch):
    asked = []

    def broken(actor, id):
        asked.append(id)
        raise RuntimeError

    monkeypatch.setattr(rotation.credentials, "switch", broken)
    assert rotation.switch_where_needed(most=2) == 3
    assert len(set(asked)) == 3


def test_ends_that_our_clock_has_not_come_to_are_each_looked_at_once(many, monkeypatch):
    end = timezone.now() + timedelta(days=6)
    Application.objects.update(secret_expires=end, secret_expires_from="given", expiry_told={})
    told = {"secret": {"at": end.isoformat(), "level": 30}}
    Application.objects.update(expiry_told=told)
    behind = timezone.now() - timedelta(days=2)
    monkeypatch.setattr(expiry.timezone, "now", lambda: behind)
    assert expiry.tell(most=1) == 3
    assert [one.expiry_told for one in Application.objects.all()] == [told] * 3
