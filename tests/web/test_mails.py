"""The outbox over the API."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from provisor import jobs, mail
from provisor.administrators.actor import system
from provisor.administrators.models import IdempotencyKey
from provisor.audit.models import Event
from provisor.mail import registry
from provisor.mail.models import Mail

LINK = "https://id.example.org/my/link/canary"


@pytest.fixture
def written(db: None, monkeypatch: pytest.MonkeyPatch) -> Mail:
    monkeypatch.delenv("PROVISOR_EMAIL_URL", raising=False)
    monkeypatch.setitem(registry._facts, "test", lambda row: {"link": LINK})
    row = mail.write(system(), "test", to="bob@example.org", facts={"name": "Bob"}, user=uuid.UUID(int=7))
    jobs.run_all()
    return row


def test_a_mail_reads_without_what_it_says(api: Any, written: Mail) -> None:
    shape = api.get(f"/mails/{written.id}").json()
    assert shape | {"created": None} == {
        "id": str(written.id),
        "to": "bob@example.org",
        "template": "test",
        "user": str(uuid.UUID(int=7)),
        "language": "en",
        "status": "kept",
        "attempts": 0,
        "error": None,
        "created": None,
        "next_try": None,
        "sent": None,
        "by": {"kind": "system", "id": "system", "name": "Provisor"},
    }


@pytest.mark.parametrize(
    ("query", "total"),
    [("", 1), ("?status=kept", 1), ("?status=sent", 0), (f"?user={uuid.UUID(int=7)}", 1), ("?template=other", 0)],
    ids=["all", "kept", "sent", "user", "template"],
)
def test_the_list_takes_filters(api: Any, written: Mail, query: str, total: int) -> None:
    answer = api.get(f"/mails{query}").json()
    assert answer["total"] == total
    assert "canary" not in str(answer)


def test_the_text_is_a_call_of_its_own(api: Any, written: Mail) -> None:
    said = api.post(f"/mails/{written.id}/text").json()
    assert LINK in said["text"]
    assert said["subject"] == "Mail from your organisation arrives"
    assert Event.objects.filter(type="mail_read").count() == 1


def test_a_text_isnt_stored_for_a_repeated_call(api: Any, written: Mail) -> None:
    for _ in range(2):
        assert LINK in api.post(f"/mails/{written.id}/text", Idempotency_Key="once").json()["text"]
    assert not IdempotencyKey.objects.exists()
    assert Event.objects.filter(type="mail_read").count() == 2


def test_a_mail_is_sent_again(api: Any, written: Mail, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("PROVISOR_EMAIL_URL", f"file://{tmp_path}")
    assert api.post(f"/mails/{written.id}/send").json()["status"] == "waiting"
    jobs.run_all()
    assert api.get(f"/mails/{written.id}").json()["status"] == "sent"
    assert LINK in next(tmp_path.iterdir()).read_text().replace("=\n", "")


def test_all_kept_mails_are_sent_once_there_is_a_server(
    api: Any, written: Mail, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    other = mail.write(system(), "test", to="eve@example.org", facts={"name": "Eve"})
    Mail.objects.filter(id=other.id).update(status="failed")
    answer = api.post("/mails:send-kept")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "wrong_state")
    assert Mail.objects.get(id=written.id).status == "kept"
    monkeypatch.setenv("PROVISOR_EMAIL_URL", f"file://{tmp_path}")
    assert api.post("/mails:send-kept").json() == {"count": 1}
    jobs.run_all()
    assert dict(Mail.objects.values_list("to", "status")) == {"bob@example.org": "sent", "eve@example.org": "failed"}
    assert LINK in next(tmp_path.iterdir()).read_text().replace("=\n", "")
    assert api.post("/mails:send-kept").json() == {"count": 0}
    (event,) = Event.objects.filter(type="mail_sent_again")
    assert event.message == "1 kept mail."


def test_a_mail_that_is_being_sent_isnt_sent_again(api: Any, written: Mail) -> None:
    Mail.objects.update(status="sending")
    answer = api.post(f"/mails/{written.id}/send")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "wrong_state")


def test_a_test_mail_is_written(api: Any, db: None) -> None:
    assert api.post("/mails:test", {"to": "bob@example.org"}).json()["template"] == "test"
    wrong = api.post("/mails:test", {"to": "bob@example.org\nBcc: eve@evil.example"})
    assert wrong.status_code == 422
    assert "to" in wrong.json()["error"]["fields"]


@pytest.mark.parametrize("path", ["", "/send", "/text"])
def test_an_unknown_mail_is_404(api: Any, path: str) -> None:
    answer = api.call("POST" if path else "GET", f"/mails/{uuid.UUID(int=9)}{path}")
    assert answer.status_code == 404


@pytest.mark.parametrize(("role", "code"), [("operator", 403), ("auditor", 403), ("admin", 200)])
def test_who_may_read_and_send(as_role: Any, written: Mail, role: str, code: int) -> None:
    caller = as_role(role)
    assert caller.get("/mails").status_code == 200
    assert caller.post(f"/mails/{written.id}/text").status_code == code
    assert caller.post("/mails:send-kept").status_code == (409 if code == 200 else code)
    assert caller.post(f"/mails/{written.id}/send").status_code == code


def test_metrics_tell_of_jobs_and_mails(api: Any, written: Mail) -> None:
    from django.test import Client

    text = Client().get("/metrics", headers=api.headers).content.decode()
    assert 'provisor_mails{status="kept"} 1.0' in text
    assert 'provisor_jobs{status="failed"} 0.0' in text
