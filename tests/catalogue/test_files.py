"""Connectors' files: all that ship are right, and a wrong one is refused with the file, the field and the reason."""

from __future__ import annotations

import statistics
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from provisor.applications import settings
from provisor.catalogue import base_urls, entries, files, places
from provisor.catalogue.connector import Connector, json_schema
from provisor.catalogue.drafting import unfilled
from provisor.catalogue.files import InvalidConnector
from provisor.core import form
from provisor.testing.wearing import wrong_words

FILES = sorted(entries.FOLDER.glob("*.yaml"))
EIGHT = {
    *("slack", "github-enterprise-managed-users", "aws-iam-identity-center", "atlassian-cloud"),
    *("zoom", "databricks", "miro", "snowflake"),
}
GOOD = """
slug: sample
name: Sample
category: collaboration
description: A product of a test.
base_url: https://{host}.example/scim/{tenant}
parameters:
  - {name: host, label: Host, help: Somewhere., example: acme}
  - {name: tenant, label: Tenant, help: Somewhere else., example: "17", pattern: "[0-9]+"}
auth: {help: Ask the vendor.}
sources: [https://docs.example/scim]
checked: 2026-01-31
confidence: medium
"""


def parsed(text: str) -> Connector:
    return files.parse(text, "sample.yaml")


def refused(text: str) -> dict[str, str]:
    """The problems, by field."""
    with pytest.raises(InvalidConnector) as error:
        parsed(text)
    assert error.value.file == "sample.yaml"
    return dict(error.value.problems)


def with_(**fields: Any) -> str:
    """The good file with other fields; None takes one away."""
    data = {**yaml.safe_load(GOOD), **fields}
    return yaml.safe_dump({name: value for name, value in data.items() if value is not None})


# What ships


