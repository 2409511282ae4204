"""The Import tab: start, watch, look through, decide, and see what came of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from provisor import jobs
from provisor.administrators.actor import shell
from provisor.applications import commands as applications
from provisor.applications.importing.models import Candidate, Import
from provisor.applications.models import Application
from provisor.directory.models import User
from provisor.testing import FakeServiceProvider
from provisor.text import unique_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def sp(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServiceProvider]:
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    with FakeServiceProvider.in_thread() as provider:
        yield provider


@pytest.fixture
def application(sp: FakeServiceProvider) -> Application:
    given = {"name": "Sample app", "base_url": sp.base_url, "auth": {"type": "bearer", "token": "secret"}}
    return applications.create_application(shell(), given, force=True)


@pytest.fixture
def admin(signed_in: Any) -> Client:
    client: Client = signed_in("admin")
    return client


def account(sp: FakeServiceProvider, username: str, **more: Any) -> None:
    emails = [{"value": f"{username}@example.com", "type": "work", "primary": True}]
    sp.put_user({"userName": username, "emails": emails, "active": True, **more})


def person(name: str, **values: Any) -> User:
    email = f"{name}@example.com"
    keys = {"username_key": unique_key(name), "email_key": unique_key(email)}
    return User.objects.create(username=name, email=email, updated=timezone.now(), **keys, **values)


def started(admin: Client, application: Application, kind: str = "users") -> str:
    answer = admin.post(reverse("application_imports", args=[application.id]), {"kind": kind})
    assert answer.status_code == 302
    return str(answer["Location"])


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_it_opens_on_what_there_is_to_decide(admin: Client, application: Application, sp: FakeServiceProvider) -> None:
    ada = person("ada")
    account(sp, "ada", externalId=str(ada.id))
    account(sp, "bob")
    account(sp, "cy", emails=[])
    page = started(admin, application)
    jobs.run_all()
    listed = text(admin.get(page))
    assert listed.count("<tr id=") == 2
    assert "It shows no e-mail, and there is no user without one." in listed
    assert text(admin.get(f"{page}?match=all")).count("<tr id=") == 3


def test_from_the_button_to_the_users(admin: Client, application: Application, sp: FakeServiceProvider) -> None:
    account(sp, "ada")
    account(sp, "bob")
    page = started(admin, application)
    shown = text(admin.get(page))
    assert "every 1s" in shown
    jobs.run_all()
    listed = text(admin.get(f"{page}?match=new"))
    assert "every 1s" not in listed
    assert listed.count("<tr id=") == 2
    assert "Create all of them…" in listed
    decide = f"{page}/decide"
    asked = text(admin.post(decide, {"action": "create", "all": "1", "match": "new"}))
    assert "Create 2 users from Sample app?" in asked
    assert not User.objects.exists()
    admin.post(decide, {"action": "create", "all": "1", "match": "new", "state": "staged", "sure": "1"})
    jobs.run_all()
    assert sorted(User.objects.values_list("username", "state")) == [("ada", "staged"), ("bob", "staged")]
    assert "Created" in text(admin.get(page))


def test_ticked_rows_only(admin: Client, application: Application, sp: FakeServiceProvider) -> None:
    account(sp, "ada")
    account(sp, "bob")
    page = started(admin, application)
    jobs.run_all()
    row = Candidate.objects.get(name="ada")
    admin.post(f"{page}/decide", {"action": "create", "candidate": str(row.id), "sure": "1"})
    jobs.run_all()
    assert User.objects.get().username == "ada"


def test_search_sort_and_filters(admin: Client, application: Application, sp: FakeServiceProvider) -> None:
    person("ada")
    for name in ("ada", "bob", "cleo"):
        account(sp, name)
    page = started(admin, application)
    jobs.run_all()
    assert "bob" not in text(admin.get(f"{page}?match=exact")).partition("<tbody>")[2]
    assert "cleo" in text(admin.get(f"{page}?search=CLE"))
    body = text(admin.get(f"{page}?sort=-name")).partition("<tbody>")[2]
    assert body.index("cleo") < body.index("bob") < body.index("ada@")
    assert "Nothing fits" in text(admin.get(f"{page}?search=nobody"))
    assert admin.get(f"{page}?match=%00&sort=x&outcome=y&cursor=").status_code in (200, 422)


def test_one_account_beside_its_user_and_linked_by_a_person(
    admin: Client, application: Application, sp: FakeServiceProvider
) -> None:
    ada, bob = person("ada", firstname="Ada"), person("bob")
    account(sp, "ada", name={"givenName": "Augusta"})
    page = started(admin, application)
    jobs.run_all()
    row = Candidate.objects.get()
    one = f"{page}/candidates/{row.id}"
    shown = text(admin.get(one))
    assert "Augusta" in shown
    assert "differs" in shown
    assert f"Link to {ada.username}…" in shown
    assert "Link to bob…" in text(admin.get(f"{one}?with=bob"))
    assert "There is no such user." in text(admin.get(f"{one}?with=nobody"))
    told = {"action": "link", "candidate": str(row.id), "target": str(bob.id), "assign": "1"}
    asked = text(admin.post(f"{page}/decide", told))
    assert "Link 1 user in Sample app?" in asked
    admin.post(f"{page}/decide", {**told, "sure": "1"})
    jobs.run_all()
    row.refresh_from_db()
    assert (row.outcome, row.made) == ("linked", bob.id)


def test_what_an_act_is_not_for_says_so(admin: Client, application: Application, sp: FakeServiceProvider) -> None:
    person("ada")
    account(sp, "ada")
    page = started(admin, application)
    jobs.run_all()
    row = Candidate.objects.get()
    asked = text(admin.post(f"{page}/decide", {"action": "create", "candidate": str(row.id)}))
    assert "Nothing is left to do this to" in asked
    assert admin.post(f"{page}/decide", {"action": "explode"}).status_code == 302


def test_an_incomplete_read_says_so_on_top(admin: Client, application: Application, sp: FakeServiceProvider) -> None:
    from provisor.testing import Profile

    account(sp, "ada")
    sp.profile = Profile(total="more")
    page = started(admin, application)
    jobs.run_all()
    assert "Not everything could be read." in text(admin.get(page))


def test_what_a_provider_says_is_shown_and_never_run(
    admin: Client, application: Application, sp: FakeServiceProvider
) -> None:
    account(sp, "<script>alert(1)</script>", displayName="<img src=x onerror=alert(1)>")
    page = started(admin, application)
    jobs.run_all()
    row = Candidate.objects.get()
    for address in (page, f"{page}/candidates/{row.id}"):
        shown = text(admin.get(address))
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
        assert "&lt;script&gt;" in shown


def test_cancelling(admin: Client, application: Application, sp: FakeServiceProvider) -> None:
    page = started(admin, application)
    assert admin.post(f"{page}/cancel").status_code == 302
    assert Import.objects.get().status == "cancelled"
    assert "was cancelled" in text(admin.get(page))
    assert admin.post(f"{page}/cancel").status_code == 302


def test_groups_have_pages_too(admin: Client, application: Application, sp: FakeServiceProvider) -> None:
    sp.put_group({"displayName": "Chess", "members": []})
    page = started(admin, application, "groups")
    jobs.run_all()
    assert "Chess" in text(admin.get(page))
    row = Candidate.objects.get()
    assert "Create the group…" in text(admin.get(f"{page}/candidates/{row.id}"))


def test_without_a_token_it_says_what_to_do(admin: Client) -> None:
    bare = applications.create_application(
        shell(), {"name": "Bare", "base_url": "https://scim.example.com"}, force=True
    )
    answer = admin.post(reverse("application_imports", args=[bare.id]), {"kind": "users"})
    assert answer.status_code == 409
    assert "No token is set" in text(answer)


def test_an_import_of_another_application_is_not_found(
    admin: Client, application: Application, sp: FakeServiceProvider
) -> None:
    page = started(admin, application)
    assert admin.get(page.replace(str(application.id), str(uuid.uuid4()))).status_code == 404
