"""The `auth`, `tls` and `proxy` of an application: each way as a document, what is refused, and what happens to
a secret that could be led elsewhere."""

from __future__ import annotations

import base64
import json
import time

import jwt
import pytest
from django.utils import timezone
from tests.web.applications.certificates import certificate, key, pem
from tests.web.applications.conftest import TOKEN
from tests.web.applications.looking import endpoint, row

from provisor.applications.models import Application, NextCredential, OAuthToken
from provisor.scim.sign_in import AuthorizationCode, ClientCredentials

URL = "https://login.example.com/oauth/token"
AUTHORIZE = "https://login.example.com/authorize"
OAUTH = {
    "type": "oauth2_client_credentials",
    "token_url": URL,
    "client_id": "provisor",
    "client_secret": "s3cr3t-canary",
}
CODE = {
    "type": "oauth2_authorization_code",
    "authorize_url": AUTHORIZE,
    "token_url": URL,
    "client_id": "provisor",
    "client_secret": "s3cr3t-canary",
}
SIGNED = {
    "type": "oauth2_client_credentials",
    "token_url": URL,
    "client_id": "provisor",
    "method": "private_key_jwt",
}


@pytest.fixture(autouse=True)
def _loopback(monkeypatch):
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")


def agreed(application):
    """As if an administrator had authorised it."""
    return OAuthToken.objects.create(
        application_id=application["id"], authorised_at=timezone.now(), authorised_by={"name": "Ada"}
    )


HEADERS = [
    ({"type": "bearer", "token": "abc"}, ("Authorization", "Bearer abc")),
    ({"token": "abc"}, ("Authorization", "Bearer abc")),
    ({"type": "header", "token": "abc"}, ("Authorization", "abc")),
    ({"type": "header", "header": "X-Api-Key", "token": "abc"}, ("X-Api-Key", "abc")),
    ({"type": "header", "prefix": "Token ", "token": "abc"}, ("Authorization", "Token abc")),
    (
        {"type": "basic", "username": "ada", "password": "pä ss"},
        ("Authorization", "Basic " + base64.b64encode("ada:pä ss".encode()).decode()),
    ),
]


@pytest.mark.parametrize(("auth", "sent"), HEADERS, ids=["bearer", "untyped", "header", "named", "prefix", "basic"])
def test_a_fixed_header_is_what_the_document_says(new_application, auth, sent):
    header = endpoint(new_application(auth=auth)).sign_in
    assert (header.name, header.value) == sent


def test_client_credentials_keep_their_public_fields_and_hide_the_secret(api, new_application):
    made = new_application(auth={**OAUTH, "scope": "scim users", "audience": "https://api.example.com"})
    shown = made["auth"]
    assert shown["token_url"] == URL
    assert (shown["method"], shown["scope"], shown["audience"]) == (
        "client_secret_basic",
        "scim users",
        "https://api.example.com",
    )
    assert "s3cr3t-canary" not in json.dumps([made, api.get(f"/applications/{made['id']}"), api.events()])
    way = endpoint(made).sign_in
    assert isinstance(way, ClientCredentials)
    assert (way.secret, way.client_id) == ("s3cr3t-canary", "provisor")
    assert "s3cr3t-canary" not in repr(endpoint(made))


def test_a_key_is_made_here_and_its_public_half_shown(new_application):
    made = new_application(auth=SIGNED)
    shown = made["auth"]["public_jwk"]
    assert (shown["kty"], shown["crv"], shown["alg"], made["auth"]["algorithm"]) == ("EC", "P-256", "ES256", "ES256")
    assert "d" not in shown
    assert shown["kid"] == made["auth"]["key_id"]
    signed = jwt.encode({"iss": "provisor"}, endpoint(made).sign_in.secret, algorithm="ES256")
    assert jwt.decode(signed, jwt.PyJWK(shown).key, algorithms=["ES256"]) == {"iss": "provisor"}