def test_the_eight_and_the_custom_one_are_there() -> None:
    assert EIGHT | {"custom"} <= {path.stem for path in FILES}
    assert set(entries.ENTRIES) == {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_right(path: Path) -> None:
    connector = files.read(path)
    assert connector.slug == path.stem
    form.make(connector.form, {}, {})
    assert form.make(connector.form, {}, {}) == form.make({}, {}, connector.form), "no word was left out as unusable"
    stored = connector.settings.model_dump(exclude_none=True)
    assert settings.merged({}, stored) == stored, "the settings are in the application's vocabulary"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_editors_take_it_as_well(path: Path) -> None:
    jsonschema_rs.validate(json_schema(), as_json(path.read_text()))


def test_names_are_given_once() -> None:
    names = [connector.name.casefold() for connector in entries.ENTRIES.values()]
    assert len(names) == len(set(names))


def test_files_stay_short() -> None:
    assert statistics.median(len(path.read_text().splitlines()) for path in FILES) < 45


def test_the_schema_for_editors_is_as_the_code_has_it() -> None:
    import json

    shipped = (entries.FOLDER.parent / "connector.schema.json").read_text()
    assert json.loads(shipped) == json_schema(), "run: .venv/bin/python docs/generate.py"


# What is refused


def test_a_good_one_is_taken() -> None:
    connector = parsed(GOOD)
    assert (connector.slug, connector.checked, connector.form) == ("sample", date(2026, 1, 31), {})
    assert [parameter.pattern for parameter in connector.parameters][1] == "[0-9]+"


PARAMETER = {"name": "host", "label": "Host", "help": "Somewhere.", "example": "acme"}
TENANT = {"name": "tenant", "label": "Tenant", "help": "Somewhere.", "example": "17"}
TAKEN = {**PARAMETER, "name": "variant"}
EU = {"name": "eu", "label": "Europe", "base_url": "https://eu.example/{host}/{tenant}"}
URL = "https://a.example/authorize"
CLIENT = {"type": "oauth2_client_credentials", "help": "Ask."}
DELETED = {"settings": {"deprovision": "delete"}, "warnings": ["It deletes."]}
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("a field that nobody knows", {"colour": "red"}, "colour"),
    ("no name", {"name": None}, "name"),
    ("a name of spaces", {"name": "  "}, "name"),
    ("a name of two lines", {"name": "a\nb"}, "name"),
    ("a slug in capitals", {"slug": "Sample"}, "slug"),
    ("a number for text", {"description": 5}, "description"),
    ("a text for a switch", {"beta": "yes"}, "beta"),
    ("a word that supports doesn't know", {"supports": ["magic"]}, "supports.0"),
    ("a text for a list", {"supports": "groups"}, "supports"),
    ("the same word twice", {"supports": ["groups", "groups"]}, "supports"),
    ("no source", {"sources": []}, "sources"),
    ("a source that is no https link", {"sources": ["http://docs.example/scim"]}, "sources.0"),
    ("a date that is none", {"checked": "yesterday"}, "checked"),
    ("a confidence that is no word", {"confidence": "sure"}, "confidence"),
    ("plain http", {"base_url": "http://{host}.example/{tenant}"}, "base_url"),
    ("a query", {"base_url": "https://{host}.example/{tenant}?a=b"}, "base_url"),
    ("a user in the address", {"base_url": "https://me@{host}.example/{tenant}"}, "base_url"),
    ("a port", {"base_url": "https://{host}.example:8443/{tenant}"}, "base_url"),
    ("a brace alone", {"base_url": "https://{host}.example/{tenant}/{"}, "base_url"),
    ("no base URL and no help", {"base_url": None, "parameters": None}, "base_url"),
    ("a parameter that isn't described", {"parameters": [PARAMETER]}, "base_url"),
    ("a parameter that no base URL holds", {"base_url": "https://{host}.example"}, "parameters.1.name"),
    ("a parameter twice", {"parameters": [PARAMETER, PARAMETER, TENANT]}, "parameters"),
    ("no regular expression", {"parameters": [PARAMETER, {**TENANT, "pattern": "["}]}, "parameters.1.pattern"),
    ("an example that doesn't fit", {"parameters": [PARAMETER, {**TENANT, "example": "a/b"}]}, "parameters.1.example"),
    ("an example beside the pattern", {"parameters": [PARAMETER, {**TENANT, "pattern": "a"}]}, "parameters.1.example"),
    ("a parameter without help", {"parameters": [{**PARAMETER, "help": ""}, TENANT]}, "parameters.0.help"),
    ("the taken name", {"base_url": "https://{variant}.example", "parameters": [TAKEN]}, "parameters.0.name"),
    ("a variant of nothing", {"variants": [EU], "base_url": None, "base_url_help": "There."}, "variants"),
    ("a variant's unknown parameter", {"variants": [{**EU, "base_url": "https://{x}.example"}]}, "variants.0.base_url"),
    ("a variant twice", {"variants": [EU, EU]}, "variants"),
    ("a way to sign in that nobody knows", {"auth": {"type": "kerberos", "help": "Ask."}}, "auth.type"),
    ("the same way twice", {"auth": {"also": ["bearer"], "help": "Ask."}}, "auth.also"),
    ("OAuth's address without OAuth", {"auth": {"token_url": "https://a.example/token", "help": "Ask."}}, "auth.token_url"),
    ("OAuth's scope without OAuth", {"auth": {"scope": "scim", "help": "Ask."}}, "auth.scope"),
    ("an address to agree at, without that", {"auth": CLIENT | {"authorize_url": URL}}, "auth.authorize_url"),
    ("an address of OAuth in plain text", {"auth": CLIENT | {"token_url": "http://a.example"}}, "auth.token_url"),
    ("an address of OAuth with a port", {"auth": CLIENT | {"token_url": "https://a.example:8443"}}, "auth.token_url"),
    ("OAuth's unknown parameter", {"auth": CLIENT | {"token_url": "https://{x}.example"}}, "auth.token_url"),
    ("a user name without basic", {"auth": {"username": "scim", "help": "Ask."}}, "auth.username"),
    ("a header's name without that way", {"auth": {"header": "X-Key", "help": "Ask."}}, "auth.header"),
    ("a header that is Provisor's", {"auth": {"type": "header", "header": "Host", "help": "Ask."}}, "auth.header"),
    ("a prefix of a password", {"auth": {"type": "basic", "prefix": "Key ", "help": "Ask."}}, "auth.prefix"),
    ("days without words", {"auth": {"lasts_days": 90, "help": "Ask."}}, "auth.expires"),
    ("a header's unknown parameter", {"headers": {"X-Origin": "{x}"}}, "headers.X-Origin"),
    ("a header of two lines", {"headers": {"X-Origin": "a\nb"}}, "headers.X-Origin"),
    ("a brace alone in a header", {"headers": {"X-Origin": "{"}}, "headers.X-Origin"),
    ("a header that carries the token", {"headers": {"Authorization": "a"}}, "headers.Authorization"),
    ("a header that is Provisor's", {"headers": {"User-Agent": "a"}}, "headers.User-Agent"),
    ("a header twice", {"headers": {"X-A": "a"}, "form": {"headers": {"x-a": "b"}}}, "headers.X-A"),
    ("an icon's long letters", {"icon": {"letters": "abc"}}, "icon.letters"),
    ("an icon's colour that is none", {"icon": {"colour": "black"}}, "icon.colour"),
    ("coming back by a new account, and the old one stays", {"form": {"reactivation": "create"}}, "form.reactivation"),
    ("an erased account that is changed back", {"form": {"deactivation": "erases"}}, "form.reactivation"),
    ("deleting where it can't be", {**DELETED, "form": {"delete": False}}, "settings.deprovision"),
    ("deactivating without active", {"form": {"attributes": ["userName", "emails"]}}, "settings.deprovision"),
    ("deleting without a warning", {"settings": {"deprovision": "delete"}}, "warnings"),
    ("leaving it without a warning", {"settings": {"deprovision": "nothing"}}, "warnings"),
    ("what is required and never sent", {"form": {"required": ["userType"]}}, "form.required"),
    ("what is required and not allowed", {"form": {"required": ["emails"], "attributes": ["active"]}}, "form.required"),
    ("little is sure, and no beta", {"confidence": "low"}, "beta"),
    ("half a sentence", {"warnings": ["Where it is so"]}, "warnings.0"),
    ("no help for the token", {"auth": {}}, "auth.help"),
    ("a word that the form doesn't know", {"form": {"telepathy": True}}, "form.telepathy"),
    ("a value that the form doesn't know", {"form": {"update": "post"}}, "form.update"),
    ("a variant's word", {"variants": [{**EU, "form": {"telepathy": 1}}]}, "variants.0.form.telepathy"),
    ("an attribute that the form doesn't know", {"form": {"attributes": ["shoeSize"]}}, "form.attributes"),
    ("a setting that no connector may set", {"settings": {"takeover": "never"}}, "settings.takeover"),
    ("a setting out of range", {"settings": {"concurrency": 0}}, "settings.concurrency"),
    ("groups that nobody says are there", {"settings": {"manage_groups": True}}, "settings.manage_groups"),
    ("groups, and none", {"supports": ["groups"], "form": {"groups": False}}, "supports"),
    ("a row that is none", {"mapping": {"shoeSize": True}}, "mapping.shoeSize"),
    ("a row that is in no default", {"mapping": {"nickName": True}}, "mapping.nickName"),
    ("a locked row switched off", {"mapping": {"active": False}}, "mapping.active"),
    ("a locked row from elsewhere", {"mapping": {"externalId": "username"}}, "mapping.externalId"),
    ("erasing without a warning", {"form": {"deactivation": "erases"}}, "warnings"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "fields", "field"), WRONG, ids=[row[0] for row in WRONG])
