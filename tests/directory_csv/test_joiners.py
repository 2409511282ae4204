"""Start dates in files, and who is mailed after an import."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.directory_csv.test_round_trip import OWNER

from provisor.directory.commands import csv_import
from provisor.directory.csv import reading
from provisor.directory.csv.writing import written
from provisor.directory.models import User
from provisor.errors import Invalid
from provisor.mail.models import Mail

FILE = """username,email,state,First day
ada,ada@example.com,staged,2031-02-28
ben,ben@example.com,staged,
eve,eve@example.com,active,
fay,fay@example.com,,
"""


def bring(text: str, *, mail: bool = False) -> dict[str, int]:
    import io

    table = reading.read(io.BytesIO(text.encode()))
    meant = reading.mapped(table, {})
    return csv_import.import_users_file(OWNER, table, meant, bad=csv_import.BadRows.REFUSE, mail=mail).counts


def starts() -> dict[str, date | None]:
    return dict(User.objects.values_list("username", "start_date"))


def test_a_file_sets_changes_and_clears_the_day(db: None) -> None:
    bring(FILE)
    assert starts() == {"ada": date(2031, 2, 28), "ben": None, "eve": None, "fay": None}
    bring("username,start_date\nada,2031-03-01\nben,2031-03-02\n")
    assert (starts()["ada"], starts()["ben"]) == (date(2031, 3, 1), date(2031, 3, 2))
    bring("username,start_date\nada,\n")
    assert starts()["ada"] is None


@pytest.mark.parametrize(
    "rows",
    ["gus,gus@example.com,active,2031-02-28", "gus,gus@example.com,,2031-02-28", "gus,gus@example.com,staged,28.2.2031",
     "ada,ada@example.com,,2031-02-28"],
)  # fmt: skip
def test_a_day_that_cant_be_is_named_by_row_and_header(make_user: Any, rows: str) -> None:
    make_user("ada")
    with pytest.raises(Invalid) as refused:
        bring(f"username,email,state,First day\n{rows}\n")
    assert list(refused.value.fields) == ["rows[2].First day"]


def test_an_export_can_be_imported_again_without_a_change(db: None) -> None:
    bring(FILE)
    User.objects.filter(username="ada").update(state="active")  # it has begun; the day stays with it
    text = "".join(written(User.objects.order_by("username_key")))
    assert '"2031-02-28"' in text
    assert bring(text)["unchanged"] == 4


def test_only_new_active_users_are_mailed_and_only_when_asked(make_user: Any) -> None:
    make_user("old")
    bring("username,email\nhal,hal@example.com\n")
    assert not Mail.objects.exists()
    bring(FILE + "old,old@example.com,,\n", mail=True)
    assert sorted(row.to for row in Mail.objects.all()) == ["eve@example.com", "fay@example.com"]
