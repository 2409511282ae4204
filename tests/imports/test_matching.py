"""What each account is: linked, exact, partial, ambiguous or new, and why."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.utils import timezone

from provisor.applications.models import Application, Tombstone

if TYPE_CHECKING:
    from conftest import Source


def test_an_account_that_nobody_here_has_is_new(source: Source) -> None:
    source.account("ada", "ada@example.com", name={"givenName": "Ada", "familyName": "Example"})
    done = source.read()
    row = source.candidates(done)["ada"]
    assert (done.status, done.complete, done.problem) == ("ready", True, None)
    assert (row.match, row.reason, row.hits) == ("new", "none", [])
    assert row.values == {"username": "ada", "email": "ada@example.com", "firstname": "Ada", "lastname": "Example"}
    assert done.counts == {"new": 1}


def test_user_name_and_primary_email_of_one_user_are_an_exact_match(source: Source) -> None:
    ada = source.person("Ada", "ADA@example.com")
    source.account("aDa", "ada@EXAMPLE.com")
    row = source.candidates(source.read())["aDa"]
    assert (row.match, row.reason, row.hit) == ("exact", "both", ada.id)


def test_one_of_the_two_is_a_partial_match(source: Source) -> None:
    source.person("ada")
    source.person("bob")
    source.account("ada", "another@example.com")
    source.account("robert", "bob@example.com")
    found = source.candidates(source.read())
    assert {name: (row.match, row.reason) for name, row in found.items()} == {
        "ada": ("partial", "name"),
        "robert": ("partial", "email"),
    }
    assert found["ada"].hit is not None


def test_an_email_that_is_not_the_primary_one_makes_no_exact_match(source: Source) -> None:
    source.person("ada")
    emails = [{"value": "ada@example.com", "type": "home"}, {"value": "a@example.com", "type": "work", "primary": True}]
    source.account("ada", emails=emails)
    source.account("other", emails=[{**emails[0], "value": "x@example.com"}])
    row = source.candidates(source.read())["ada"]
    assert (row.match, row.reason) == ("partial", "name_and_other_email")


def test_hits_on_several_users_are_for_a_person(source: Source) -> None:
    ada, bob = source.person("ada"), source.person("bob")
    source.account("ada", "bob@example.com")
    row = source.candidates(source.read())["ada"]
    assert (row.match, row.reason, row.hit) == ("ambiguous", "several", None)
    assert row.hits == [ada.id, bob.id]


def test_twins_there_are_for_a_person(source: Source) -> None:
    source.person("ada")
    source.account("ada", "ada@example.com")
    source.account("ada2", "ADA@example.com")
    found = source.candidates(source.read())
    assert {name: (row.match, row.reason) for name, row in found.items()} == {
        "ada": ("ambiguous", "twins"),
        "ada2": ("ambiguous", "twins"),
    }


def test_a_linked_account_is_linked_whatever_it_is_called(source: Source) -> None:
    ada, bob = source.person("ada"), source.person("bob")
    remote = source.account("renamed", "elsewhere@example.com")
    source.link(ada, remote)
    source.account("by-id", "x@example.com", externalId=str(bob.id))
    found = source.candidates(source.read())
    assert (found["renamed"].match, found["renamed"].reason, found["renamed"].hit) == ("linked", "linked", ada.id)
    assert (found["by-id"].match, found["by-id"].reason, found["by-id"].hit) == ("linked", "external_id", bob.id)


def test_two_accounts_with_one_users_external_id_are_for_a_person(source: Source) -> None:
    ada, bob = source.person("ada"), source.person("bob")
    source.account("one", externalId=str(ada.id))
    source.account("two", externalId=str(ada.id))
    source.account("three", externalId=str(bob.id))
    source.link(bob, "another account")
    found = source.candidates(source.read())
    assert {row.match for row in found.values()} == {"ambiguous"}
    assert {row.reason for row in found.values()} == {"external_id_twice"}


def test_what_must_not_be_touched_is_marked(source: Source) -> None:
    own, safe, former = source.account("own", "o@example.com"), source.account("safe"), source.account("former")
    taken, foreign = source.account("taken", "taken@example.com"), source.account("x", externalId="from elsewhere")
    user = source.person("taken")
    source.link(user, "another account")
    Tombstone.objects.create(
        application=source.application, remote_id=former, user_id=uuid.uuid4(), username="gone", at=timezone.now()
    )
    Application.objects.update(own_account={"remote_id": own}, protected=["SAFE"])
    found = source.candidates(source.read())
    assert {row.remote_id: row.barred for row in found.values()} == {
        own: "own_account",
        safe: "protected",
        former: "former",
        taken: "has_account",
        foreign: "owned_elsewhere",
    }


def test_a_user_name_that_is_an_address_stands_for_a_missing_email(source: Source) -> None:
    source.person("ada")
    source.account("ada@example.com")
    source.account("new@example.com")
    found = source.candidates(source.read())
    assert (found["ada@example.com"].match, found["ada@example.com"].reason) == ("partial", "other_email")
    assert found["new@example.com"].values == {"username": "new@example.com", "email": "new@example.com"}


def test_bad_values_are_left_out_and_named(source: Source) -> None:
    source.account(
        "ada",
        "ada@example.com",
        title="x" * 300,
        displayName="A\x07da",
        nickName="n",
        addresses=[{"locality": "y" * 999}],
    )
    source.account("nobody")
    source.account(" ", "spaces@example.com")
    found = source.candidates(source.read())
    assert found["ada"].values == {"username": "ada", "email": "ada@example.com", "addresses": []}
    assert [note["name"] for note in found["ada"].notes] == ["addresses[0].locality", "displayname", "jobTitle"]
    assert found["ada"].problem is None
    assert set(found["nobody"].problem or ()) == {"email"}
    assert set(found[" "].problem or ()) == {"username"}
