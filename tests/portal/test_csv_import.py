"""Users from a file in the portal: choose, say what the columns mean, read, import, report."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.conftest import until
from tests.portal.conftest import text_of

from provisor.directory.models import User
from provisor.portal.models import CsvUpload

WORKING = ("looking", "applying")


@pytest.fixture
def owner(transactional_db: None, signed_in: Any) -> Client:
    """With commits that the thread can see."""
    client: Client = signed_in("owner")
    return client


def chosen(client: Client, text: str) -> str:
    answer = client.post("/users/import", {"file": SimpleUploadedFile("people.csv", text.encode())})
    assert answer.status_code == 302, text_of(answer)
    return str(answer["Location"])


def looked(client: Client, text: str, **columns: str) -> str:
    """The address of a file whose rows have been looked at."""
    path = chosen(client, text)
    assert client.post(path, columns).status_code == 302
    settled()
    return path


def settled() -> None:
    until(lambda: not CsvUpload.objects.filter(status__in=WORKING).exists())


def test_a_file_is_read_then_imported_then_reported(owner: Client):
    path = looked(owner, "username,Mail,Kennung\nada,ada@example.com,7\n", **{"column-2": "attribute.Kennung"})
    assert not User.objects.exists()
    assert "Create 1 and change 0" in text_of(owner.get(path))
    owner.post(f"{path}/apply")
    settled()
    assert "1 users created" in text_of(owner.get(path))
    assert User.objects.get().attributes == {"Kennung": "7"}


def test_bad_rows_are_shown_downloaded_and_left_out(owner: Client):
    path = looked(owner, "username,email\nada,ada@example.com\n=ben,nothing\n")
    assert "1 row can't be taken." in text_of(owner.get(path)).replace("&#x27;", "'")
    report = b"".join(owner.get(f"{path}/bad-rows").streaming_content).decode()
    assert '"\'=ben"' in report
    owner.post(f"{path}/apply", {"skip_bad": "1"})
    settled()
    assert [user.username for user in User.objects.all()] == ["ada"]


@pytest.mark.parametrize(("text", "told"), [("", "empty"), ("username\n", "no row")])
def test_a_file_that_is_none_is_refused_beside_the_field(owner: Client, text: str, told: str):
    answer = owner.post("/users/import", {"file": SimpleUploadedFile("people.csv", text.encode())})
    assert (answer.status_code, told in text_of(answer)) == (422, True)


def test_no_file_is_said(owner: Client):
    assert "Choose a file." in text_of(owner.post("/users/import"))


def test_a_column_that_means_nothing_is_asked_for(owner: Client):
    path = chosen(owner, "username,Shoe size\nada,42\n")
    answer = owner.post(path, {"column-0": "username", "column-1": ""})
    assert answer.status_code == 422
    assert "Shoe size" in text_of(answer)


def test_what_changed_meanwhile_is_not_written_over(owner: Client, make_user: Any):
    make_user("ada")
    path = looked(owner, "username,department\nada,Law\n")
    User.objects.update(department="Research")
    owner.post(f"{path}/apply")
    settled()
    assert "Nothing was imported" in text_of(owner.get(path))
    assert User.objects.get().department == "Research"


def test_a_file_is_imported_once(owner: Client):
    path = looked(owner, "username,email\nada,ada@example.com\n")
    owner.post(f"{path}/apply")
    settled()
    assert owner.post(f"{path}/apply").status_code == 409


def test_an_import_that_nobody_works_on_any_more_says_so(owner: Client):
    path = looked(owner, "username,email\nada,ada@example.com\n")
    CsvUpload.objects.update(status="applying", beat="2020-01-01T00:00:00Z")
    assert "It was interrupted. Nothing was imported." in text_of(owner.get(path))


def test_a_file_is_its_owners_alone_and_can_be_forgotten(owner: Client, signed_in: Any):
    path = chosen(owner, "username,email\nada,ada@example.com\n")
    assert signed_in("admin").get(path).status_code == 404
    owner.post(f"{path}/drop")
    assert not CsvUpload.objects.exists()