def test_a_wrong_field_is_named(why: str, fields: dict[str, Any], field: str) -> None:
    assert field in refused(with_(**fields)), why


def test_erasing_with_a_warning_is_fine() -> None:
    form = {"deactivation": "erases", "reactivation": "create"}
    assert parsed(with_(form=form, warnings=["It erases."])).form == form


def test_every_way_to_sign_in_with_what_belongs_to_it() -> None:
    ways: list[dict[str, Any]] = [
        {"type": "bearer", "prefix": "Token ", "expires": "90 days", "lasts_days": 90},
        {"type": "basic", "username": "scim"},
        {"type": "header", "header": "X-Api-Key", "prefix": ""},
        {"type": "oauth2_client_credentials", "token_url": "https://{host}.example/token", "scope": "a b"},
        {"type": "bearer", "also": ["oauth2_authorization_code"], "authorize_url": URL, "token_url": URL},
        {"type": "client_certificate"},
    ]
    for way in ways:
        assert parsed(with_(auth={**way, "help": "Ask."})).auth.type == way["type"]


def test_headers_hold_parameters() -> None:
    connector = parsed(with_(headers={"X-Origin": "{host}-1"}))
    assert base_urls.headers(connector, {"host": "acme"}) == {"X-Origin": "acme-1"}
    assert base_urls.headers(connector, {}) == {}
    assert base_urls.wrong_with(connector, {"tenant": "17"}, complete=False) == {"host": "missing"}


