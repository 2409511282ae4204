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
from provisor.catalogue import entries, files
from provisor.catalogue.connector import Connector, json_schema
from provisor.catalogue.files import InvalidConnector
from provisor.core import form

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
confidence: low
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
    ("another kind of sign-in", {"auth": {"type": "basic", "help": "Ask."}}, "auth.type"),
    ("no help for the token", {"auth": {}}, "auth.help"),
    ("a word that the form doesn't know", {"form": {"telepathy": True}}, "form.telepathy"),
    ("a value that the form doesn't know", {"form": {"update": "post"}}, "form.update"),
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
    assert parsed(with_(form={"deactivation": "erases"}, warnings=["It erases."])).form == {"deactivation": "erases"}


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
    with pytest.raises(InvalidConnector, match=r"other\.yaml: slug: the file of sample is called sample\.yaml"):
        files.read(tmp_path / "other.yaml")


def test_no_file_was_checked_tomorrow(tmp_path: Path) -> None:
    (tmp_path / "sample.yaml").write_text(GOOD)
    assert files.read(tmp_path / "sample.yaml", date(2026, 1, 31)).slug == "sample"
    with pytest.raises(InvalidConnector, match=r"sample\.yaml: checked"):
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
