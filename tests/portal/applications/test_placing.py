"""Where an application is: a connector's parameters on the Provisioning tab, the version of SCIM, files of certificates,
and what is said to go with another address."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from tests.portal.applications.conftest import TOKEN
from tests.portal.applications.test_provisioning import typed
from tests.portal.conftest import text_of
from tests.web.applications import certificates

from provisor.applications.credentials.sealing import unsealed
from provisor.applications.models import Application, NextCredential, OAuthToken, Provisioning
from provisor.applications.queries.form import form_of
from provisor.testing import FakeServiceProvider, Profile

GITHUB = "https://api.github.com/scim/v2/enterprises/{}"
CONNECTED = {"secret": b"sealed", "secret_set_at": timezone.now()}


@pytest.fixture
def github(open_page):
    """An application of a connector whose base URL is made of parameters."""
    slug, known = "github-enterprise-managed-users", {"enterprise": "acme"}
    return open_page("Code", connector=slug, parameters=known, base_url=GITHUB.format("acme"), **CONNECTED)


@pytest.fixture
def braze(open_page):
    """An application of a connector with a parameter in a header, and no template of its base URL."""
    known = {"service_origin": "old.example.com"}
    return open_page(
        "Messages", connector="braze", parameters=known, base_url="https://braze.example.com/scim", **CONNECTED
    )


def by_parameters(page, **changes):
    """What the tab sends while nothing is written by hand."""
    return typed(page, base_url="", **changes)


def prepare_next(page) -> None:
    NextCredential.objects.create(
        application_id=page.application.id, auth_type="bearer", auth={}, secret=b"sealed", set_at=timezone.now()
    )


def agree(page) -> None:
    Application.objects.filter(id=page.application.id).update(auth_type="oauth2_authorization_code")
    OAuthToken.objects.create(
        application_id=page.application.id, authorised_at=timezone.now(), authorised_by={"name": "ada"}
    )


def seen_in(answer) -> str:
    return re.search(r'name="seen" value="([^"]+)"', answer.content.decode())[1]


def test_the_tab_shows_the_parameters_and_the_base_url_that_they_make(github):
    body = github.get("provisioning").content.decode()
    assert 'name="parameter_enterprise" value="acme"' in body
    assert "<b>acme</b>" in body
    assert 'name="variant"' in body
    assert re.search(r'name="base_url"(?![^>]*value=)', body)


def test_saving_what_is_shown_changes_nothing(github):
    before = github.fresh()
    answer = github.post("provisioning", by_parameters(github, parameter_enterprise="acme"))
    assert answer.status_code == 302, text_of(answer)
    after = github.fresh()
    assert (after.base_url, after.parameters, bytes(after.secret)) == (before.base_url, before.parameters, b"sealed")
    assert after.updated == before.updated


def test_another_parameter_is_another_address_and_that_is_said_first(github):
    form = by_parameters(github, parameter_enterprise="other")
    asked = github.post("provisioning", form)
    said = text_of(asked)
    assert "The address is another one." in said
    assert "Save, empty the token" in said
    assert github.fresh().parameters == {"enterprise": "acme"}
    assert 'name="parameter_enterprise" value="other"' in asked.content.decode()
    github.post("provisioning", form | {"seen": seen_in(asked)})
    saved = github.fresh()
    assert (saved.base_url, saved.parameters) == (GITHUB.format("other"), {"enterprise": "other"})
    assert saved.secret is None


def test_another_variant_needs_its_own_parameters(github):
    form = by_parameters(github, parameter_enterprise="acme", variant="data_residency")
    answer = github.post("provisioning", form)
    assert answer.status_code == 422
    assert "The base URL needs this." in text_of(answer)
    answer = github.post("provisioning", form | {"parameter_subdomain": "acme", "token": "a-new-token"})
    assert answer.status_code == 302, text_of(answer)
    saved = github.fresh()
    assert saved.base_url == "https://api.acme.ghe.com/scim/v2/enterprises/acme"
    assert saved.parameters == {"variant": "data_residency", "subdomain": "acme"}


def test_a_base_url_by_hand_goes_before_the_parameters(github):
    by_hand = "https://scim.example.com/v2"
    answer = github.post("provisioning", typed(github, base_url=by_hand, parameter_enterprise="acme", token="x"))
    assert answer.status_code == 302, text_of(answer)
    assert (github.fresh().base_url, github.fresh().parameters) == (by_hand, {"enterprise": "acme"})
    body = github.get("provisioning").content.decode()
    assert f'name="base_url" value="{by_hand}"' in body
    github.post("provisioning", by_parameters(github, parameter_enterprise="acme", token="y"))
    assert github.fresh().base_url == GITHUB.format("acme")


def test_a_parameter_in_a_header_leaves_the_token_where_it_is(braze):
    Application.objects.filter(id=braze.application.id).update(provisioning=Provisioning.FAILING)
    answer = braze.post("provisioning", typed(braze, parameter_service_origin="new.example.com"))
    assert answer.status_code == 302, text_of(answer)
    saved = braze.fresh()
    assert form_of(saved).headers["X-Request-Origin"] == "new.example.com"
    assert bytes(saved.secret) == b"sealed"
    assert saved.provisioning == Provisioning.ACTIVE  # it may be taken now: it is tried at once


def test_the_base_url_is_shown_while_parameters_are_typed(github):
    looked = {"parameter_enterprise": "newer", "base_url": ""}
    body = github.post("base-url", looked, HX_Request="true").content.decode()
    assert "<b>newer</b>" in body
    assert "the stored token isn't handed to it" in body.replace("&#x27;", "'")
    by_hand = github.post("base-url", looked | {"base_url": "ftp://no"}, HX_Request="true")
    assert "https" in text_of(by_hand)
    asked = re.search(r'hx-params="([^"]+)"', github.get("provisioning").content.decode())[1].split(",")
    assert set(asked) == {"base_url", "variant", "csrfmiddlewaretoken"} | {
        f"parameter_{each}" for each in ("enterprise", "subdomain", "hostname")
    }


def test_an_address_that_follows_from_a_parameter_follows_it(open_page):
    token_url = "https://{}.accounts.ondemand.com/oauth2/token"
    page = open_page(
        "Cloud",
        connector="sap-cloud-identity-services",
        parameters={"tenant_id": "former"},
        base_url="https://former.accounts.ondemand.com/scim",
        auth_type="oauth2_client_credentials",
        auth={"token_url": token_url.format("former"), "client_id": "provisor", "method": "client_secret_basic"},
        **CONNECTED,
    )
    form = by_parameters(page, way="oauth2_client_credentials", parameter_tenant_id="later", client_secret="anew")
    form |= {"token_url": token_url.format("former"), "client_id": "provisor", "method": "client_secret_basic"}
    answer = page.post("provisioning", form)
    assert answer.status_code == 302, text_of(answer)
    saved = page.fresh()
    assert (saved.base_url, saved.auth["token_url"]) == (
        "https://later.accounts.ondemand.com/scim",
        token_url.format("later"),
    )


@pytest.mark.parametrize(("chosen", "kept"), [("1.1", {"scim": "1.1"}), ("2.0", {"scim": "2.0"}), ("", {})])
def test_the_version_of_scim_is_chosen_beside_the_base_url(page, chosen, kept):
    page.post("provisioning", typed(page, scim="1.1" if chosen != "1.1" else "2.0"))
    answer = page.post("provisioning", typed(page, scim=chosen))
    assert answer.status_code == 302, text_of(answer)
    assert page.fresh().settings.get("form", {}) == kept


def test_who_doesnt_send_the_version_leaves_it(page):
    page.post("provisioning", typed(page, scim="1.1"))
    page.post("provisioning", typed(page, base_url="https://chat.example.com/other"))
    assert form_of(page.fresh()).scim == "1.1"


def test_where_it_describes_itself_in_1_1_the_test_offers_that(page, monkeypatch):
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    with FakeServiceProvider.in_thread(token=TOKEN, profile=Profile(scim="1.1")) as provider:
        form = typed(page, base_url=provider.base_url, token=TOKEN, scim="")
        offered = page.post("test", form, HX_Request="true").content.decode()
        assert 'name="speak" value="1.1"' in offered
        again = page.post("test", form | {"speak": "1.1"}, HX_Request="true").content.decode()
    assert 'name="speak"' not in again
    assert "passed" in again
    assert 'hx-swap-oob="true"' in again  # the choice on the page follows
    assert '<option value="1.1" selected>' in again
    assert page.fresh().settings.get("form", {}) == {}  # a test saves nothing


@pytest.fixture
def pair():
    key = certificates.key()
    return certificates.pem(certificates.certificate("provisor", key)), certificates.pem(key)


def file(text: str | bytes, name: str = "some.pem") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)


def test_certificates_and_keys_are_taken_from_files(page, pair):
    certificate, key = pair
    form = typed(page, way="client_certificate", tls_certificate_file=file(certificate), tls_key_file=file(key))
    answer = page.post("provisioning", form)
    assert answer.status_code == 302, text_of(answer)
    saved = page.fresh()
    assert saved.tls["certificate"].split() == certificate.split()
    assert unsealed(saved.id, "tls_key", saved.tls_key).split() == key.split()
    assert key.splitlines()[1] not in page.get("provisioning").content.decode()


def test_a_file_of_a_key_comes_back_in_no_page_and_a_certificate_does(page, pair):
    certificate, key = pair
    form = typed(page, base_url="", tls_certificate_file=file(certificate), tls_key_file=file(key))
    answer = page.post("provisioning", form)
    assert answer.status_code == 422
    body = answer.content.decode()
    assert certificate.splitlines()[1] in body
    assert key.splitlines()[1] not in body


@pytest.mark.parametrize(
    "content", [b"\x30\x82\x01\xff", "no certificate", "-----BEGIN X" * 10_000], ids=["binary", "text", "long"]
)
def test_a_file_that_isnt_pem_is_refused_beside_its_field(page, content):
    answer = page.post("provisioning", typed(page, tls_ca_file=file(content)))
    assert answer.status_code == 422
    assert "This file isn&#x27;t PEM" in answer.content.decode()
    assert page.fresh().tls is None


def test_the_key_of_a_next_credential_may_be_a_file(open_page):
    page = open_page("Signed", **CONNECTED)
    key = certificates.pem(certificates.key())
    given = {"way": "oauth2_client_credentials", "method": "private_key_jwt", "client_id": "provisor"}
    given |= {"token_url": "https://login.example.com/token", "private_key_file": file(key), "act": "put"}
    answer = page.post("next", given)
    assert answer.status_code == 302, text_of(answer)
    prepared = NextCredential.objects.get()
    assert (
        unsealed(page.application.id, "secret", prepared.secret, table="applications_nextcredential").split()
        == key.split()
    )


def test_that_the_next_credential_goes_is_said_even_where_the_token_is_typed_anew(open_page):
    page = open_page("Chat", **CONNECTED)
    prepare_next(page)
    form = typed(page, base_url="https://chat.example.com/elsewhere", token="typed-anew")
    asked = page.post("provisioning", form)
    assert "The next credential, which is prepared, is dropped." in text_of(asked)
    assert "Save, drop the next credential" in text_of(asked)
    assert "Saving empties the token" not in text_of(asked)
    assert NextCredential.objects.exists()
    page.post("provisioning", form | {"seen": seen_in(asked)})
    assert not NextCredential.objects.exists()


@pytest.mark.parametrize(
    "change",
    [{"base_url": "https://chat.example.com/elsewhere"}, {"client_secret": "another"}],
    ids=["address", "secret"],
)
def test_that_an_agreement_goes_is_said(open_page, change):
    auth = {"authorize_url": "https://login.example.com/agree", "token_url": "https://login.example.com/token"}
    auth |= {"client_id": "provisor", "method": "client_secret_basic"}
    page = open_page("Agreed", auth=auth, **CONNECTED)
    agree(page)
    form = typed(page, way="oauth2_authorization_code", **auth, **change)
    asked = page.post("provisioning", form)
    assert "authorise it again afterwards" in text_of(asked)
    assert OAuthToken.objects.exists()
    page.post("provisioning", form | {"seen": seen_in(asked)})
    assert not OAuthToken.objects.exists()


def test_another_authority_is_named_as_what_makes_the_token_go(open_page, pair):
    page = open_page("Chat", **CONNECTED)
    authority = certificates.pem(certificates.certificate("authority", certificates.key(), ca=True))
    said = text_of(page.post("provisioning", typed(page, tls_ca_file=file(authority))))
    assert "Another authority or another proxy could hand on what is stored." in said
    assert "Saving empties the token" in said
    assert "The address is another one" not in said
