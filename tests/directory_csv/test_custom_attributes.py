"""Custom attributes in files: a schema says how a cell is read, and which value may be there once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from provisor.directory.csv.review import Review
from provisor.directory.csv.writing import written
from provisor.directory.models import CustomAttribute, UniqueValue, User
from provisor.errors import Invalid

Take = Callable[..., Review]


@pytest.fixture
def schema(db: None) -> None:
    kinds: dict[str, Any] = {"badge": "text", "level": "number", "vip": "boolean", "since": "date", "size": "choice"}
    for name, type in {**kinds, "tags": "list"}.items():
        choices = ["S", "M"] if type == "choice" else []
        CustomAttribute.objects.create(
            name=name, type=type, choices=choices, unique=name == "badge", updated=timezone.now()
        )


HEAD = (
    "username,email,attribute.badge,attribute.level,attribute.vip,attribute.since,attribute.size,attribute.tags:json\n"
)
ADA = 'ada,ada@example.com,B-1,2.5,Yes,2026-01-31,M,"[""x"", ""y""]"\n'
VALUES = {"badge": "B-1", "level": 2.5, "vip": True, "since": "2026-01-31", "size": "M", "tags": ["x", "y"]}


def test_cells_are_read_by_type_and_come_back(schema: None, take: Take) -> None:
    take(HEAD + ADA)
    assert User.objects.get().attributes == VALUES
    out = "".join(written(User.objects.all()))
    assert '"attribute.level"' in out
    assert '"attribute.tags:json"' in out
    assert take(out.lstrip("\ufeff")).counts["unchanged"] == 1
    take("username,attribute.level,attribute.vip\nada,,no\n")
    assert User.objects.get().attributes == {**{k: v for k, v in VALUES.items() if k != "level"}, "vip": False}


@pytest.mark.parametrize(
    ("column", "cell"),
    [("level", "three"), ("vip", "perhaps"), ("since", "31.1.2026"), ("size", "XL")],
)
def test_a_cell_that_does_not_fit_is_a_bad_row(schema: None, look: Take, column: str, cell: str) -> None:
    header = f"attribute.{column}"
    found = look(f"username,email,{header}\nada,ada@example.com,{cell}\n")
    assert list(found.bad[2]) == [header]


def test_a_unique_value_is_refused_in_the_file_and_in_the_directory(schema: None, take: Take, look: Take) -> None:
    take("username,email,attribute.badge\nada,ada@example.com,B-1\n")
    assert UniqueValue.objects.get().key == "b-1"
    text = (
        "username,email,attribute.badge\nben,ben@example.com,b-1\ncleo,cleo@example.com,B-2\ndora,d@example.com,b-2\n"
        "emil,e@example.com,B-3\n"
    )
    found = look(text)
    assert {row: list(wrong) for row, wrong in found.bad.items()} == {row: ["attribute.badge"] for row in (2, 3, 4)}
    with pytest.raises(Invalid):
        take(text)
    take(text, bad="leave out")
    assert set(UniqueValue.objects.values_list("key", flat=True)) == {"b-1", "b-3"}
