"""Expressions in the attribute table: typed in the row, shown for a real user, refused with their place."""

from __future__ import annotations

from typing import Any

from provisor.core import mapping
from provisor.directory.models import CustomAttribute
from provisor.portal.views.applications import attributes


def posted(page: Any, act: str, *more: dict[str, str], **changed: str) -> dict[str, str]:
    """The form as the page has it, with these sources in place of those that were: scim="expression:…"."""
    lines = attributes.of(page.fresh().mapping)
    given = {"act": act, "base_url": page.fresh().base_url, "lines": str(len(lines)), "token": ""}
    for at, line in enumerate(lines):
        kind, _, text = changed.get(line.scim, line.source).partition(":")
        given |= {f"scim-{at}": line.scim, f"source-{at}": kind, f"{kind}-{at}": text, f"when-{at}": line.when}
        given |= {f"included-{at}": "1"} if line.included or line.scim in changed else {}
    for one in more:
        given |= one
    return given


def source_of(page: Any, scim: str) -> Any:
    return next(row["source"] for row in page.fresh().mapping if row["scim"] == scim)


def test_an_expression_is_saved_and_shown_again(open_page, make_user):
    page = open_page("Chat", make_user("ada", firstname="Ada", department="law"))
    answer = page.post("provisioning", posted(page, "save", title="expression:upper(user.department)"))
    assert answer.status_code == 302
    assert source_of(page, "title") == {"expression": "upper(user.department)"}
    shown = page.get("provisioning").content.decode()
    assert "upper(user.department)</textarea>" in shown
    assert ">LAW</span>" in shown


def test_a_wrong_one_is_told_with_its_place_and_stays_typed(open_page, make_user):
    page = open_page("Chat", make_user("ada"))
    answer = page.post("provisioning", posted(page, "save", title="expression:upper(user.departmnt)"))
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "At character 12" in said
    assert "Did you mean user.department?" in said
    assert "upper(user.departmnt)</textarea>" in said
    assert source_of(page, "title") == {"attribute": "jobTitle"}


def test_results_follow_what_is_typed(open_page, make_user):
    page = open_page("Chat", make_user("ada", firstname="Ada"), make_user("bob", firstname="Bob"))
    typed = posted(page, "count", {"example": "BOB"}, title="expression:initials(user.firstname) + 1")
    said = page.post("provisioning", typed).content.decode()
    assert "For bob" in said
    assert "can’t take" in said or "can&#x27;t take a text and a number" in said
    typed = posted(page, "count", {"example": "bob"}, title="expression:user.firstname + '!'")
    assert ">Bob!</span>" in page.post("provisioning", typed).content.decode()


def test_what_is_typed_is_text_on_the_page(open_page, make_user):
    page = open_page("Chat", make_user("ada", firstname="<script>alert(1)</script>"))
    typed = posted(page, "count", title="expression:user.firstname + '<b>'")
    said = page.post("provisioning", typed).content.decode()
    assert "<script>alert" not in said
    assert "<b>" not in said
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;b&gt;" in said


def test_roles_begin_with_what_groups_give(open_page, make_user):
    page = open_page("Chat", make_user("ada"))
    said = page.post("provisioning", posted(page, "add", {"more": "roles"})).content.decode()
    assert "values.role</textarea>" in said


def test_custom_attributes_are_offered(open_page, make_user):
    from django.utils import timezone

    CustomAttribute.objects.create(name="badge", label="Badge <number>", updated=timezone.now())
    page = open_page("Chat", make_user("ada", attributes={"badge": "B-7"}))
    assert 'value="attributes.badge">Badge &lt;number&gt;</option>' in page.get("provisioning").content.decode()
    page.post("provisioning", posted(page, "save", title="attributes.badge"))
    assert source_of(page, "title") == {"attribute": "attributes.badge"}
    assert "B-7" in page.says("provisioning")


def test_locked_rows_take_an_expression_and_fixed_ones_do_not(open_page, make_user):
    page = open_page("Chat", make_user("ada"))
    page.post("provisioning", posted(page, "save", userName="expression:lower(user.email)"))
    assert source_of(page, "userName") == {"expression": "lower(user.email)"}
    answer = page.post("provisioning", posted(page, "save", active="expression:true"))
    assert answer.status_code == 422
    assert source_of(page, "active") == {"attribute": "active"}
    assert mapping.parse_rows(page.fresh().mapping)
