"""Service providers normalise, drop, reorder and add. None of it may cause a second write (A10), and real drift must.

A service provider in ten lines: it keeps what a PATCH makes of its resource (by provisor.testing's applier, which
shares no code with core), in its own form, and shows it in its own way.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.conftest import person

from provisor.core import patch, resource
from provisor.core.form import Form
from provisor.core.mapping import DEFAULT_ROWS, ENTERPRISE, desired, managed
from provisor.testing.patching import apply_patch
from provisor.testing.schema import USERS

Resource = dict[str, Any]
Habit = Callable[[Resource], Resource]
PATHS = managed(DEFAULT_ROWS)
ADA = person(
    username="Ada.Lovelace",
    email="Ada.Lovelace@Example.com",
    firstname="Augusta Ada",
    lastname="Lovelace",
    jobTitle="Countess of Lovelace",
    department="Analytical Engines",
    phoneNumbers=[{"type": "work", "number": " +44 20 1815 "}, {"type": "mobile", "number": "+44 7700 900 1"}],
    addresses=[{"type": "work", "locality": "London", "country": "gb"}, {"locality": "London"}],
)


def _each(name: str, change: Callable[[Resource], Resource]) -> Habit:
    return lambda held: {**held, name: [change(element) for element in held[name]]} if name in held else held


def _without(element: Resource, *names: str) -> Resource:
    return {name: value for name, value in element.items() if name not in names}


def _shortened(held: Resource) -> Resource:
    return {name: value[:6] if isinstance(value, str) and name != "id" else value for name, value in held.items()}


def _reversed(held: Resource) -> Resource:
    return {name: value[::-1] if isinstance(value, list) else value for name, value in held.items()}


def _no_department(held: Resource) -> Resource:
    return {**held, ENTERPRISE: _without(held.get(ENTERPRISE, {}), "department")}


KEEPS: dict[str, Habit] = {
    "lower-cases e-mails": _each("emails", lambda e: {**e, "value": e["value"].lower()}),
    "lower-cases user names": lambda held: {**held, "userName": held["userName"].lower()},
    "trims phones": _each("phoneNumbers", lambda e: {**e, "value": e["value"].strip()}),
    "writes phones without spaces": _each("phoneNumbers", lambda e: {**e, "value": e["value"].replace(" ", "")}),
    "upper-cases countries": _each("addresses", lambda e: {**e, "country": e.get("country", "").upper()}),
    "shortens texts": _shortened,
    "drops titles": lambda held: _without(held, "title"),
    "drops phones": lambda held: _without(held, "phoneNumbers"),
    "drops externalId (A4)": lambda held: _without(held, "externalId"),
    "drops departments": _no_department,
    "drops middle names and more": lambda held: {**held, "name": {"familyName": held["name"]["familyName"]}},
    "knows no types": _each("phoneNumbers", lambda e: _without(e, "type")),
    "knows one e-mail without type": _each("emails", lambda e: _without(e, "type", "primary")),
    "sets a default locale": lambda held: {**held, "locale": "en"},
}
SHOWS: dict[str, Habit] = {
    "leaves out active: true": lambda held: _without(held, "active") if held["active"] else held,
    "leaves out primary": _each("emails", lambda e: _without(e, "primary")),
    "adds display": _each("emails", lambda e: {**e, "display": e["value"]}),
    "adds to addresses": _each("addresses", lambda e: {**e, "formatted": "somewhere", "primary": False}),
    "shows null and [] for what is missing": lambda held: {"nickName": None, "photos": [], **held},
}


@dataclass
class ServiceProvider:
    """`answers`: what comes back from a write: what is kept ("kept"), what was sent ("sent"), or nothing ("nothing")."""

    keeps: list[Habit] = field(default_factory=list)
    shows: list[Habit] = field(default_factory=list)
    answers: str = "kept"
    held: Resource = field(default_factory=dict)
    writes: list[Any] = field(default_factory=list)
    turned: bool = False

    def write(self, operations: list[Any]) -> Resource | None:
        self.writes.append(operations)
        patched = apply_patch(self.held, operations, USERS)
        self.held = patched
        for habit in self.keeps:
            self.held = habit(self.held)
        return {"kept": self.read(), "sent": patched, "nothing": None}[self.answers]

    def read(self) -> Resource:
        """Every second time in another order: an order has no meaning (A7)."""
        self.turned = not self.turned
        shown = copy.deepcopy(self.held)
        for habit in self.shows:
            shown = habit(shown)
        return _reversed(shown) if self.turned else shown


@dataclass
class Provisor:
    """Event path and reconcile, without a database and without a wire."""

    sp: ServiceProvider
    wanted: dict[str, Any]
    known: dict[str, Any] = field(default_factory=dict)

    def sync(self) -> None:
        differences = resource.differences(self.wanted, self.known, PATHS)
        if differences:
            echo = self.sp.write(patch.operations(differences, Form(value_path=False)))
            self.known = resource.acknowledge(self.known, patch.sent(differences), echo)

    def reconcile(self) -> None:
        self.known = resource.observe(self.known, self.sp.read(), PATHS)
        self.sync()

    def cycles(self, number: int) -> int:
        """How many writes that many reconciles cause."""
        before = len(self.sp.writes)
        for _ in range(number):
            self.reconcile()
        return len(self.sp.writes) - before


def synced(sp: ServiceProvider) -> Provisor:
    provisor = Provisor(sp, desired(ADA, DEFAULT_ROWS))
    provisor.sync()
    return provisor


@pytest.mark.parametrize("answers", ["kept", "sent", "nothing"])
def test_a_plain_service_provider_is_written_once(answers: str) -> None:
    provisor = synced(ServiceProvider(answers=answers))
    assert provisor.cycles(10) == 0
    assert all(resource.same(path, provisor.wanted.get(path), resource.read(provisor.sp.held, path)) for path in PATHS)


@pytest.mark.parametrize("habit", KEEPS)
def test_a_habit_of_keeping_never_causes_a_second_write(habit: str) -> None:
    assert synced(ServiceProvider(keeps=[KEEPS[habit]])).cycles(10) == 0


@pytest.mark.parametrize("habit", SHOWS)
def test_a_habit_of_showing_never_causes_a_second_write(habit: str) -> None:
    assert synced(ServiceProvider(shows=[SHOWS[habit]])).cycles(10) == 0


FORMS = [name for name in KEEPS if name.startswith(("lower", "upper", "trims", "writes", "knows"))]


@pytest.mark.parametrize("answers", ["sent", "nothing"])
@pytest.mark.parametrize("habit", FORMS)
def test_a_form_that_only_a_read_shows_never_causes_a_second_write(habit: str, answers: str) -> None:
    """Some answer 204, some echo the request: what they made of it is seen at the next reconcile."""
    assert synced(ServiceProvider(keeps=[KEEPS[habit]], answers=answers)).cycles(10) == 0


@pytest.mark.parametrize("habit", KEEPS)
def test_without_an_answer_one_more_write_settles_any_habit(habit: str) -> None:
    """What was dropped may be a lost write: it is repeated once, and then it is known to be a habit (RT11)."""
    provisor = synced(ServiceProvider(keeps=[KEEPS[habit]], answers="nothing"))
    provisor.cycles(3)
    assert len(provisor.sp.writes) <= 2
    assert provisor.cycles(10) == 0


def test_a_default_that_nobody_wants_is_removed_once() -> None:
    provisor = synced(ServiceProvider(keeps=[lambda held: {**held, "name": {**held["name"], "middleName": "-"}}]))
    assert provisor.cycles(10) == 1


@pytest.mark.parametrize("habit", ["adds to addresses", "leaves out primary"])
def test_a_part_that_is_taken_away_goes_with_one_write(habit: str) -> None:
    provisor = synced(ServiceProvider(shows=[SHOWS[habit]]))
    provisor.wanted["addresses"] = [{"type": "work", "locality": "London"}, {"locality": "London"}]
    assert provisor.cycles(10) == 1
    assert provisor.sp.held["addresses"] == provisor.wanted["addresses"]


def test_somebodys_private_email_stays_and_causes_no_write() -> None:
    provisor = synced(ServiceProvider(keeps=[KEEPS["lower-cases e-mails"]]))
    private = {"value": "ada@home.example", "type": "home"}
    provisor.sp.held["emails"] = [private, *provisor.sp.held["emails"]]
    assert provisor.cycles(10) == 0
    provisor.wanted = desired(person(email="ada.king@example.com"), DEFAULT_ROWS)
    provisor.reconcile()
    assert private in provisor.sp.held["emails"]


DRIFT: list[tuple[str, str, Any]] = [
    ("another title", "title", "Baroness"),
    ("no title", "title", None),
    ("deactivated", "active", False),
    ("another name", "name", {"givenName": "Eve"}),
    ("a phone fewer", "phoneNumbers", [{"type": "mobile", "value": "+44 7700 900 1"}]),
    ("a phone more", "phoneNumbers", [{"type": "home", "value": "1"}, {"type": "mobile", "value": "+44 7700 900 1"}]),
    ("another e-mail", "emails", [{"value": "eve@evil.example", "type": "work", "primary": True}]),
    ("no e-mail", "emails", []),
    ("another externalId", "externalId", "00u1"),
]


@pytest.mark.parametrize("answers", ["kept", "nothing"])
@pytest.mark.parametrize(("why", "name", "value"), DRIFT, ids=[row[0] for row in DRIFT])
def test_drift_is_repaired_by_one_write(why: str, name: str, value: Any, answers: str) -> None:
    provisor = synced(ServiceProvider(answers=answers))
    provisor.cycles(1)
    right = copy.deepcopy(provisor.sp.held)
    for _ in range(2):
        provisor.sp.held = {**provisor.sp.held, name: value}
        assert provisor.cycles(1) == 1
        assert {**provisor.sp.held, "schemas": None} == {**right, "schemas": None}
        assert provisor.cycles(5) == 0


def test_drift_that_the_answer_to_another_write_shows_is_found_too() -> None:
    """The echo of an edit shows the whole account: what differs there is drift, not the SP's habit."""
    provisor = synced(ServiceProvider())
    provisor.sp.held["title"] = "Baroness"
    provisor.wanted["displayName"] = "Ada"
    provisor.sync()
    provisor.reconcile()
    assert provisor.sp.held["title"] == "Countess of Lovelace"