def test_a_key_that_was_made_stays_until_another_is_wanted(api, new_application):
    made = new_application(auth=SIGNED)
    first = endpoint(made).sign_in.secret
    kept = api.patch(f"/applications/{made['id']}", {"auth": {**SIGNED, "scope": "scim"}})
    assert endpoint(made).sign_in.secret == first
    assert kept["auth"]["public_jwk"] == made["auth"]["public_jwk"]
    api.patch(f"/applications/{made['id']}", {"auth": {**SIGNED, "private_key": None}})
    assert endpoint(made).sign_in.secret != first


def test_a_key_of_ones_own_signs_as_it_can(api, new_application):
    made = new_application(auth={**SIGNED, "private_key": pem(key("2048")), "algorithm": "PS256", "key_id": "k1"})
    assert (made["auth"]["algorithm"], made["auth"]["key_id"], made["auth"]["public_jwk"]["kid"]) == (
        "PS256",
        "k1",
        "k1",
    )
    change = {"auth": {**SIGNED, "private_key": pem(key()), "algorithm": "RS256"}}
    assert api.problem("PATCH", f"/applications/{made['id']}", change, 422)[1].keys() == {"auth.algorithm"}


def test_an_authorization_code_needs_to_be_authorised(new_application):
    made = new_application(auth={**CODE, "client_secret": ""})
    assert made["auth"]["authorised"] is None
    way = endpoint(made).sign_in
    assert isinstance(way, AuthorizationCode)
    assert (way.secret, str(way.application)) == ("", made["id"])


REFUSED = [
    ("way", {"type": "ntlm"}, ["auth.type"]),
    ("colon", {"type": "basic", "username": "a:b", "password": "x"}, ["auth.username"]),
    ("no-password", {"type": "basic", "username": "ada"}, ["auth.password"]),
    ("line-break", {"type": "basic", "username": "ada", "password": "a\nb"}, ["auth.password"]),
    ("host", {"type": "header", "header": "Host", "token": "a"}, ["auth.header"]),
    ("hop", {"type": "header", "header": "proxy-authorization", "token": "a"}, ["auth.header"]),
    ("length", {"type": "header", "header": "Content-Length", "token": "a"}, ["auth.header"]),
    ("injected", {"type": "header", "header": "X-A\r\nX-B", "token": "a"}, ["auth.header"]),
    ("prefix", {"type": "header", "prefix": "a\r\nX-B: ", "token": "a"}, ["auth.prefix"]),
    ("spaces", {"type": "header", "token": "a b"}, ["auth.token"]),
    ("foreign", {"type": "bearer", "token": "a", "client_id": "b"}, ["auth.client_id"]),
    ("plain-http", {**OAUTH, "token_url": "http://login.example.com/token"}, ["auth.token_url"]),
    ("inside", {**OAUTH, "token_url": "https://10.0.0.1/token"}, ["auth.token_url"]),
    ("userinfo", {**OAUTH, "token_url": "https://a:b@login.example.com/"}, ["auth.token_url"]),
    ("fragment", {**OAUTH, "token_url": f"{URL}#x"}, ["auth.token_url"]),
    ("no-client", {"type": "oauth2_client_credentials", "token_url": URL, "client_secret": "a"}, ["auth.client_id"]),
    ("no-secret", {"type": "oauth2_client_credentials", "token_url": URL, "client_id": "a"}, ["auth.client_secret"]),
    ("method", {**OAUTH, "method": "none"}, ["auth.method"]),
    ("scope", {**OAUTH, "scope": 'a "b"'}, ["auth.scope"]),
    ("short-key", {**SIGNED, "private_key": pem(key("1024"))}, ["auth.private_key"]),
    ("locked-key", {**SIGNED, "private_key": pem(key(), b"pass")}, ["auth.private_key"]),
    ("no-key", {**SIGNED, "private_key": "hello"}, ["auth.private_key"]),
    ("code-key", {**CODE, "method": "private_key_jwt"}, ["auth.client_secret", "auth.method"]),
    ("authorize", {**CODE, "authorize_url": "javascript:alert(1)"}, ["auth.authorize_url"]),
    ("public", {name: value for name, value in CODE.items() if name != "client_secret"}, ["auth.client_secret"]),
    ("past", {"token": "a", "expires": "2020-01-01"}, ["auth.expires"]),
    ("no-date", {"token": "a", "expires": "soon"}, ["auth.expires"]),
    ("no-zone", {"token": "a", "expires": "2099-01-01T00:00:00"}, ["auth.expires"]),
    ("no-certificate", {"type": "client_certificate"}, ["tls.certificate"]),
]