def test_a_problem_has_its_line_and_what_was_meant() -> None:
    text = GOOD + "form:\n  updte: put\n  page: 0\nwarnigs: []\nheaders: {X-Origin: '{hst}'}\n"
    with pytest.raises(InvalidConnector) as error:
        parsed(text)
    lines = text.splitlines()
    assert error.value.lines == [
        f"sample.yaml:{lines.index('warnigs: []') + 1}: warnigs: There is no such field. Did you mean warnings?",
        f"sample.yaml:{lines.index('  updte: put') + 1}: form.updte: There is no such word. Did you mean update?",
        f"sample.yaml:{lines.index('  page: 0') + 1}: form.page: a whole number from 1 to 1000 expected.",
    ]
    with pytest.raises(InvalidConnector, match=r"headers\.X-Origin: \{hst\} is not among.* Did you mean host\?"):
        parsed(with_(headers={"X-Origin": "{hst}"}))
    with pytest.raises(InvalidConnector, match=r"sample\.yaml:9: parameters\.1\.example"):
        parsed(GOOD.replace('"17"', '"x"'))


@given(path=st.text(alphabet="a.0:[]{}-# ", max_size=12), text=st.text(max_size=60) | st.just(GOOD))
def test_a_line_is_found_or_not_whatever_the_file_is(path: str, text: str) -> None:
    line = places.line_of(text, path)
    assert line is None or 1 <= line <= len(text.splitlines())


def test_nothing_that_ships_is_left_to_be_filled_in() -> None:
    assert [path.stem for path in FILES if unfilled(path.read_text())] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_strict_service_provider_can_play_it(path: Path) -> None:
    assert list(wrong_words(files.read(path).rehearsal)) == []


def test_every_problem_is_named_at_once() -> None:
    text = with_(name=" ", beta=1, form={"update": "post", "page": 0}, sources=[])
    assert set(refused(text)) == {"name", "beta", "form.update", "form.page", "sources"}
    text = with_(base_url="https://{a}.example/{b}", mapping={"active": False})
    assert set(refused(text)) == {"base_url", "parameters.0.name", "parameters.1.name", "mapping.active"}


@pytest.mark.parametrize(
    "text", ["", "- a", "a", "{", "slug: [", "a: !!python/object/apply:os.getcwd []", "\x00", "a: &a [*a]"]
)
def test_what_is_no_file_of_a_connector(text: str) -> None:
    assert refused(text)


def test_a_key_never_hides_another() -> None:
    assert "twice" in refused(GOOD + "\nname: Other\n")[""]
    assert "twice" in refused(GOOD + "\nform: {page: 5, page: 6}\n")[""]


def test_a_file_is_called_as_its_slug(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(GOOD)
    with pytest.raises(InvalidConnector, match=r"other\.yaml:2: slug: the file of sample is called sample\.yaml"):
        files.read(tmp_path / "other.yaml")


def test_no_file_was_checked_tomorrow(tmp_path: Path) -> None:
    (tmp_path / "sample.yaml").write_text(GOOD)
    assert files.read(tmp_path / "sample.yaml", date(2026, 1, 31)).slug == "sample"
    with pytest.raises(InvalidConnector, match=r"sample\.yaml:12: checked"):
        files.read(tmp_path / "sample.yaml", date(2026, 1, 30))


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    (tmp_path / "sample.yaml").write_bytes(b"\xff\xfe\x00")
    for name in ("sample.yaml", "missing.yaml"):
        with pytest.raises(InvalidConnector, match="can't be read"):
            files.read(tmp_path / name)


def as_json(text: str) -> Any:
    """YAML as JSON would have it: a date is text."""
    data = yaml.safe_load(text)
    return {**data, "checked": data["checked"].isoformat()} if isinstance(data.get("checked"), date) else data


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["patch", "active", "email"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(field=st.sampled_from(sorted(Connector.model_fields)), value=ANYTHING)
def test_whatever_stands_in_a_field_it_is_taken_or_named(field: str, value: Any) -> None:
    """No file makes the reader fail; and what the reader takes, editors take."""
    text = yaml.safe_dump({**yaml.safe_load(GOOD), field: value})
    try:
        parsed(text)
    except InvalidConnector:
        return
    jsonschema_rs.validate(json_schema(), as_json(text))
