"""The settings card: what people may do on their own pages."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.portal.conftest import text_of

from provisor.audit.models import Event
from provisor.directory import organisation_settings
from provisor.directory.models import Organisation

PAGE = "/settings/own-pages"


def saved() -> organisation_settings.SelfService:
    return organisation_settings.from_stored(Organisation.objects.get().settings).self_service


def test_what_people_may_change_is_ticked_and_saved(owner: Client):
    assert owner.get(PAGE).context["form"].initial["edit"] == ["displayname", "phoneNumbers"]
    owner.post(PAGE, {"edit": ["location", "addresses"], "contact": " it@example.com "})
    assert saved() == organisation_settings.SelfService(
        ("location", "addresses"), reset=False, contact="it@example.com"
    )
    assert [change["name"] for change in Event.objects.get(type="organisation_update").changes] == [
        "settings.self_service.edit",
        "settings.self_service.reset",
        "settings.self_service.contact",
    ]


def test_other_settings_stay(owner: Client):
    Organisation.objects.update(settings={"trash_days": 7})
    owner.post(PAGE, {"reset": "on"})
    assert Organisation.objects.get().settings["trash_days"] == 7
    assert saved() == organisation_settings.SelfService((), reset=True)


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"edit": ["username"]}, "edit"), ({"edit": ["state"]}, "edit"), ({"contact": "no address"}, "contact")],
)
def test_what_can_not_be_is_refused_beside_its_field(owner: Client, typed: dict[str, object], field: str):
    answer = owner.post(PAGE, typed)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert Organisation.objects.get().settings == {}


@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_who_may_not_sees_it_and_saves_nothing(signed_in, role: str):
    client = signed_in(role)
    assert b"Save" not in client.get(PAGE).content.partition(b"<form method")[2]
    assert client.post(PAGE, {}).status_code == 403
    assert Organisation.objects.get().settings == {}


def test_the_settings_lead_there(owner: Client):
    assert f'href="{PAGE}"' in owner.get("/settings").content.decode()
    assert "http://testserver/my" in text_of(owner.get(PAGE))
