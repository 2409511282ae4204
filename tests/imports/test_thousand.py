"""An SP with 1,000 users: 500 exact, 100 partial, 50 with several hits, the rest new. Classified right, confirmed; nothing
that existed is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from provisor.directory.importing.decisions import All
from provisor.directory.models import User
from provisor.text import unique_key

if TYPE_CHECKING:
    from conftest import Source

EXACT, PARTIAL, SEVERAL, NEW = 500, 100, 50, 350


def _user(name: str) -> User:
    email = f"{name}@example.com"
    return User(
        username=name,
        username_key=unique_key(name),
        email=email,
        email_key=unique_key(email),
        firstname="Was",
        lastname="Here",
        updated=timezone.now(),
    )


def _fill(source: Source) -> dict[str, str]:
    """The accounts there and the users here; what each account is to be."""
    people = [f"exact{n}" for n in range(EXACT)] + [f"partial{n}" for n in range(PARTIAL)]
    people += [f"first{n}" for n in range(SEVERAL)] + [f"second{n}" for n in range(SEVERAL)]
    User.objects.bulk_create(map(_user, people))
    expected: dict[str, str] = {}
    for n in range(EXACT):
        source.account(f"EXACT{n}", f"Exact{n}@Example.com", name={"givenName": "Other"})
        expected[f"EXACT{n}"] = "exact"
    for n in range(PARTIAL):
        name, email = (f"partial{n}", f"p{n}@example.org") if n % 2 else (f"p{n}", f"partial{n}@example.com")
        source.account(name, email, title="Other")
        expected[name] = "partial"
    for n in range(SEVERAL):
        source.account(f"first{n}", f"second{n}@example.com", title="Other")
        expected[f"first{n}"] = "ambiguous"
    for n in range(NEW):
        source.account(f"new{n}", f"new{n}@example.com", name={"givenName": "New", "familyName": str(n)})
        expected[f"new{n}"] = "new"
    return expected


def _directory() -> list[dict[str, Any]]:
    return list(User.objects.order_by("id").values())


def test_a_thousand_accounts(source: Source) -> None:
    source.bend(max_page=70, short_pages=True)
    expected = _fill(source)
    before = _directory()
    read = source.read()
    assert source.matches(read) == expected
    assert read.counts == {"exact": EXACT, "partial": PARTIAL, "ambiguous": SEVERAL, "new": NEW}
    assert _directory() == before
    done = source.confirm(read, create=All())
    assert (done.status, done.results) == ("done", {"created": NEW})
    known = {row["id"] for row in before}
    assert [row for row in _directory() if row["id"] in known] == before
    made = User.objects.exclude(pk__in=known)
    assert sorted(made.values_list("username", flat=True)) == sorted(f"new{n}" for n in range(NEW))
    assert not source.sp.writes
