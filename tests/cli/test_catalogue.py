"""provisor catalogue: what can be connected, and whether a file of one's own is right."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from provisor.catalogue import entries
from provisor.cli.main import app


@pytest.fixture
def run() -> Callable[..., tuple[int, str]]:
    """`run("list")`: exit code and output. No database is there."""

    def call(*words: str) -> tuple[int, str]:
        ended = CliRunner().invoke(app, ["catalogue", *words])
        return ended.exit_code, ended.output

    return call


def test_list(run):
    code, out = run("list", "--json")
    assert code == 0
    assert [item["slug"] for item in json.loads(out)["items"]] == sorted(entries.ENTRIES)
    assert json.loads(run("list", "--json", "--search", "SLA", "--supports", "groups")[1])["total"] == 1
    assert "Slack" in run("list")[1]


def test_show(run):
    code, out = run("show", "snowflake", "--json")
    assert code == 0
    assert json.loads(out) == json.loads(json.dumps(entries.details(entries.ENTRIES["snowflake"]), default=str))
    _code, out = run("show", "snowflake")
    assert "parameters.account" in out
    assert "acme-analytics" in out
    assert "form.single_valued" in out
    assert "6 months" in out
    assert run("show", "nothing")[0] == 1


def test_all_that_ships_is_right(run):
    assert run("lint") == (0, f"{len(entries.ENTRIES)} files are right.\n")


def test_every_problem_of_every_file_is_named(run, tmp_path: Path):
    good = tmp_path / "slack.yaml"
    shutil.copy(entries.FOLDER / "slack.yaml", good)
    assert run("lint", str(good)) == (0, "1 file is right.\n")
    bad = tmp_path / "bad.yaml"
    bad.write_text(good.read_text().replace("supports: [provisioning", "supports: [magic").replace("match:", "mach:"))
    code, out = run("lint", str(good), str(bad), str(tmp_path / "missing.yaml"))
    assert code == 1
    as_json = json.loads(run("lint", "--json", str(good), str(bad), str(tmp_path / "missing.yaml"))[1])
    assert (as_json["ok"], as_json["files"], as_json["problems"]) == (False, 3, out.splitlines())
    told = [line.rpartition("/")[2].split(": ")[:2] for line in out.splitlines()]
    at = [line.partition(":")[0].strip() for line in bad.read_text().splitlines()]
    assert told == [
        [f"bad.yaml:{at.index('supports') + 1}", "supports.0"],
        [f"bad.yaml:{at.index('mach') + 1}", "form.mach"],
        ["missing.yaml", "can't be read"],
    ]


def test_a_folder_of_files(run, tmp_path: Path):
    for slug in ("slack", "miro"):
        shutil.copy(entries.FOLDER / f"{slug}.yaml", tmp_path)
    assert run("lint", str(tmp_path)) == (0, "2 files are right.\n")


def test_what_can_not_be_played_is_named_with_its_line(run, tmp_path: Path):
    file = tmp_path / "miro.yaml"
    text = (entries.FOLDER / "miro.yaml").read_text()
    assert "rehearsal" not in text
    file.write_text(text + "rehearsal:\n  max_pages: 5\n  upsert: 1\n")
    first = len(text.splitlines()) + 2
    code, out = run("lint", str(file))
    assert code == 1
    assert f"miro.yaml:{first}: rehearsal.max_pages" in out
    assert "Did you mean max_page?" in out
    assert f"miro.yaml:{first + 1}: rehearsal.upsert: true or false expected." in out


def test_filters(run):
    def slugs(*words: str) -> list[str]:
        return [item["slug"] for item in json.loads(run("list", "--json", *words)[1])["items"]]

    every = entries.ENTRIES.values()
    assert slugs("--category", "data") == sorted(one.slug for one in every if one.category == "data")
    assert slugs("--beta") == sorted(one.slug for one in every if one.beta)
    assert slugs("--no-beta") == sorted(one.slug for one in every if not one.beta)
    assert slugs("--supports", "import", "--beta") == sorted(o.slug for o in every if o.beta and "import" in o.supports)
    code, out = run("list", "--category", "dat")
    assert code == 2
    assert "Did you mean data?" in out
    assert run("list", "--supports", "magic")[0] == 2


def test_a_name_that_another_file_has(run, tmp_path: Path):
    text = (entries.FOLDER / "slack.yaml").read_text()
    for slug in ("slack", "slack-two"):
        (tmp_path / f"{slug}.yaml").write_text(text.replace("slug: slack\n", f"slug: {slug}\n"))
    code, out = run("lint", *map(str, sorted(tmp_path.iterdir())))
    assert (code, out) == (1, "slack.yaml: name: slack-two.yaml has this name already.\n")
