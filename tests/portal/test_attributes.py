"""The pages of custom attributes, and their fields in a user's form."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from provisor.directory.models import CustomAttribute, User

NEW = {"name": "badge", "label": "Badge", "description": "On the card", "type": "text", "choices": ""}


def define(name: str, type: str = "text", **more: Any) -> CustomAttribute:
    return CustomAttribute.objects.create(name=name, type=type, updated=timezone.now(), **more)


def test_an_attribute_is_added_shown_changed_and_taken_back(owner: Any) -> None:
    assert owner.post("/attributes/new", {**NEW, "unique": "on"}).status_code == 302
    row = CustomAttribute.objects.get()
    assert (row.name, row.label, row.unique, row.editable_by) == ("badge", "Badge", True, "administrator")
    listed = owner.get("/attributes").content.decode()
    assert "Badge" in listed
    assert "Unique" in listed
    form = {"label": "Card", "description": "", "type": "choice", "choices": "A\n\nB \n", "by_user": "on"}
    assert owner.post("/attributes/of/badge", {**form, "seen": row.updated.isoformat()}).status_code == 302
    row.refresh_from_db()
    assert (row.label, row.type, row.choices, row.unique, row.editable_by) == (
        "Card",
        "choice",
        ["A", "B"],
        False,
        "user",
    )
    assert owner.post("/attributes/of/badge", {**form, "label": "X", "seen": "2020-01-01T00:00:00Z"}).status_code == 409
    assert owner.post("/attributes/of/badge/delete").status_code == 302
    assert not CustomAttribute.objects.exists()


def test_values_that_do_not_fit_are_shown(owner: Any, make_user: Any) -> None:
    make_user("<b>ada", attributes={"badge": 7})
    answer = owner.post("/attributes/new", NEW)
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "1 user has a value" in said
    assert "&lt;b&gt;ada" in said
    assert "This must be text." in said
    assert not CustomAttribute.objects.exists()


def test_names_without_a_schema_are_offered_one(owner: Any, make_user: Any) -> None:
    make_user("ada", attributes={"team": "Blue", "badge": "B"})
    make_user("bob", attributes={"team": "Red"})
    define("badge")
    said = owner.get("/attributes").content.decode()
    assert 'href="/attributes/new?name=team"' in said
    assert 'href="/attributes/new?name=badge"' not in said
    assert 'value="team"' in owner.get("/attributes/new?name=team").content.decode()


def test_a_user_form_has_the_right_field_for_each(owner: Any, make_user: Any) -> None:
    define("badge", label="Badge")
    define("level", "number")
    define("vip", "boolean")
    define("since", "date")
    define("size", "choice", choices=["S", "M"])
    define("tags", "list")
    ada = make_user("ada", attributes={"level": 3, "tags": ["x", "y"], "other": [1], "vip": False})
    shown = owner.get(f"/users/{ada.id}/edit").content.decode()
    assert 'value="x; y"' in shown
    assert '<option value="M">M</option>' in shown
    assert 'type="date" name="attribute.since"' in shown or 'name="attribute.since"' in shown
    given = {"username": "ada", "email": ada.email, "seen": ada.updated.isoformat()}
    typed = {"badge": "B-7", "level": "4.5", "vip": "true", "since": "2026-01-31", "size": "M", "tags": "x; z ;"}
    given |= {f"attribute.{name}": text for name, text in typed.items()}
    assert owner.post(f"/users/{ada.id}/edit", given).status_code == 302
    ada.refresh_from_db()
    assert ada.attributes == {
        "badge": "B-7", "level": 4.5, "vip": True, "since": "2026-01-31", "size": "M", "tags": ["x", "z"], "other": [1],
    }  # fmt: skip
    page = owner.get(f"/users/{ada.id}").content.decode()
    assert "x; z" in page
    assert "Badge" in page


@pytest.mark.parametrize(
    ("name", "text"), [("level", "three"), ("since", "31.1.2026"), ("size", "XL"), ("vip", "perhaps")]
)
def test_what_does_not_fit_is_told_beside_the_field(owner: Any, make_user: Any, name: str, text: str) -> None:
    define("level", "number")
    define("vip", "boolean")
    define("since", "date")
    define("size", "choice", choices=["S", "M"])
    ada = make_user("ada")
    given = {"username": "ada", "email": ada.email, "seen": ada.updated.isoformat(), f"attribute.{name}": text}
    answer = owner.post(f"/users/{ada.id}/edit", given)
    assert answer.status_code == 422
    assert f'id="id_attribute.{name}_error"' in answer.content.decode()
    assert User.objects.get(pk=ada.pk).attributes == {}
