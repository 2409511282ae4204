"""Lists: pages, cursors, totals, filters and search."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.utils import timezone

from provisor import paging
from provisor.directory.models import User
from provisor.text import unique_key


def usernames(answer: Any) -> list[str]:
    return [item["username"] for item in answer.json()["items"]]


@pytest.fixture
def seven(make_user: Any) -> list[User]:
    return [make_user(name) for name in ("Émile", "ada", "Ben", "CLEO", "dan", "eve", "zoë")]


def test_pages_hold_everything_once_in_one_order(api: Any, seven: Any) -> None:
    seen, path = [], "/users?limit=3"
    while path:
        page = api.get(path).json()
        seen += [item["username"] for item in page["items"]]
        assert (page["total"], page["total_exact"]) == (7, True)
        path = page["next"] and f"/users?limit=3&cursor={page['next']}"
    assert seen == sorted((user.username for user in seven), key=unique_key)


def test_rows_that_come_and_go_shift_no_page(api: Any, seven: Any, make_user: Any) -> None:
    first = api.get("/users?limit=3").json()
    User.objects.filter(username="ada").delete()
    make_user("aaron")
    assert usernames(api.get(f"/users?limit=2&cursor={first['next']}")) == ["dan", "eve"]


@pytest.mark.parametrize(
    ("limit", "shown"), [("1", 1), ("7", 7), ("1000", 7), ("1001", 7), ("99999999999999999999", 7)]
)
def test_limit_is_clamped_above(api: Any, seven: Any, limit: str, shown: int) -> None:
    assert len(api.get(f"/users?limit={limit}").json()["items"]) == shown


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1.5", "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=2", "limit"),
        ("cursor=abc", "cursor"),
        ("cursor=", "cursor"),
        ("offset=5", "offset"),
        ("search=%00", "search"),
        ("state=gone", "state"),
        ("password_status=gone", "password_status"),
        ("group=staff", "group"),
        ("application=chat", "application"),
    ],
)
def test_bad_parameters_are_named(api: Any, query: str, field: str) -> None:
    answer = api.get(f"/users?{query}")
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [field])


def test_a_cursor_of_another_list_or_a_changed_one_is_refused(api: Any, seven: Any) -> None:
    cursor = api.get("/users?limit=3").json()["next"]
    for path in (f"/groups?cursor={cursor}", f"/users?cursor=x{cursor}", f"/users?cursor={cursor[:-1]}"):
        assert list(api.get(path).json()["error"]["fields"]) == ["cursor"]


def test_a_route_without_parameters_refuses_them(api: Any, make_user: Any) -> None:
    answer = api.get(f"/users/{make_user('ada').id}?verbose=1")
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["verbose"])


@pytest.mark.parametrize(
    ("search", "found", "why"),
    [
        ("ada", ["ada"], "a username"),
        ("ADA", ["ada"], "folded"),
        ("@example", ["Émile", "ada", "zoë"], "a part of the e-mail"),
        ("müller", ["zoë"], "a name in capitals with an umlaut"),
        ("zoë mü", ["zoë"], "first and last name together"),
        ("émile", ["Émile"], "an accent in a username"),
        ("100%", [], "a wildcard is a letter like others"),
        ("_", [], "and so is this"),
        ("\\", [], "and this"),
    ],
)
def test_search(api: Any, make_user: Any, search: str, found: list[str], why: str) -> None:
    make_user("ada", firstname="Ada")
    make_user("zoë", firstname="Zoë", lastname="MÜLLER")
    make_user("Émile")
    assert sorted(usernames(api.get(f"/users?search={quote(search)}"))) == sorted(found), why


def test_filters(api: Any, make_user: Any, make_group: Any, make_application: Any) -> None:
    ada, ben = make_user("ada"), make_user("ben", state="suspended", password_status="expired")
    make_user("cleo", state="staged")
    gone = make_user("dan", state="deleting")
    staff = make_group("Staff", ada, gone)
    chat = make_application("Chat", staff, ben)
    for query, found in {
        "state=suspended": ["ben"],
        "password_status=expired": ["ben"],
        f"group={staff.id}": ["ada", "dan"],
        f"application={chat.id}": ["ada", "ben"],
        f"application={chat.id}&state=active": ["ada"],
        "group=7e57ab1e-0000-4000-8000-000000000000": [],
    }.items():
        assert usernames(api.get(f"/users?{query}")) == found, query


def test_a_large_total_is_an_estimate_and_says_so(api: Any, monkeypatch: Any, seven: Any) -> None:
    monkeypatch.setattr(paging, "COUNTED", 5)
    page = api.get("/users?limit=2").json()
    assert (page["total_exact"], page["total"] >= 6) == (False, True)


def test_lists_of_a_thousand_take_few_statements(api: Any, django_assert_max_num_queries: Any) -> None:
    User.objects.bulk_create(
        User(username=n, username_key=n, email=n, email_key=n, updated=timezone.now()) for n in map(str, range(1000))
    )
    with django_assert_max_num_queries(6):
        assert len(api.get("/users?limit=1000").json()["items"]) == 1000
