"""POST /applications: what is kept, what is refused, and that nothing of a refused one stays."""

from __future__ import annotations

import pytest

from provisor.applications.models import Application

BASE = "http://127.0.0.1:9/scim/v2"


def test_a_new_application_is_configured_with_defaults(api, new_application):
    made = new_application(base_url=f"{BASE}/")
    assert made | {"pace": None} == api.get(f"/applications/{made['id']}")
    assert (made["provisioning"], made["connector"], made["base_url"]) == ("configured", "custom", BASE)
    assert made["auth"]["token_set"] is True
    assert made["settings"] == {
        "push_passwords": False, "manage_groups": False, "deprovision": "deactivate", "takeover": "exact",
        "drift": "repair", "rate_limit": None, "concurrency": 8, "guard": {"max_percent": 5, "max_count": 5},
        "reconcile_every": 1440, "delete_after_days": 0, "form": {},
    }  # fmt: skip
    assert [event["type"] for event in api.events(f"?application={made['id']}")] == ["application_create"]


REFUSED = [
    ({"name": None}, "name", "a name is required"),
    ({"name": " Sample"}, "name", "white space that nobody sees"),
    ({"name": "a" * 257}, "name", "longer than the contract allows"),
    ({"name": "\ufdfa" * 256}, "name", "one character that folds to eighteen: the key would not fit"),
    ({"name": "line\nbreak"}, "name", "one line"),
    ({"connector": "nothing"}, "connector", "not in the catalogue"),
    ({"parameters": {"region": "eu"}}, "parameters", "custom has none"),
    ({"base_url": "ftp://127.0.0.1/scim"}, "base_url", "http(s) only"),
    ({"base_url": "http://user:word@127.0.0.1:9/scim"}, "base_url", "userinfo"),
    ({"base_url": "http://127.0.0.1:9/scim?a=b"}, "base_url", "query"),
    ({"base_url": "http://127.0.0.1:9/scim#a"}, "base_url", "fragment"),
    ({"base_url": "https://10.0.0.1/scim"}, "base_url", "private and not allowed"),
    ({"base_url": "http://192.0.2.1/scim"}, "base_url", "plain http and not allowed"),
    ({"auth": {"type": "magic", "token": "x"}}, "auth.type", "no way that is known"),
    ({"auth": {"type": "bearer", "token": "x", "username": "ada"}}, "auth.username", "of another type"),
    ({"auth": {"token": "two words"}}, "auth.token", "white space"),
    ({"auth": {"token": "a\r\nX-Header: b"}}, "auth.token", "header injection"),
    ({"auth": {"token": ""}}, "auth.token", "empty"),
    ({"auth": {"token": "a" * 8193}}, "auth.token", "too long"),
    ({"settings": {"takeover": "always"}}, "settings.takeover", "not in the vocabulary"),
    ({"settings": {"colour": "red"}}, "settings.colour", "unknown"),
    ({"settings": {"manage_groups": "yes"}}, "settings.manage_groups", "no boolean"),
    ({"settings": {"push_passwords": "yes"}}, "settings.push_passwords", "no boolean"),
    ({"settings": {"drift": "ignore"}}, "settings.drift", "not in the vocabulary"),
    ({"settings": {"concurrency": 257}}, "settings.concurrency", "above the limit"),
    ({"settings": {"concurrency": True}}, "settings.concurrency", "true is no number"),
    ({"settings": {"rate_limit": {"requests": 5}}}, "settings.rate_limit.per_seconds", "half a limit"),
    ({"settings": {"guard": {"max_percent": 101}}}, "settings.guard.max_percent", "more than all"),
    ({"settings": {"form": {"update": "post"}}}, "settings.form.update", "no such form"),
    ({"surprise": 1}, "surprise", "unknown fields are named"),
]


@pytest.mark.parametrize(("change", "field", "reason"), REFUSED)
def test_what_cannot_be_kept_is_refused_by_its_field(api, monkeypatch, change, field, reason):
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    code, fields = api.problem("POST", "/applications", {"name": "Sample", "base_url": BASE, **change}, 422)
    assert (code, list(fields)) == ("invalid", [field]), reason
    assert not Application.objects.exists()


def test_a_forbidden_target_says_how_to_allow_it(api):
    body = {"name": "Sample", "base_url": "http://127.0.0.1:9/scim"}
    _code, fields = api.problem("POST", "/applications", body, 422)
    assert "PROVISOR_ALLOW_TARGETS" in fields["base_url"]
    assert "127.0.0.1:9" in fields["base_url"]


def test_every_wrong_setting_is_named_at_once(api, new_application):
    body = {"name": "Sample", "base_url": BASE, "settings": {"takeover": 1, "concurrency": 0}}
    _code, fields = api.problem("POST", "/applications", body, 422)
    assert set(fields) == {"settings.takeover", "settings.concurrency"}


@pytest.mark.parametrize("name", ["Sample", "SAMPLE", "Ｓample"])
def test_a_name_is_taken_whatever_its_case_or_width(api, new_application, name):
    new_application()
    body = {"name": name, "base_url": "http://127.0.0.1:10/scim"}
    assert api.problem("POST", "/applications", body, 409) == (
        "conflict",
        {"name": "Another application has this name."},
    )


def test_a_second_application_on_one_base_url_needs_force(api, new_application):
    new_application()
    second = {"name": "Second", "base_url": f"{BASE}/"}
    assert api.problem("POST", "/applications", second, 409)[0] == "duplicate_base_url"
    assert api.post("/applications", {**second, "force": True}, expect=201)["base_url"] == BASE


def test_only_who_may_write_applications_makes_one(api_as, new_application):
    body = {"name": "Second", "base_url": BASE}
    for role in ("operator", "auditor"):
        assert api_as(role).problem("POST", "/applications", body, 403)[0] == "forbidden"
    assert Application.objects.count() == 0


def test_applications_are_listed_by_name_and_found_by_part_of_it(api, new_application):
    for number, name in enumerate(("beta", "Alpha", "gamma")):
        new_application(f"http://127.0.0.1:{number + 9}/scim", name=name)
    first = api.get("/applications?limit=2")
    rest = api.get(f"/applications?limit=2&cursor={first['next']}")
    assert [item["name"] for item in first["items"] + rest["items"]] == ["Alpha", "beta", "gamma"]
    assert [item["name"] for item in api.get("/applications?search=LPH")["items"]] == ["Alpha"]
