"""The outbox in the portal."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from tests.portal.conftest import text_of

from provisor import jobs, mail
from provisor.administrators.actor import system
from provisor.audit.models import Event
from provisor.directory.models import Organisation
from provisor.mail import registry
from provisor.mail.models import Mail

LINK = "https://id.example.org/my/link/canary"


@pytest.fixture
def written(db: None, monkeypatch: pytest.MonkeyPatch) -> Mail:
    """A mail with a link, kept because no server is set."""
    monkeypatch.delenv("PROVISOR_EMAIL_URL", raising=False)
    monkeypatch.setitem(registry._facts, "test", lambda row: {"link": LINK})
    row = mail.write(system(), "test", to="bob@example.org", facts={"name": "Bob"})
    jobs.run_all()
    return row


def test_the_list_says_to_whom_what_and_what_became_of_it(owner: Client, written: Mail):
    page = text_of(owner.get("/mail"))
    assert "1 mail is kept here, because no server is set." in page
    assert "bob@example.org Test Kept" in page


def test_kept_mails_are_sent_all_at_once_once_there_is_a_server(
    owner: Client, written: Mail, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    assert "Send all kept" not in text_of(owner.get("/mail"))
    monkeypatch.setenv("PROVISOR_EMAIL_URL", f"file://{tmp_path}")
    assert "1 mail is kept here and isn't sent by itself. " in text_of(owner.get("/mail"))
    assert "1 mail goes out now." in text_of(owner.post("/mail/send-kept", follow=True))
    jobs.run_all()
    assert Mail.objects.get().status == "sent"


def test_an_empty_outbox_says_what_comes_here(owner: Client):
    assert "No mail yet" in text_of(owner.get("/mail"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=kept", True),
        ("status=sent", False),
        ("template=test", True),
        ("user=no-id", False),
        ("status=x'y", False),
    ],
)
def test_filters_narrow_the_list(owner: Client, written: Mail, query: str, found: bool):
    assert ("bob@example.org" in text_of(owner.get(f"/mail?{query}"))) is found


def test_the_text_is_shown_on_demand_and_that_is_an_event(owner: Client, written: Mail):
    page = owner.get(f"/mail/{written.id}")
    assert LINK not in page.content.decode()
    shown = owner.post(f"/mail/{written.id}/text")
    assert LINK in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert Event.objects.filter(type="mail_read").count() == 1


@pytest.mark.parametrize(("role", "may"), [("operator", False), ("auditor", False), ("admin", True)])
def test_who_may_read_and_send(signed_in, written: Mail, role: str, may: bool):
    client = signed_in(role)
    page = text_of(client.get(f"/mail/{written.id}"))
    assert ("Show the text" in page) is may
    assert (client.post(f"/mail/{written.id}/text").status_code == 403) is not may
    assert (client.post(f"/mail/{written.id}/send").status_code == 403) is not may


def test_a_kept_mail_is_sent(owner: Client, written: Mail, monkeypatch, tmp_path):
    monkeypatch.setenv("PROVISOR_EMAIL_URL", f"file://{tmp_path}")
    assert owner.post(f"/mail/{written.id}/send")["Location"] == f"/mail/{written.id}"
    assert "Waiting" in text_of(owner.get(f"/mail/{written.id}"))
    jobs.run_all()
    assert "Sent" in text_of(owner.get(f"/mail/{written.id}"))
    assert len(list(tmp_path.iterdir())) == 1


def test_a_test_mail_goes_to_who_asks(owner: Client, monkeypatch, tmp_path):
    monkeypatch.setenv("PROVISOR_EMAIL_URL", f"file://{tmp_path}")
    where = owner.post("/mail/test")["Location"]
    jobs.run_all()
    assert Mail.objects.get().to == "owner@example.com"
    assert "Sent" in text_of(owner.get(where))


def test_the_server_is_named_and_its_password_isnt(owner: Client, monkeypatch):
    monkeypatch.setenv("PROVISOR_EMAIL_URL", "smtp://ada:canary@mail.example.org")
    page = owner.get("/mail").content.decode()
    assert "mail.example.org:587" in page
    assert "canary" not in page


def test_an_address_of_a_server_that_cant_be_read_is_news(owner: Client, monkeypatch):
    monkeypatch.setenv("PROVISOR_EMAIL_URL", "smtp://ada:canary@mail.example.org?tls=maybe")
    page = owner.get("/mail").content.decode()
    assert "No mail goes out." in page
    assert "canary" not in page


def test_the_sender_is_saved_and_shown(owner: Client):
    assert owner.post("/mail", {"mail_from": "directory@nordlicht.example"}).status_code == 302
    assert Organisation.objects.get().settings == {"mail_from": "directory@nordlicht.example"}
    assert "directory@nordlicht.example" in owner.get("/mail").content.decode()
    owner.post("/mail", {"mail_from": ""})
    assert Organisation.objects.get().settings == {}


def test_a_sender_that_is_none_is_said(owner: Client):
    answer = owner.post("/mail", {"mail_from": "not an address"})
    assert answer.status_code == 422
    assert b'aria-invalid="true"' in answer.content


def test_a_servers_words_are_text(owner: Client, written: Mail):
    Mail.objects.update(status="failed", error="550 <script>alert(1)</script>")
    page = owner.get(f"/mail/{written.id}").content.decode()
    assert "&lt;script&gt;" in page
    assert "It wasn" in page
