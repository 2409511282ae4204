"""The administrator who asked gets the result by mail; a script reads it from the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisor import jobs
from provisor.administrators.actor import Actor
from provisor.administrators.models import Administrator
from provisor.applications.importing import commands, queries
from provisor.directory.importing.confirming import Confirmed, confirm_import
from provisor.directory.importing.decisions import All
from provisor.mail.models import Mail
from provisor.mail.rendering import text_of
from provisor.testing import Fault

if TYPE_CHECKING:
    from conftest import Source


def administrator() -> Actor:
    made = Administrator.objects.create(email="boss@example.com", email_key="boss@example.com")
    return Actor("administrator", str(made.pk), made.email, "admin")


def test_when_it_was_read_and_when_it_is_carried_out(source: Source) -> None:
    source.account("ada", "ada@example.com")
    boss = administrator()
    started = commands.start_import(boss, source.application.id)
    jobs.run_all()
    confirm_import(boss, started.id, Confirmed(create=All()))
    jobs.run_all()
    letters = [text_of(row) for row in Mail.objects.filter(template="import_report").order_by("id")]
    subjects = sorted(letter.subject for letter in letters)
    assert subjects == ["The import from Sample app is done", "The import from Sample app waits for you"]
    assert all("1  " in letter.text for letter in letters)
    assert set(Mail.objects.filter(template="import_report").values_list("to", flat=True)) == {"boss@example.com"}


def test_when_nothing_could_be_read(source: Source) -> None:
    source.sp.fault(Fault("status", status=401, method="GET", path_contains="/Users"))
    started = commands.start_import(administrator(), source.application.id)
    jobs.run_all()
    assert queries.get_import(started.id).status == "failed"
    (row,) = Mail.objects.all()
    assert text_of(row).subject == "The import from Sample app failed"


def test_a_script_gets_no_mail(source: Source) -> None:
    source.read()
    assert not Mail.objects.exists()
