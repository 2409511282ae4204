"""What people see and do in the outbox, and how long anything stays there."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from tests.mail.conftest import OWNER

from provisor import jobs, mail
from provisor.administrators.actor import Actor
from provisor.administrators.roles import Forbidden
from provisor.audit.models import Event
from provisor.errors import Conflict, Invalid, NotFound, WrongState
from provisor.mail import commands, pruning, queries, registry
from provisor.mail.models import Mail, Status

pytestmark = pytest.mark.django_db
CANARY = "https://id.example.org/my/link/canary-{}"


@pytest.fixture
def links(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The links that the template `test` has made: a new one for each rendering."""
    made: list[str] = []

    def link_of(row: Mail) -> dict[str, str]:
        made.append(CANARY.format(len(made)))
        return {"link": made[-1]}

    monkeypatch.setitem(registry._facts, "test", link_of)
    return made


def happened() -> list[str]:
    return list(Event.objects.order_by("at").values_list("type", flat=True))


def test_a_link_is_made_when_the_mail_is_rendered_and_lies_nowhere_in_clear(write, send, server, links):
    row = write()
    assert links == []
    send()
    assert CANARY.format(0) in server.mails[0].get_body(("plain",)).get_content()
    row.refresh_from_db()
    assert b"canary" not in bytes(row.body)
    assert "canary" not in str(row.facts)


def test_reading_a_kept_mail_makes_its_link_once_and_is_an_event(write, send, links):
    row = write()
    send()
    assert commands.read(OWNER, row.id).text.count(CANARY.format(0)) == 1
    assert commands.read(OWNER, row.id).text.count(CANARY.format(0)) == 1
    assert links == [CANARY.format(0)]
    assert happened() == ["mail_read", "mail_read"]
    assert "canary" not in Event.objects.first().message


def test_the_text_of_a_sent_mail_that_is_gone_isnt_made_anew(write, send, server, links):
    row = write()
    send()
    Mail.objects.update(body=None)
    with pytest.raises(Conflict, match="kept for 7 days"):
        commands.read(OWNER, row.id)
    assert len(links) == 1


def test_sending_a_kept_mail_again_makes_a_new_link(write, send, server, links, monkeypatch):
    url = server.url
    monkeypatch.delenv("PROVISOR_EMAIL_URL")
    row = write()
    send()
    commands.read(OWNER, row.id)
    monkeypatch.setenv("PROVISOR_EMAIL_URL", url)
    assert commands.send_again(OWNER, row.id).status == "waiting"
    jobs.run_all()
    [came] = server.mails
    assert CANARY.format(1) in came.get_body(("plain",)).get_content()
    assert came["Message-ID"] == f"<{row.id}.2@id.example.org>"
    assert happened() == ["mail_read", "mail_sent_again"]


def test_a_dropped_mail_says_why_and_is_no_failure(write, send, server, monkeypatch):
    def dropped(row: Mail) -> dict[str, str]:
        raise mail.Dropped("Bob is suspended.")

    monkeypatch.setitem(registry._facts, "test", dropped)
    row = write()
    send()
    row.refresh_from_db()
    assert (row.status, row.error) == ("failed", "Bob is suspended.")
    assert happened() == []
    with pytest.raises(Conflict, match="suspended"):
        commands.read(OWNER, row.id)


def test_a_mail_that_needs_a_person_is_kept(write, send, server, monkeypatch):
    def keep(row: Mail) -> dict[str, str]:
        raise mail.Kept("Set PROVISOR_PUBLIC_URL.")

    monkeypatch.setitem(registry._facts, "test", keep)
    row = write()
    send()
    row.refresh_from_db()
    assert (row.status, row.error) == ("kept", "Set PROVISOR_PUBLIC_URL.")


def test_facts_that_break_delay_no_other_mail(write, send, server, monkeypatch):
    monkeypatch.setitem(registry._facts, "test", lambda row: {"x": 1 / 0} if row.to.startswith("bad") else {})
    bad, good = write("bad@example.org"), write("good@example.org")
    send()
    bad.refresh_from_db(), good.refresh_from_db()
    assert (bad.status, good.status) == ("waiting", "sent")
    assert "ZeroDivisionError" in bad.error


@pytest.mark.parametrize("status", Status.values)
def test_what_can_be_sent_again(write, server, status):
    row = write()
    Mail.objects.filter(id=row.id).update(status=status, next_try=timezone.now() + timedelta(hours=1))
    if status == "sending":
        with pytest.raises(WrongState):
            commands.send_again(OWNER, row.id)
    else:
        commands.send_again(OWNER, row.id)
        jobs.run_all()
        assert server.recipients() == ["bob@example.org"]


@pytest.mark.parametrize(("role", "may"), [("owner", True), ("admin", True), ("operator", False), ("auditor", False)])
def test_who_may_read_and_send(write, role, may):
    row, actor = write(), Actor(kind="token", id="2", name="t", role=role)
    acts = [
        lambda: commands.read(actor, row.id),
        lambda: commands.send_again(actor, row.id),
        lambda: commands.send_test(actor, "bob@example.org"),
    ]
    for act in acts:
        if may:
            act()
        else:
            with pytest.raises(Forbidden):
                act()


def test_an_unknown_mail_is_not_found():
    for act in (commands.read, commands.send_again):
        with pytest.raises(NotFound):
            act(OWNER, uuid.uuid4())


def test_a_test_mail_to_no_address_is_refused():
    with pytest.raises(Invalid, match="no mail address"):
        commands.send_test(OWNER, "bob@example.org\nBcc: eve@evil.example")
    assert not Mail.objects.exists()


def test_a_template_that_isnt_there_shows_when_it_is_written(write):
    with pytest.raises(Exception, match=r"mail/misspelt\.txt"):
        write(template="misspelt")


def test_texts_go_after_a_week_and_mails_after_thirty_days(write, send):
    ages = {days: write(f"{days}@example.org") for days in (1, 8, 31)}
    waiting = write("waits@example.org")
    for days, row in ages.items():
        at = timezone.now() - timedelta(days=days)
        Mail.objects.filter(id=row.id).update(status="sent", queued=at, rendered_at=at, body=b"x")
    Mail.objects.filter(id=waiting.id).update(queued=timezone.now() - timedelta(days=40))
    pruning.prune()
    left = {row.to: row.body is not None for row in Mail.objects.all()}
    assert left == {"1@example.org": True, "8@example.org": False, "waits@example.org": False}


def test_how_mail_goes_out_is_said_without_a_password(monkeypatch):
    for url, kind, where in [
        ("smtp://ada:canary@mail.example.org", "smtp", "mail.example.org:587"),
        ("smtps://mail.example.org", "smtp", "mail.example.org:465"),
        ("smtp://mail.example.org", "smtp", "mail.example.org:25"),
        ("file:///var/spool/provisor", "folder", "/var/spool/provisor"),
        ("", "none", ""),
        ("smtp://ada:canary@mail.example.org?tls=maybe", "wrong", ""),
        ("smtp://ada:can/ary@mail.example.org", "wrong", ""),
        ("http://mail.example.org", "wrong", ""),
        ("file://folder", "wrong", ""),
    ]:
        monkeypatch.setenv("PROVISOR_EMAIL_URL", url)
        way = queries.way()
        assert (way.kind, way.where) == (kind, where), url
        assert "can" not in way.words.replace("can't", "").replace("can be", "")