# --- properties -----------------------------------------------------------------------------------------------------

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=6)
phones = st.lists(
    st.fixed_dictionaries({"number": texts}, optional={"type": st.sampled_from(["work", "home", "mobile"])}), max_size=3
)
postal = st.lists(
    st.dictionaries(
        st.sampled_from(["type", "locality", "region", "country"]), st.sampled_from("abc"), min_size=1, max_size=3
    ),
    max_size=3,
)
people = st.builds(
    lambda **values: person(**{name: value for name, value in values.items() if value is not None}),
    firstname=texts | st.none(),
    lastname=texts,
    jobTitle=texts | st.none(),
    department=texts | st.none(),
    phoneNumbers=phones,
    addresses=postal,
    email=st.sampled_from(["Ada@Example.com", "ada@example.com"]),
    state=st.sampled_from(["active", "suspended"]),
)
shown = st.lists(st.sampled_from(sorted(SHOWS)), max_size=3, unique=True)


def providers(*answers: str, keeping: list[str] | None = None) -> st.SearchStrategy[ServiceProvider]:
    keeps = st.lists(st.sampled_from(sorted(keeping or KEEPS)), max_size=4, unique=True)
    return st.builds(
        lambda keeps, shows, answers: ServiceProvider([KEEPS[k] for k in keeps], [SHOWS[s] for s in shows], answers),
        keeps,
        shown,
        st.sampled_from(answers),
    )


