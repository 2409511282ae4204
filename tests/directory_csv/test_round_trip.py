"""What is exported can be imported again and says the same, whatever stands in it."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from provisor.administrators.actor import Actor
from provisor.bodies import parse
from provisor.directory import commands, queries
from provisor.directory.commands import csv_import
from provisor.directory.csv import reading, writing
from provisor.directory.models import User
from provisor.directory.shapes import FIELDS
from provisor.directory.validation import NewUser

LISTS = ("phone_numbers", "addresses")
OWNER = Actor(kind="cli", id="cli", name="a test", role="owner")
texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20) | st.sampled_from(
    ["=1+1", "'=x", "+49 451 555", "\N{FULLWIDTH EQUALS SIGN}x", ' "a";b,', "-", "'"]
)
types = st.none() | texts
phones = st.fixed_dictionaries({"number": texts}, optional={"type": types})
addresses = st.fixed_dictionaries(
    {"locality": texts}, optional={"type": types, "streetAddress": texts, "country": texts}
)
people = st.fixed_dictionaries(
    {},
    optional={
        "firstname": texts,
        "department": texts,
        "state": st.sampled_from(["active", "staged"]),
        "phoneNumbers": st.lists(phones, max_size=4),
        "addresses": st.lists(addresses, max_size=4),
        "attributes": st.dictionaries(
            st.from_regex(r"[a-z]{1,3}", fullmatch=True),
            st.none() | texts | st.integers() | st.lists(texts) | st.just(""),
        ),
    },
)


def exported() -> str:
    return "".join(writing.written(queries.users(queries.UserFilter()).order_by("username_key")))


def imported(text: str) -> dict[str, int]:
    table = reading.read(io.BytesIO(text.encode()))
    meant = reading.mapped(table, {})
    return csv_import.import_users_file(OWNER, table, meant, bad=csv_import.BadRows.REFUSE).counts


def directory() -> list[dict[str, Any]]:
    columns = [name for name in FIELDS.values() if name != "manager_id"]
    found = list(User.objects.order_by("username_key").values(*columns, "state", "manager__username"))
    return [one | {name: sorted(map(str, map(sorted_pairs, one[name]))) for name in LISTS} for one in found]


def sorted_pairs(entry: dict[str, str]) -> list[tuple[str, str]]:
    """Entries of different types may change places: a flat file has no order between its columns."""
    return sorted(entry.items())


class RoundTrip(TestCase):
    @given(st.lists(people, min_size=1, max_size=4))
    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    def test_an_export_changes_nothing_and_makes_the_same_people_elsewhere(self, some: list[dict[str, Any]]) -> None:
        rows = [one | {"username": f"u{n}", "email": f"u{n}@example.com"} for n, one in enumerate(some)]
        rows[0]["manager"] = {"username": rows[-1]["username"]} if len(rows) > 1 else None
        commands.create_all_users(OWNER, [parse(NewUser, row) for row in reversed(rows)])
        before, text = directory(), exported()
        assert imported(text)["unchanged"] == len(rows)
        User.objects.all().delete()
        assert imported(text)["create"] == len(rows)
        assert directory() == before


@pytest.mark.django_db
def test_no_cell_of_an_export_begins_like_a_formula() -> None:
    User.objects.create(
        username="=cmd", username_key="=cmd", email="a@example.com", email_key="a", updated=timezone.now(),
        displayname="@x", phone_numbers=[{"type": "work", "number": "+49 451"}],
    )  # fmt: skip
    (_head, row) = csv.reader(io.StringIO(exported().removeprefix("\ufeff"), newline=""))
    assert {cell[:2] for cell in row if cell[:1] in ("'", "=", "+", "@", "-")} == {"'=", "'@", "'+"}


@pytest.mark.django_db
def test_the_report_of_bad_rows_is_harmless_and_can_be_mended() -> None:
    table = reading.read(io.BytesIO(b"username,email\n=1+1,nothing\nada,ada@example.com\n"))
    found = csv_import.review_users_file(OWNER, table, reading.mapped(table, {}))
    lines = list(csv.reader("".join(writing.bad_rows(table, found.bad)).removeprefix("\ufeff").splitlines()))
    assert lines[0] == ["row", "what to mend", "username", "email"]
    assert [line[0] for line in lines[1:]] == ["2"]
    assert lines[1][2:] == ["'=1+1", "nothing"]
