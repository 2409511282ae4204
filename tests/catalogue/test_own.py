"""Connectors of one's own: a folder beside the catalogue. What isn't right there stops nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provisor.catalogue import entries

from .test_files import GOOD, with_

Own = Callable[..., None]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Own]:
    """`own(sample=TEXT)`: the folder holds these files, and the catalogue was read anew."""
    monkeypatch.setenv("PROVISOR_CONNECTORS_DIR", str(tmp_path))

    def put(**texts: str) -> None:
        for slug, text in texts.items():
            (tmp_path / f"{slug}.yaml").write_text(text)
        entries.forget()

    yield put
    monkeypatch.delenv("PROVISOR_CONNECTORS_DIR")
    entries.forget()


def test_it_stands_beside_those_that_ship(own: Own) -> None:
    shipped = set(entries.ENTRIES)
    own(sample=GOOD)
    assert set(entries.ENTRIES) == shipped | {"sample"}
    assert (entries.own(), entries.broken()) == ({"sample"}, ())
    assert entries.base_url("sample", {"host": "acme", "tenant": "17"}) == "https://acme.example/scim/17"


def test_one_of_the_same_slug_goes_before_what_ships(own: Own) -> None:
    own(slack=with_(slug="slack", name="Our Slack"))
    assert entries.ENTRIES["slack"].name == "Our Slack"


def test_a_broken_one_is_left_out_and_named(own: Own) -> None:
    shipped = dict(entries.ENTRIES)
    own(sample=with_(beta="perhaps"), slack="slug: [", other=GOOD, late=with_(slug="late", checked="2999-01-01"))
    assert dict(entries.ENTRIES) == shipped, "also the one that ships under that slug"
    assert [line.partition(":")[0] for line in entries.broken()] == [
        f"{s}.yaml" for s in ("late", "other", "sample", "slack")
    ]


def test_doctor_names_it(own: Own) -> None:
    from provisor.cli.checks import _connectors

    assert _connectors().ok
    own(sample=with_(beta="perhaps"))
    assert not _connectors().ok
    assert "sample.yaml" in _connectors().message
    assert "beta" in _connectors().message
