"""What the code can say is on the pages, and nothing else is."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from typing import get_args

from provisor.administrators.roles import PERMISSIONS
from provisor.applications.settings import Settings
from provisor.core.form import Form
from provisor.testing import provider_rules, rules
from provisor.testing.faults import Fault, Kind
from provisor.testing.presets import PRESETS
from provisor.testing.profile import Profile

from . import scanning
from .reading import anchors, generator, named, page, rows, section


def names_of(kind: type) -> set[str]:
    return {field.name for field in fields(kind)}


def test_environment() -> None:
    documented = named(page("reference/environment.md"))
    assert set(documented) == scanning.variables()
    assert not [name for name, times in Counter(documented).items() if times > 1]


def test_events() -> None:
    text = page("reference/events.md")
    assert set(named(text)) == scanning.event_types()


def test_where_an_event_is_kept_is_said_of_each() -> None:
    assert {row[-1].partition(";")[0] for row in rows(page("reference/events.md"))} == {"kept", "30 days"}


def test_codes_of_the_api() -> None:
    text = section(page("reference/errors.md"), "Errors of the API")
    by_kind = {row[1].strip("`") for row in rows(text) if row[0].isdigit()}
    assert by_kind | set(named(text)) == scanning.problem_codes()


def test_codes_of_accounts_applications_and_runs() -> None:
    text = page("reference/errors.md")
    parts = ("Errors of accounts", "Errors of applications", "Errors of runs")
    documented = {name for part in parts for name in named(section(text, part))}
    assert documented == scanning.account_codes()


def test_codes_of_passwords() -> None:
    assert set(named(section(page("reference/errors.md"), "Errors of passwords"))) == scanning.password_codes()


def test_codes_of_the_connection_test() -> None:
    text = section(page("reference/errors.md"), "Codes of the connection test")
    assert set(named(text)) == scanning.check_codes()


def test_every_setting_has_a_part_of_its_own() -> None:
    text = page("reference/settings.md")
    assert names_of(Settings) <= anchors(text)
    assert set(named(section(text, "form"))) == names_of(Form)


def test_every_permission_has_a_line_with_its_roles() -> None:
    table = {row[0].strip("`"): row[1:5] for row in rows(section(page("reference/roles.md"), "The table"))}
    roles = ("owner", "admin", "operator", "auditor")
    assert table == {
        name: ["yes" if role in holders else "" for role in roles] for name, holders in PERMISSIONS.items()
    }


def test_every_route_has_a_line_with_its_permission() -> None:
    found = {row[0].strip("`"): row[2].strip("`") for row in rows(section(page("reference/rest.md"), "Calls"))}
    assert found == {f"{call['method']} {call['path']}": call["permission"] for call in generator().calls()}


def test_every_command_and_option_is_shown() -> None:
    text = page("reference/cli.md")
    for words, command in generator().commands():
        shown = " ".join(named(section(text, words)))
        options = [option for param in command.params for option in param.opts if option.startswith("-")]
        assert all(option in shown for option in options), words


def test_faults_profiles_and_rules_of_the_rehearsal() -> None:
    text = page("guide/rehearse.md")
    assert set(named(section(text, "Profiles"))) == names_of(Profile)
    assert set(named(section(text, "Known providers"))) == set(PRESETS)
    assert set(named(section(text, "Faults"))) == set(get_args(Kind)) | names_of(Fault) - {"kind"}
    ids = {id for row in rows(section(text, "Reading what it prints")) for id in row[0].split(", ")}
    assert ids == set(rules.RULES) | provider_rules.FOUND
