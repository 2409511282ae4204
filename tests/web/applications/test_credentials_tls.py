"""The `tls` and `proxy` of an application: certificates that sign in or are trusted, and the way through a proxy."""

from __future__ import annotations

import json

import pytest
from tests.web.applications.certificates import certificate, key, pem
from tests.web.applications.looking import endpoint

from provisor.applications.models import Application
from provisor.scim.sign_in import Certificate


@pytest.fixture(autouse=True)
def _loopback(monkeypatch):
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")


@pytest.fixture(scope="module")
def chain():
    """Ours with its key, issued by an intermediate, issued by a root."""
    root_key, middle_key, own_key = key(), key(), key()
    root = certificate("Root", root_key, ca=True)
    middle = certificate("Middle", middle_key, issuer=root, by=root_key, ca=True)
    own = certificate("provisor", own_key, issuer=middle, by=middle_key, days=60)
    return {"root": root, "middle": middle, "own": own, "key": own_key, "middle_key": middle_key, "root_key": root_key}


def test_a_client_certificate_signs_in(new_application, chain):
    tls = {"certificate": pem(chain["own"]) + pem(chain["middle"]), "key": pem(chain["key"])}
    made = new_application(auth={"type": "client_certificate"}, tls=tls)
    assert made["tls"]["certificate"]["subject"] == "CN=provisor"
    assert (made["auth"]["expires_from"], made["auth"]["days_left"]) == ("certificate", 59)
    assert "PRIVATE" not in json.dumps(made)
    assert endpoint(made).sign_in == Certificate()
    assert (endpoint(made).tls.certificate, endpoint(made).tls.key) == (tls["certificate"], tls["key"])


def test_it_cannot_be_taken_away_while_it_is_what_signs_in(api, new_application, chain):
    tls = {"certificate": pem(chain["own"]), "key": pem(chain["key"])}
    made = new_application(auth={"type": "client_certificate"}, tls=tls)
    assert api.problem("PATCH", f"/applications/{made['id']}", {"tls": None}, 422)[1].keys() == {"tls.certificate"}


def test_a_renewed_certificate_may_keep_its_key(api, new_application, chain):
    made = new_application(tls={"certificate": pem(chain["own"]), "key": pem(chain["key"])})
    renewed = certificate("provisor", chain["key"], issuer=chain["middle"], by=chain["middle_key"], days=300)
    path = f"/applications/{made['id']}"
    api.patch(path, {"tls": {"certificate": pem(renewed)}})
    assert endpoint(made).tls.key == pem(chain["key"])
    other = certificate("provisor", key(), issuer=chain["middle"], by=chain["middle_key"])
    assert api.problem("PATCH", path, {"tls": {"certificate": pem(other)}}, 422)[1].keys() == {"tls.key"}


def wrong_tls(chain):
    ended = certificate("provisor", chain["key"], issuer=chain["middle"], by=chain["middle_key"], days=-1)
    own, secret = pem(chain["own"]), pem(chain["key"])
    return {
        "not-pem": ({"ca": "hello"}, "tls.ca", "BEGIN CERTIFICATE"),
        "no-authority": ({"ca": own}, "tls.ca", "is not a certificate authority"),
        "ended-authority": ({"ca": pem(certificate("Old", key(), ca=True, days=-1))}, "tls.ca", "ended on"),
        "key-as-ca": ({"ca": secret}, "tls.ca", "private key"),
        "no-key": ({"certificate": own}, "tls.key", "Missing"),
        "other-key": ({"certificate": own, "key": pem(key())}, "tls.key", "doesn't fit"),
        "locked": ({"certificate": own, "key": pem(chain["key"], b"x")}, "tls.key", "passphrase"),
        "ended": ({"certificate": pem(ended), "key": secret}, "tls.certificate", "ended on"),
        "unrelated": ({"certificate": own + pem(chain["root"]), "key": secret}, "tls.certificate", "one after it"),
        "order": ({"certificate": pem(chain["middle"]) + own, "key": secret}, "tls.certificate", "comes first"),
        "key-alone": ({"key": secret}, "tls.certificate", "Missing"),
        "empty": ({}, "tls", "Nothing in it"),
        "unknown": ({"cert": "x"}, "tls.cert", ""),
    }


CASES = ["not-pem", "no-authority", "ended-authority", "key-as-ca", "no-key", "other-key", "locked", "ended", "unrelated",
         "order", "key-alone", "empty", "unknown"]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_certificates_that_cannot_work_are_refused_in_words(api, chain, case):
    tls, field, words = wrong_tls(chain)[case]
    body = {"name": "Sample", "base_url": "https://scim.example.com/", "tls": tls}
    fields = api.problem("POST", "/applications", body, 422)[1]
    assert field in fields
    assert words in fields[field]


def test_a_proxy_keeps_its_password_only_for_its_own_address(api, new_application):
    made = new_application(proxy={"url": "http://127.0.0.1:3128", "username": "ada", "password": "canary"})
    path = f"/applications/{made['id']}"
    assert made["proxy"] == {"url": "http://127.0.0.1:3128", "username": "ada", "password_set": True}
    api.patch(path, {"proxy": {"url": "http://127.0.0.1:3128", "username": "ada"}})
    assert endpoint(made).proxy.password == "canary"
    api.patch(path, {"proxy": {"url": "http://127.0.0.1:3129", "username": "ada"}})
    assert endpoint(made).proxy.password == ""
    assert "canary" not in json.dumps([made, api.events()])


PROXIES = [
    ("scheme", {"url": "socks5://127.0.0.1:1080"}, "proxy.url"),
    ("path", {"url": "http://127.0.0.1:3128/x"}, "proxy.url"),
    ("userinfo", {"url": "http://a:b@127.0.0.1:3128"}, "proxy.url"),
    ("not-allowed", {"url": "http://10.1.1.1:3128"}, "proxy.url"),
    ("nameless", {"url": "http://127.0.0.1:3128", "password": "x"}, "proxy.password"),
    ("colon", {"url": "http://127.0.0.1:3128", "username": "a:b"}, "proxy.username"),
]


@pytest.mark.parametrize(("proxy", "field"), [case[1:] for case in PROXIES], ids=[case[0] for case in PROXIES])
def test_a_proxy_that_cannot_be_used_is_refused(api, application, proxy, field):
    assert api.problem("PATCH", f"/applications/{application['id']}", {"proxy": proxy}, 422)[1].keys() == {field}


def test_a_failing_application_goes_on_with_other_certificates(api, new_application, chain):
    made = new_application()
    Application.objects.filter(id=made["id"]).update(provisioning="failing", stopped={"code": "credentials_invalid"})
    tls = {"certificate": pem(chain["own"]), "key": pem(chain["key"])}
    assert api.patch(f"/applications/{made['id']}", {"tls": tls})["provisioning"] == "active"
