"""What ends is told of before it does, once at each stage; and shown wherever one looks."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone
from tests.web.applications.certificates import certificate, key, pem

from provisor import jobs
from provisor.administrators.models import Administrator
from provisor.applications.credentials import expiry
from provisor.applications.models import Application, NextCredential
from provisor.audit.models import Event
from provisor.mail import rendering
from provisor.mail.models import Mail
from provisor.mail.registry import Dropped


@pytest.fixture
def people(db):
    """Who is told: owners and administrators who may sign in."""
    for email, role, active in (
        ("ada@example.com", "owner", True),
        ("grace@example.com", "admin", True),
        ("olga@example.com", "operator", True),
        ("gone@example.com", "admin", False),
    ):
        Administrator.objects.create(email=email, email_key=email, role=role, is_active=active)


@pytest.fixture
def active(application, people):
    Application.objects.filter(id=application["id"]).update(provisioning="active")
    return application


def ends_in(application, **span):
    end = timezone.now() + timedelta(**span)
    Application.objects.filter(id=application["id"]).update(secret_expires=end, secret_expires_from="given")
    return end


def tell_all():
    while expiry.tell() >= expiry.PIECE:
        pass


def told():
    """Types of events, and who got a mail."""
    events = list(Event.objects.filter(type__startswith="credential_exp").order_by("at").values_list("type", flat=True))
    mails = sorted(Mail.objects.filter(template=expiry.TEMPLATE).values_list("to", flat=True))
    return events, mails


STAGES = [(40, None), (29.9, 30), (20, 30), (6.9, 7), (3, 7), (0.9, 1), (0.1, 1), (-0.1, 0), (-90, 0)]


@pytest.mark.parametrize(("days", "level"), STAGES, ids=[str(days) for days, _level in STAGES])
def test_each_end_has_come_to_one_stage(days, level):
    from provisor.applications.queries.credentials import End

    assert expiry.level_of(End("secret", timezone.now() + timedelta(days=days), "given")) == level


def test_each_stage_is_told_once_to_owners_and_administrators(active):
    ends_in(active, days=40)
    tell_all()
    assert told() == ([], [])
    seen = []
    for days in (29, 20, 6, 5, 0.5, 0.2, -0.5, -30):
        let_time_pass(active, days)
        tell_all()
        tell_all()
        seen.append(len(told()[0]))
    assert seen == [1, 1, 2, 2, 3, 3, 4, 4]
    events, mails = told()
    assert events == ["credential_expiring"] * 3 + ["credential_expired"]
    assert mails == ["ada@example.com"] * 4 + ["grace@example.com"] * 4


def let_time_pass(application, days):
    """The same end, and what was told of it, seen from another day."""
    end = ends_in(application, days=days)
    before = Application.objects.get(id=application["id"]).expiry_told
    after = {what: {**one, "at": end.isoformat()} for what, one in before.items()}
    Application.objects.filter(id=application["id"]).update(expiry_told=after)


def test_who_begins_late_is_told_only_the_nearest_stage(active):
    ends_in(active, days=2)
    tell_all()
    events, mails = told()
    assert (events, len(mails)) == (["credential_expiring"], 2)


def test_another_token_begins_the_warnings_anew(api, active):
    ends_in(active, days=2)
    tell_all()
    day = (timezone.now() + timedelta(days=3)).date().isoformat()
    api.patch(f"/applications/{active['id']}", {"auth": {"token": "another", "expires": day}})
    tell_all()
    assert told()[0] == ["credential_expiring"] * 2


def test_one_that_was_never_activated_wakes_nobody(application, people):
    ends_in(application, days=-1)
    tell_all()
    assert told() == ([], [])


def test_certificates_and_the_next_credential_are_told_of_too(api, active):
    own, root = key(), key()
    tls = {
        "ca": pem(certificate("Example CA", root, ca=True, days=20)),
        "certificate": pem(certificate("provisor", own, days=5)),
        "key": pem(own),
    }
    api.patch(f"/applications/{active['id']}", {"tls": tls, "auth": {"token": "x"}})
    NextCredential.objects.create(
        application_id=active["id"], auth_type="bearer", secret=b"x", set_at=timezone.now(),
        expires=timezone.now() + timedelta(hours=3),
    )  # fmt: skip
    tell_all()
    changes = Event.objects.filter(type="credential_expiring").values_list("changes", flat=True)
    assert sorted(each[0]["to"] for each in changes) == ["ca", "certificate", "next"]
    tell_all()
    assert Event.objects.filter(type="credential_expiring").count() == 3


def test_the_mail_says_what_ends_when_and_what_to_do(active, monkeypatch):
    monkeypatch.setenv("PROVISOR_PUBLIC_URL", "https://provisor.example.com")
    end = ends_in(active, days=6, hours=1)
    tell_all()
    said = rendering.text_of(Mail.objects.filter(to="ada@example.com").get())
    assert said.subject == "Sample: what Provisor signs in with ends in 7 days"
    assert f"{end.day} {end:%B %Y}" in said.text
    assert "Make a new one there" in said.text
    for text in (said.text, said.html):
        assert f"https://provisor.example.com/applications/{active['id']}/provisioning" in text


def test_a_mail_about_what_was_renewed_meanwhile_is_not_sent(active):
    ends_in(active, days=6)
    tell_all()
    ends_in(active, days=300)
    with pytest.raises(Dropped):
        rendering.text_of(Mail.objects.first())


def test_a_hostile_name_stays_text(api, active):
    api.patch(f"/applications/{active['id']}", {"name": "<b>evil</b> https://evil.example.com"})
    ends_in(active, days=-1)
    tell_all()
    said = rendering.text_of(Mail.objects.first())
    assert "<b>" not in said.html
    assert "https://evil.example.com" not in said.text + said.html + said.subject


def test_the_job_does_it(active):
    ends_in(active, days=6)
    jobs.later("credentials.watch")
    assert "credentials.watch" in jobs.run_all()
    assert told()[0] == ["credential_expiring"]


def test_applications_whose_credentials_end_can_be_listed(api, new_application):
    first, second = new_application(name="First"), new_application("http://127.0.0.1:10/", name="Second")
    ends_in(first, days=20)
    ends_in(second, days=200)
    assert [one["name"] for one in api.get("/applications?expiring=30")["items"]] == ["First"]
    assert api.get("/applications?expiring=30")["total"] == 1
    assert [one["name"] for one in api.get("/applications?expiring=365")["items"]] == ["First", "Second"]
    assert api.get("/applications?expiring=3")["items"] == []
    api("GET", "/applications?expiring=-1", expect=422)


def test_metrics_tell_every_end(api, application):
    end = ends_in(application, days=20)
    answer = api.caller.client.get("/metrics", headers=api.caller.headers).content.decode()
    labels = f'application="{application["id"]}",name="Sample",what="secret"'
    wanted = f"provisor_credential_expires_timestamp_seconds{{{labels}}}"
    line = next(line for line in answer.splitlines() if line.startswith(wanted))
    assert float(line.split()[-1]) == pytest.approx(end.timestamp(), abs=1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_once(active):
    ends_in(active, days=6)
    together = threading.Barrier(2)

    def work():
        try:
            together.wait(10)
            expiry.tell()
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert told() == (["credential_expiring"], ["ada@example.com", "grace@example.com"])
