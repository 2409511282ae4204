"""Mail reaches its server once, and what doesn't is tried again or says why."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parseaddr

import pytest
from django.db import transaction
from django.utils import timezone
from tests.mail.conftest import OWNER, now_due
from tests.mail.server import certificate

from provisor import jobs, mail
from provisor.audit.models import Event
from provisor.directory.models import Organisation
from provisor.mail import outcomes, sending, smtp
from provisor.mail.models import Mail

pytestmark = pytest.mark.django_db


def status(row: Mail) -> tuple[str, int]:
    row.refresh_from_db()
    return row.status, row.attempts


def test_a_mail_arrives_as_it_was_written(server, write, send):
    Organisation.objects.update(name="Nordlicht Energie")
    row = write(name="Bob Ross")
    send()
    [came] = server.mails
    assert came["To"] == "bob@example.org"
    assert came["From"] == "Nordlicht Energie <provisor@id.example.org>"
    assert came["Subject"] == "Mail from Nordlicht Energie arrives"
    assert came["Auto-Submitted"] == "auto-generated"
    assert "Bob Ross asked Provisor" in came.get_body(("plain",)).get_content()
    assert "Bob Ross asked Provisor" in came.get_body(("html",)).get_content()
    assert status(row) == ("sent", 1)
    assert row.sent_at


def test_it_comes_from_the_address_that_was_chosen(server, write, send):
    Organisation.objects.update(settings={"mail_from": "directory@nordlicht.example"})
    write()
    send()
    assert server.envelopes == [("directory@nordlicht.example", "bob@example.org")]


def test_it_is_sent_after_the_commit_and_never_without_one(server, send, db):
    with transaction.atomic():
        mail.write(OWNER, "test", to="never@example.org")
        transaction.set_rollback(True)
    mail.write(OWNER, "test", to="bob@example.org")
    assert jobs.run_all() == ["send_mails"]
    assert server.recipients() == ["bob@example.org"]


def test_many_mails_share_a_connection(server, send, db):
    letters = [mail.Letter(f"user{number}@example.org", facts={"name": "Bob"}) for number in range(60)]
    assert mail.write_many(OWNER, "test", iter(letters)) == 60
    send()
    assert sorted(server.recipients()) == sorted(each.to for each in letters)
    assert server.connections == 1


def test_a_single_mail_overtakes_many(server, send, db):
    mail.write_many(OWNER, "test", [mail.Letter(f"user{number}@example.org") for number in range(30)])
    mail.write(OWNER, "test", to="urgent@example.org")
    send()
    assert server.recipients()[0] == "urgent@example.org"


def test_a_refused_recipient_fails_at_once_with_the_servers_words(server, write, send):
    server.refuse["gone@example.org"] = "550 5.1.1 <gone@example.org>: no such mailbox"
    gone, other = write("gone@example.org"), write("bob@example.org")
    send()
    assert status(gone) == ("failed", 1)
    assert gone.error == "550 5.1.1 <gone@example.org>: no such mailbox"
    assert status(other) == ("sent", 1)
    [event] = Event.objects.filter(type="mail_failed")
    assert "550 5.1.1" in event.message
    assert event.outcome == "failure"


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ({"refuse": {"bob@example.org": "451 4.7.1 greylisted"}}, "451 4.7.1 greylisted"),
        ({"data": "452 4.3.1 the disk is full"}, "452 4.3.1 the disk is full"),
        ({"sender": "550 5.7.1 not from there"}, "doesn't take mail from provisor@id.example.org: 550 5.7.1"),
        ({"hang_up_in_data": {"bob@example.org"}}, "while the mail was sent"),
    ],
    ids=["recipient", "data", "sender", "hang up"],
)
def test_what_may_pass_is_tried_again_later_each_time(server, write, send, refusal, words):
    vars(server).update(refusal)
    row, waits = write(), []
    for _ in range(3):
        send()
        row.refresh_from_db()
        waits.append(round((row.next_try - timezone.now()).total_seconds() / 60))
        assert row.status == "waiting"
        assert words in row.error
        now_due(row)
    assert waits == [1, 5, 15]
    server.refuse, server.data, server.sender, server.hang_up_in_data = {}, None, None, set()
    send()
    assert status(row) == ("sent", 4)
    assert len(server.mails) == 1


def test_data_that_is_refused_for_good_fails_at_once(server, write, send):
    server.data = "554 5.7.1 this is spam"
    row = write()
    send()
    assert status(row) == ("failed", 1)


def test_a_mail_that_breaks_the_connection_delays_no_other(server, write, send):
    server.hang_up_in_data = {"bad@example.org"}
    write("first@example.org"), write("bad@example.org"), write("last@example.org")
    send()
    assert server.recipients() == ["first@example.org", "last@example.org"]


def test_a_server_that_takes_few_mails_a_connection_gets_them_all(server, send, db):
    server.most = 2
    mail.write_many(OWNER, "test", [mail.Letter(f"user{number}@example.org") for number in range(7)])
    send()
    assert len(server.mails) == 7
    assert Mail.objects.filter(status="sent", attempts=1).count() == 7


def test_a_second_sending_of_the_same_text_can_be_recognised(server, write, send):
    row = write()
    send()
    Mail.objects.filter(id=row.id).update(status="sending", next_try=timezone.now())  # its sender died before noting it
    send()
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert first.get_body(("plain",)).get_content() == second.get_body(("plain",)).get_content()


def test_what_a_lost_sender_holds_isnt_sent_before_its_time(server, write, send):
    row = write()
    Mail.objects.filter(id=row.id).update(status="sending", next_try=timezone.now() + sending.LEASE)
    send()
    assert server.mails == []


def test_a_server_that_is_away_costs_one_try_for_all_and_nobody_a_turn(write, send, monkeypatch, free_port):
    monkeypatch.setenv("PROVISOR_EMAIL_URL", f"smtp://127.0.0.1:{free_port}")
    rows = [write(f"user{number}@example.org") for number in range(5)]
    send()
    for row in rows:
        assert status(row) == ("waiting", 0)
        assert row.error == f"127.0.0.1:{free_port} can't be used: Connection refused"
        assert row.next_try > timezone.now() + timedelta(seconds=50)


@pytest.mark.parametrize("queued", [timedelta(days=2), timedelta(days=4)], ids=["two days", "four days"])
def test_a_server_that_stays_away_is_given_up_after_three_days(write, send, monkeypatch, free_port, queued):
    monkeypatch.setenv("PROVISOR_EMAIL_URL", f"smtp://127.0.0.1:{free_port}")
    rows = [write(), write()]
    Mail.objects.update(queued=timezone.now() - queued)
    send()
    over = queued > outcomes.AT_MOST
    assert {status(row)[0] for row in rows} == {"failed" if over else "waiting"}
    assert Event.objects.filter(type="mail_failed").count() == (2 if over else 0)


def test_a_refused_greeting_and_a_refused_password_say_so(server, write, send, monkeypatch):
    server.greeting = "554 5.7.1 you are on a list"
    row = write()
    send()
    assert status(row) == ("waiting", 0)
    assert "554 5.7.1 you are on a list" in row.error
    server.greeting, server.password = "220 postbox.example", ("ada", "right")
    monkeypatch.setenv("PROVISOR_EMAIL_URL", server.url.replace("//", "//ada:wrong-canary@"))
    now_due(row)
    send()
    row.refresh_from_db()
    assert "refuses the user or password of PROVISOR_EMAIL_URL: 535" in row.error
    assert "canary" not in row.error


def test_a_server_that_drips_is_left_at_the_deadline(server, write, send, monkeypatch):
    monkeypatch.setattr(smtp.SmtpTransport.__init__, "__kwdefaults__", {"patience": 15.0, "deadline": 0.3})
    server.drips = True
    row = write()
    send()
    assert status(row) == ("waiting", 1)


def test_tls_is_used_where_it_is_offered_and_a_password_needs_it(server, write, send, monkeypatch, tmp_path):
    server.tls, server.password = certificate(tmp_path), ("ada", "s3cret canary")
    with_password = server.url.replace("//", "//ada:s3cret%20canary@")
    monkeypatch.setenv("PROVISOR_EMAIL_URL", with_password)
    row = write()
    send()
    assert "its certificate isn't valid here" in Mail.objects.get().error
    monkeypatch.setenv("PROVISOR_EMAIL_URL", f"{with_password}?verify=no")
    now_due(row)
    send()
    assert status(row) == ("sent", 1)
    assert server.heard.index("STARTTLS") < next(at for at, line in enumerate(server.heard) if line.startswith("AUTH"))


def test_tls_from_the_start(server, write, send, monkeypatch, tmp_path):
    server.tls, server.implicit = certificate(tmp_path), True
    monkeypatch.setenv("PROVISOR_EMAIL_URL", f"{server.url.replace('smtp:', 'smtps:')}?verify=no")
    row = write()
    send()
    assert status(row) == ("sent", 1)
    assert "STARTTLS" not in server.heard


def test_required_tls_that_isnt_offered_sends_nothing(server, write, send, monkeypatch):
    monkeypatch.setenv("PROVISOR_EMAIL_URL", f"{server.url}?tls=required")
    row = write()
    send()
    assert status(row) == ("waiting", 0)
    assert "offers no TLS" in row.error
    assert not any(line.startswith("MAIL") for line in server.heard)


def test_a_folder_gets_a_file_that_only_its_owner_reads(write, send, monkeypatch, tmp_path):
    folder = tmp_path / "out" / "box"
    monkeypatch.setenv("PROVISOR_EMAIL_URL", f"file://{folder}")
    row = write()
    send()
    [file] = folder.iterdir()
    assert file.name == f"{row.id}.1.eml"
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"To: bob@example.org" in file.read_bytes()


def test_without_a_server_it_is_kept(write, send, monkeypatch):
    monkeypatch.delenv("PROVISOR_EMAIL_URL", raising=False)
    row = write()
    send()
    assert status(row) == ("kept", 0)
    assert row.body is None


def test_an_address_that_cant_be_read_is_never_repeated(write, send, monkeypatch):
    monkeypatch.setenv("PROVISOR_EMAIL_URL", "smtp://ada:canary@host:nonsense")
    row = write()
    send()
    row.refresh_from_db()
    assert "PROVISOR_EMAIL_URL can't be read" in row.error
    assert "canary" not in row.error


@pytest.mark.parametrize(
    "address",
    [
        "bob@example.org\nBcc: eve@evil.example",
        "bob@example.org,eve@evil.example",
        "Bob <bob@example.org>",
        "bob",
        "@example.org",
        "bob@",
        "bob@ex ample.org",
        '"bob\\" eve"@example.org',
        "bob@example.org\x00",
        "..@example.org",
    ],
    ids=range(10),
)
def test_an_address_that_is_none_fails_and_nothing_is_sent(server, write, send, address):
    row, other = write(address), write("other@example.org")
    send()
    assert status(row)[0] == "failed"
    assert status(other)[0] == "sent"
    assert server.recipients() == ["other@example.org"]


@pytest.mark.parametrize(
    ("address", "sent_to"),
    [("zoë@bücher.example", "zoë@xn--bcher-kva.example"), ("bob@BÜCHER.example", "bob@xn--bcher-kva.example")],
    ids=["local", "domain"],
)
def test_letters_of_every_alphabet_arrive(server, write, send, address, sent_to):
    row = write(address)
    send()
    assert status(row)[0] == "sent", row.error
    assert server.recipients() == [sent_to]


def test_an_organisation_with_a_hostile_name_adds_no_header(server, write, send):
    Organisation.objects.update(name='Evil"\r\nBcc: eve@evil.example\r\n\r\n<b>')
    write()
    send()
    [came] = server.mails
    assert came["Bcc"] is None
    assert server.recipients() == ["bob@example.org"]
    assert parseaddr(came["From"])[1] == "provisor@id.example.org"