any_provider = providers("kept", "nothing") | providers("sent", keeping=FORMS)


@settings(max_examples=150, deadline=None)
@given(people, providers("kept"))
def test_the_plan_of_a_converged_world_is_empty(user: Any, sp: ServiceProvider) -> None:
    provisor = Provisor(sp, desired(user, DEFAULT_ROWS))
    provisor.sync()
    assert resource.differences(provisor.wanted, provisor.known, PATHS) == ()
    assert provisor.cycles(4) == 0


@settings(max_examples=150, deadline=None)
@given(people, people, providers("kept", "nothing"))
def test_an_edit_is_at_most_one_write(before: Any, after: Any, sp: ServiceProvider) -> None:
    provisor = Provisor(sp, desired(before, DEFAULT_ROWS))
    provisor.sync()
    provisor.wanted = desired(after, DEFAULT_ROWS)
    for _ in range(3):
        provisor.sync()
    assert len(provisor.sp.writes) <= 2


@settings(max_examples=150, deadline=None)
@given(people, any_provider)
def test_whatever_the_habits_there_is_an_end(user: Any, sp: ServiceProvider) -> None:
    provisor = Provisor(sp, desired(user, DEFAULT_ROWS))
    provisor.sync()
    provisor.cycles(3)
    assert len(provisor.sp.writes) <= 2
    assert provisor.cycles(4) == 0


@settings(max_examples=150, deadline=None)
@given(people)
def test_nothing_differs_from_itself(user: Any) -> None:
    wanted = desired(user, DEFAULT_ROWS)
    observed = resource.observe({}, resource.body(wanted), PATHS)
    assert resource.differences(wanted, observed, PATHS) == ()


@settings(max_examples=150, deadline=None)
@given(people, st.randoms(use_true_random=False))
def test_an_order_has_no_meaning(user: Any, random: Any) -> None:
    for path, value in desired(user, DEFAULT_ROWS).items():
        if isinstance(value, list):
            mixed = copy.copy(value)
            random.shuffle(mixed)
            assert resource.same(path, value, mixed)