@pytest.mark.parametrize(("auth", "fields"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_cannot_be_used_is_refused_by_its_field(api, auth, fields):
    body = {"name": "Sample", "base_url": "https://scim.example.com/", "auth": auth}
    code, found = api.problem("POST", "/applications", body, 422)
    assert (code, sorted(found)) == ("invalid", fields)


def test_one_answer_names_all_that_is_wrong(api):
    auth = {"type": "oauth2_client_credentials", "token_url": "x", "scope": "", "colour": 1}
    body = {"name": "Sample", "base_url": "x", "auth": {**auth, "client_id": "a"}, "proxy": {"url": "x"}}
    assert api.problem("POST", "/applications", body, 422)[1].keys() == {"auth.colour"}  # unknown: before all else
    del body["auth"]["colour"]
    wrong = {"base_url", "auth.token_url", "auth.client_secret", "proxy.url"}
    assert api.problem("POST", "/applications", body, 422)[1].keys() == wrong


def test_no_refusal_repeats_a_secret(api):
    body = {"name": "Sample", "base_url": "https://scim.example.com/", "auth": {"token": "canary with space"}}
    body |= {"proxy": {"url": "http://127.0.0.1:3128", "password": "canary-of-proxy"}}
    body |= {"tls": {"certificate": "canary-certificate", "key": "canary-key"}}
    assert "canary" not in json.dumps(api.post("/applications", body, expect=422))


# The secret and where it goes ----------------------------------------------------------------------------------------------


def test_other_fields_keep_the_secret_and_its_end_can_be_added_alone(api, new_application):
    made = new_application(auth=OAUTH)
    path = f"/applications/{made['id']}"
    without = {name: value for name, value in OAUTH.items() if name != "client_secret"}
    changed = api.patch(path, {"auth": {**without, "scope": "scim", "expires": "2099-03-12"}})
    assert (changed["auth"]["scope"], changed["auth"]["expires"]) == ("scim", "2099-03-12T23:59:59.000000Z")
    assert endpoint(made).sign_in.secret == "s3cr3t-canary"
    told = {one["name"]: one["to"] for one in api.events("?type=application_update")[0]["changes"]}
    assert told == {"auth.scope": "scim", "auth.expires": "2099-03-12T23:59:59+00:00"}


def test_the_end_alone_changes_nothing_for_a_pass_under_way(api, application):
    before = row(application).secret_set_at
    api.patch(f"/applications/{application['id']}", {"auth": {"expires": "2099-03-12"}})
    assert row(application).secret_set_at == before
    api.patch(f"/applications/{application['id']}", {"auth": {"token": "another"}})
    assert row(application).secret_set_at > before


LEADING = [
    ("token_url", {"token_url": "https://evil.example.com/token"}),
    ("type", {"type": "oauth2_authorization_code", "authorize_url": AUTHORIZE}),
    ("method", {"method": "client_secret_post", "token_url": "https://evil.example.com/token"}),
]


@pytest.mark.parametrize("change", [case[1] for case in LEADING], ids=[case[0] for case in LEADING])
def test_a_document_that_leads_elsewhere_must_hold_the_secret(api, new_application, change):
    made = new_application(auth=OAUTH)
    without = {name: value for name, value in OAUTH.items() if name != "client_secret"}
    path = f"/applications/{made['id']}"
    assert "auth.client_secret" in api.problem("PATCH", path, {"auth": {**without, **change}}, 422)[1]
    assert endpoint(made).sign_in.token_url == URL


MOVES = [
    ("address", {"base_url": "http://127.0.0.1:10/scim"}),
    ("proxy", {"proxy": {"url": "http://127.0.0.1:3128"}}),
    ("authority", {"tls": {"ca": "CA"}}),
]


@pytest.fixture
def running(new_application):
    """One that is active, has a next credential and what OAuth gave out."""
    made = new_application(auth=CODE)
    Application.objects.filter(id=made["id"]).update(provisioning="active")
    agreed(made)
    NextCredential.objects.create(application_id=made["id"], auth_type="bearer", secret=b"x", set_at=timezone.now())
    return made


def with_authority(change):
    if "tls" in change:
        own = key()
        return {"tls": {"ca": pem(certificate("Example CA", own, ca=True))}}
    return change


@pytest.mark.parametrize("change", [case[1] for case in MOVES], ids=[case[0] for case in MOVES])
def test_who_could_lead_the_secret_elsewhere_loses_it(api, running, change):
    changed = api.patch(f"/applications/{running['id']}", with_authority(change))
    assert (changed["auth"]["token_set"], changed["provisioning"]) == (False, "paused")
    assert not OAuthToken.objects.exists()
    assert not NextCredential.objects.exists()


@pytest.mark.parametrize("change", [case[1] for case in MOVES], ids=[case[0] for case in MOVES])
def test_who_gives_it_again_keeps_it(api, running, change):
    path = f"/applications/{running['id']}"
    unsaid = {**with_authority(change), "auth": {name: CODE[name] for name in CODE if name != "client_secret"}}
    assert api.problem("PATCH", path, unsaid, 422)[1].keys() == {"auth.client_secret"}
    changed = api.patch(path, {**with_authority(change), "auth": {"token": "anew"}})
    assert (changed["auth"]["token_set"], changed["provisioning"]) == (True, "active")
    assert not NextCredential.objects.exists()  # nobody in this call knew it
    assert not OAuthToken.objects.exists()


def test_taking_away_a_proxy_or_an_authority_leads_nowhere_else(api, new_application):
    own = key()
    parts = {"proxy": {"url": "http://127.0.0.1:3128"}, "tls": {"ca": pem(certificate("Example CA", own, ca=True))}}
    made = new_application(**parts)
    changed = api.patch(f"/applications/{made['id']}", {"proxy": None, "tls": None})
    assert (changed["auth"]["token_set"], changed["proxy"], changed["tls"]) == (True, None, None)
    assert endpoint(made).tls is None


def test_another_secret_forgets_what_oauth_gave_and_keeps_the_next_one(api, running):
    api.patch(f"/applications/{running['id']}", {"auth": {**CODE, "client_secret": "another"}})
    assert not OAuthToken.objects.exists()
    assert NextCredential.objects.count() == 1


def test_only_who_may_set_secrets_sets_certificates_and_proxies(api_as, application):
    for part in ({"auth": {"token": "x"}}, {"tls": None}, {"proxy": None}):
        api_as("operator")("PATCH", f"/applications/{application['id']}", part, expect=403)


def test_a_token_that_tells_its_own_end_is_believed(new_application):
    end = int(time.time()) + 10 * 86_400
    token = jwt.encode({"exp": end}, "k" * 32, algorithm="HS256")
    made = new_application(auth={"token": token})
    assert (made["auth"]["expires_from"], made["auth"]["days_left"]) == ("token", 9)
    given = new_application(
        name="Other", base_url="http://127.0.0.1:10/", auth={"token": token, "expires": "2099-01-01"}
    )
    assert given["auth"]["expires_from"] == "given"


def test_a_row_from_before_signs_in_as_it_did(application):
    found = row(application)
    assert (found.auth_type, found.auth, found.tls, found.proxy) == ("bearer", {}, None, None)
    assert endpoint(application).sign_in.value == f"Bearer {TOKEN}"
