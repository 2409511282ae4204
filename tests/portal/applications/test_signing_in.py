"""How to sign in to an application: the ways, their fields, and that no secret ever comes back to a page."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import get_args

import jwt
import pytest
from django.utils import timezone
from tests.portal.applications.conftest import TOKEN
from tests.portal.applications.test_provisioning import typed
from tests.portal.conftest import text_of
from tests.web.applications import certificates

from provisor.applications.credentials.sealing import unsealed
from provisor.applications.models import Application
from provisor.catalogue import entries
from provisor.catalogue.connector import SignIn
from provisor.directory.models import Organisation
from provisor.portal.forms import ways

SECRET = "a-secret-of-the-client"
CLIENT = {
    "way": "oauth2_client_credentials",
    "token_url": "https://login.example.com/token",
    "client_id": "provisor",
    "method": "client_secret_basic",
    "client_secret": SECRET,
    "scope": "scim",
}


def secret_of(page) -> str:
    one = page.fresh()
    return unsealed(one.id, "secret", one.secret)


@pytest.fixture(autouse=True)
def _a_proxy_that_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "proxy.example.com:3128")


def save(page, **changes):
    answer = page.post("provisioning", typed(page, **changes))
    assert answer.status_code == 302, text_of(answer)
    return page.fresh()


def test_the_ways_are_those_of_the_catalogue():
    assert set(ways.WAYS) == set(get_args(SignIn))


@pytest.mark.parametrize(
    ("given", "public", "secret"),
    [
        ({"way": "bearer", "token": "a-token"}, {}, "a-token"),
        ({"way": "basic", "username": "api", "password": " with spaces "}, {"username": "api"}, " with spaces "),
        (
            {"way": "header", "header": "X-Api-Key", "prefix": "Key ", "token": "a-token"},
            {"header": "X-Api-Key", "prefix": "Key "},
            "a-token",
        ),
        (CLIENT, {"token_url": CLIENT["token_url"], "client_id": "provisor", "scope": "scim"}, SECRET),
        (
            CLIENT | {"way": "oauth2_authorization_code", "authorize_url": "https://login.example.com/agree"},
            {"authorize_url": "https://login.example.com/agree", "client_id": "provisor"},
            SECRET,
        ),
    ],
    ids=["bearer", "basic", "header", "client credentials", "authorization code"],
)
def test_each_way_is_saved_from_its_fields_and_its_secret_is_in_no_page(page, given, public, secret):
    saved = save(page, **given)
    assert saved.auth_type == given["way"]
    assert public.items() <= saved.auth.items()
    assert secret_of(page) == secret
    body = page.get("provisioning").content.decode()
    assert secret.strip() not in body
    assert "Stored. Never shown again." in body
    assert all(value in body for value in public.values())


def test_another_way_shows_its_own_fields_without_scripts_and_keeps_what_was_typed(page):
    answer = page.post("provisioning", typed(page, way="basic", act="way", base_url="https://typed.example/scim"))
    body = answer.content.decode()
    assert 'name="username"' in body
    assert 'name="token"' not in body
    assert "https://typed.example/scim" in body
    assert "error" not in text_of(answer).lower()
    assert page.fresh().auth_type == "bearer"


def test_another_way_shows_its_own_fields_by_htmx(page):
    body = page.post("sign-in", {"way": "oauth2_client_credentials"}, HX_Request="true").content.decode()
    assert 'name="token_url"' in body
    signed = {"way": "oauth2_client_credentials", "method": "private_key_jwt"}
    body = page.post("sign-in", signed, HX_Request="true").content.decode()
    assert 'name="private_key"' in body
    assert 'name="client_secret"' not in body


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"token_url": "http://login.example.com/token"}, "https"),
        ({"client_id": ""}, "Missing."),
        ({"expires": "2020-01-01"}, "This is over already."),
        ({"expires": "soon"}, "A day, such as 2027-03-12."),
        ({"tls_ca": "no certificate"}, "No certificate in PEM"),
        ({"proxy_url": "ftp://proxy.example.com"}, "http"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(page, change, said):
    answer = page.post("provisioning", typed(page, **(CLIENT | change)))
    assert answer.status_code == 422
    body = answer.content.decode()
    assert said in text_of(answer)
    name = next(iter(change))
    assert f'id="id_{name}_error"' in body
    assert SECRET not in body
    assert page.fresh().secret is None


def test_provisor_makes_a_key_and_shows_its_public_half_alone(page):
    save(page, **(CLIENT | {"method": "private_key_jwt", "client_secret": ""}))
    said = text_of(page.get("provisioning"))
    assert "Public key, to register there" in said
    assert "&quot;kty&quot;: &quot;EC&quot;" in said
    key = secret_of(page)
    assert key.splitlines()[1] not in page.get("provisioning").content.decode()
    save(page, **(CLIENT | {"method": "private_key_jwt", "client_secret": "", "scope": "more"}))
    assert secret_of(page) == key, "an empty field keeps the key"
    assert page.fresh().auth["scope"] == "more"


def test_the_end_is_kept_told_and_taken_back(page):
    saved = save(page, token="a-token", expires="2099-03-12")
    assert saved.secret_expires.date().isoformat() == "2099-03-12"
    said = text_of(page.get("provisioning"))
    assert "The token ends on 1" in said
    save(page, expires="")
    assert page.fresh().secret_expires is None
    assert secret_of(page) == "a-token"
    assert "No end date known. Add one to be reminded." in text_of(page.get("provisioning"))


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_a_day_stays_the_day_that_was_given_wherever_one_is(page, zone):
    Organisation.objects.update(time_zone=zone)
    first = save(page, token="a-token", expires="2099-03-12").secret_expires
    body = page.get("provisioning").content.decode()
    assert 'value="2099-03-12"' in body
    assert "The token ends on 12 Mar 2099" in body
    assert save(page, expires="2099-03-12").secret_expires == first


def test_a_token_that_tells_its_own_end_is_believed(page):
    end = timezone.now() + timedelta(days=20)
    save(page, token=jwt.encode({"exp": int(end.timestamp())}, "k" * 32))
    said = text_of(page.get("provisioning"))
    assert "in 19 days" in said
    assert "The token itself says so." in said


def test_what_the_connector_says_is_offered_first_and_filled_in(owner, monkeypatch):
    one = entries.ENTRIES["slack"]
    auth = one.auth.model_copy(
        update={"type": "oauth2_client_credentials", "also": ("basic",), "token_url": "https://login.example.com/t",
                "scope": "accounts", "lasts_days": 90}
    )  # fmt: skip
    known = {**entries.ENTRIES, "slack": one.model_copy(update={"auth": auth})}
    monkeypatch.setattr(entries, "ENTRIES", known)
    body = owner.get("/applications/catalog/slack").content.decode()
    first, _another, folded = body.partition("Another way")
    assert 'value="oauth2_client_credentials"' in first
    assert 'value="basic"' in first
    assert 'value="bearer"' in folded
    assert 'value="https://login.example.com/t"' in body
    assert (timezone.localdate() + timedelta(days=90)).isoformat() in body


def test_a_connector_is_added_with_a_secret_and_without(owner):
    one = entries.ENTRIES["slack"]
    asked = {f"parameter_{each.name}": each.example for each in one.parameters}
    address = {} if one.base_url else {"base_url": "https://scim.example.com/v2"}
    owner.post("/applications/catalog/slack", {"name": "One", **asked, **address})
    given = {"name": "Two", "force": "1", "way": "basic", "username": "api", "password": "pw-of-two"}
    owner.post("/applications/catalog/slack", {**given, **asked, **address})
    bare, full = Application.objects.order_by("name_key")
    assert (bare.secret, full.auth_type, full.auth["username"]) == (None, "basic", "api")
    assert unsealed(full.id, "secret", full.secret) == "pw-of-two"


def test_certificates_and_a_proxy_are_kept_and_their_secrets_never_shown(page):
    root, own = certificates.key(), certificates.key()
    ca = certificates.certificate("Our authority", root, ca=True)
    certificate = certificates.certificate("provisor", own, issuer=ca, by=root)
    key = certificates.pem(own)
    roads = {"tls_ca": certificates.pem(ca), "tls_certificate": certificates.pem(certificate), "tls_key": key}
    proxy = {"proxy_url": "http://proxy.example.com:3128", "proxy_username": "us", "proxy_password": "pw-of-the-proxy"}
    saved = save(page, way="client_certificate", **roads, **proxy)
    assert (saved.auth_type, saved.proxy["username"]) == ("client_certificate", "us")
    body = page.get("provisioning").content.decode()
    assert "pw-of-the-proxy" not in body
    assert key.splitlines()[1] not in body
    save(page, way="client_certificate")
    again = page.fresh()
    assert bytes(again.tls_key) == bytes(saved.tls_key), "what is left alone stays"
    assert bytes(again.proxy_secret) == bytes(saved.proxy_secret)
    save(page, way="client_certificate", proxy_url="", proxy_username="")
    assert page.fresh().proxy is None


@pytest.mark.parametrize("name", ["tls_key", "private_key", "client_secret", "proxy_password"])
def test_a_refused_form_sends_no_secret_back(page, name):
    form = CLIENT | {"method": "private_key_jwt" if name == "private_key" else "client_secret_basic"}
    answer = page.post("provisioning", typed(page, **(form | {"token_url": "", name: "CANARY-IN-A-SECRET"})))
    assert answer.status_code == 422
    assert f'name="{name}"' in answer.content.decode()
    assert "CANARY-IN-A-SECRET" not in answer.content.decode()


def test_another_proxy_says_that_the_token_goes_before_it_does(page):
    save(page, token=TOKEN)
    asked = page.post("provisioning", typed(page, proxy_url="http://proxy.example.com:3128"))
    assert "empties" in text_of(asked)
    assert page.fresh().secret is not None
    page.post("provisioning", typed(page, proxy_url="http://proxy.example.com:3128", seen="1/0"))
    assert page.fresh().secret is None


def test_another_token_address_wants_the_secret_again(page):
    save(page, **CLIENT)
    moved = CLIENT | {"token_url": "https://elsewhere.example.com/token", "client_secret": ""}
    answer = page.post("provisioning", typed(page, **moved))
    assert answer.status_code == 422
    assert 'id="id_client_secret_error"' in answer.content.decode()
    assert page.fresh().auth["token_url"] == CLIENT["token_url"]


def test_a_session_that_ended_keeps_no_secret(page):
    form = typed(
        page, **(CLIENT | {"private_key": "PEM-OF-A-KEY", "tls_key": "PEM-OF-ANOTHER", "proxy_password": "pw"})
    )
    page.client.get(page.path("provisioning"))
    session = page.client.session
    session["seen_at"] = session["signed_in_at"] = 0
    session.save()
    page.post("provisioning", form)
    kept = json.dumps(dict(page.client.session.items()))
    assert "login.example.com" in kept
    assert all(word not in kept for word in (SECRET, "PEM-OF-A-KEY", "PEM-OF-ANOTHER"))


def test_who_may_not_change_it_reads_it(open_page, signed_in):
    page = open_page("Chat", client=signed_in("auditor"))
    assert page.get("next").status_code == 200
    assert "takes the role owner or admin" in text_of(page.get("next"))
    assert page.post("next", {"act": "put", "token": "x"}).status_code == 403
