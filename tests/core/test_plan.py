"""Deciding on one account: every combination of access, state, link and policy that matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.conftest import ADA, CREATING, GRACE, LINK, account, case, known, link, person, policy

from provisor.core import resource
from provisor.core.changes import LOOKS, Change, Kind, Nothing, Wait
from provisor.core.links import Account, Case
from provisor.core.mapping import DEFAULT_ROWS, Row
from provisor.core.plan import Decision, Look, decide, fingerprint, to_look_up
from provisor.core.resource import Difference

SUSPENDED = person(state="suspended")
EXPIRED = person(password="expired")
STAGED = person(state="staged", password="pending")
DELETING = person(state="deleting")
IN_STEP = known(case().desired)
OFF = IN_STEP | {"active": {"sent": False, "echo": False}}
HERS = account(external_id=ADA)


def linked(**fields: Any) -> Any:
    """A link to r1 where everything is as desired, unless told otherwise."""
    return link(**{"status": "synced", "remote_id": "r1", "active": True, "known": IN_STEP, **fields})


def said(decision: Decision) -> str:
    """A decision in a word or two: "create", "hold ambiguous", "wait 2", "synced", "inactive", "forget"."""
    if isinstance(decision, Wait):
        return f"wait {decision.seconds:g}"
    if isinstance(decision, Nothing):
        return "forget" if decision.forget else decision.status
    return f"{decision.kind.value} {decision.code or ''}".strip()


LOOK: list[tuple[str, Case, Look]] = [
    ("linked: compared with what was acknowledged", case(link=linked()), Look.NOTHING),
    ("linked, nothing known of it", case(link=linked(known={})), Look.NOTHING),
    ("linked, the last write's outcome unknown", case(link=linked(intent={"kind": "update", "looked": 0})), Look.READ),
    (
        "unassigned, the last write's outcome unknown",
        case(access=False, link=linked(intent={"kind": "update"})),
        Look.READ,
    ),
    ("no account yet", case(), Look.SEARCH),
    ("no account, suspended: none is made", case(SUSPENDED), Look.NOTHING),
    ("no account, expired: none is made", case(EXPIRED), Look.NOTHING),
    ("no account, staged: no request at all", case(STAGED), Look.NOTHING),
    ("no account, no access", case(access=False), Look.NOTHING),
    ("no account, being deleted", case(DELETING), Look.NOTHING),
    ("a lost create", case(link=link(intent=CREATING)), Look.SEARCH),
    ("a lost create, suspended since", case(SUSPENDED, link=link(intent=CREATING)), Look.SEARCH),
    ("a lost create, unassigned since", case(access=False, link=link(intent=CREATING)), Look.SEARCH),
    ("a lost create, deleted since", case(DELETING, link=link(intent=CREATING)), Look.SEARCH),
]


@pytest.mark.parametrize(("why", "asked", "look"), LOOK, ids=[row[0] for row in LOOK])
def test_what_has_to_be_read(why: str, asked: Case, look: Look) -> None:
    assert to_look_up(asked) is look


WITHOUT_ACCOUNT: list[tuple[str, Case, Sequence[Account], str]] = [
    ("nothing there: created", case(), [], "create"),
    ("hers is there: adopted", case(), [account()], "adopt"),
    ("ours by externalId: adopted", case(), [HERS], "adopt"),
    ("a partial match: a person decides", case(), [account(emails=())], "hold partial_match"),
    ("several: a person decides", case(), [account("r1"), account("r2")], "hold ambiguous"),
    ("takeover review", case(policy=policy(takeover="review")), [account()], "hold match_found"),
    ("takeover never", case(policy=policy(takeover="never")), [account()], "hold exists"),
    ("takeover never, nothing there", case(policy=policy(takeover="never")), [], "create"),
    ("staged: nothing, and nothing is remembered", case(STAGED), [], "forget"),
    ("suspended before she had one", case(SUSPENDED), [], "forget"),
    ("expired before she had one", case(EXPIRED), [], "forget"),
    ("no access: denied by default", case(access=False), [], "forget"),
    ("deleted before she had one", case(DELETING), [], "forget"),
    ("no access, and the account is gone since", case(access=False, link=link(active=False)), [], "inactive"),
    ("deleted, and the account is gone since", case(DELETING, link=link(active=False)), [], "inactive"),
    ("back after the account was erased there", case(link=link(active=False, status="inactive")), [], "create"),
    ("a person chose an account", case(decision={"action": "adopt", "remote_id": "r2"}), [account("r2", emails=())],
     "adopt"),
    ("a person chose a new one", case(decision={"action": "create"}), [account()], "create"),
    ("a person chose to leave it", case(decision={"action": "ignore"}), [account()], "hold ignored"),
    ("the chosen one is gone", case(decision={"action": "adopt", "remote_id": "r2"}), [], "hold candidate_gone"),
    ("no access is stronger than any choice", case(access=False, decision={"action": "create"}), [], "forget"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("why", "asked", "found", "expected"), WITHOUT_ACCOUNT, ids=[row[0] for row in WITHOUT_ACCOUNT]
)
def test_without_an_account(why: str, asked: Case, found: Sequence[Account], expected: str) -> None:
    assert said(decide(asked, found)) == expected


def lost(looked: int = 0, **more: Any) -> Case:
    return case(link=link(intent={"kind": "create", "looked": looked}), **more)


LOST: list[tuple[str, Case, Sequence[Account], str]] = [
    ("look-up 1, not seen: again after 2 s", lost(0), [], "wait 2"),
    ("look-up 2, not seen: again after 8 s", lost(1), [], "wait 8"),
    ("look-up 3 is believed: created", lost(2), [], "create"),
    ("and every later one", lost(7), [], "create"),
    ("an intent without a count", case(link=link(intent={"kind": "create"})), [], "wait 2"),
    ("seen: adopted", lost(0), [HERS], "adopt"),
    ("seen at the third", lost(2), [HERS], "adopt"),
    ("seen at an SP that drops externalId", lost(1), [account()], "adopt"),
    ("seen, whatever takeover says", lost(1, policy=policy(takeover="never")), [account()], "adopt"),
    ("strangers aren't it", lost(0), [account(user_name="x", emails=())], "wait 2"),
    ("somebody took the name meanwhile", lost(0), [account(external_id=GRACE)], "hold owned_elsewhere"),
    ("suspended since, seen: adopted, and inactive", lost(0, user=SUSPENDED), [HERS], "adopt"),
    ("suspended since, not seen: looked for", lost(1, user=SUSPENDED), [], "wait 8"),
    ("suspended since, never seen: none is made", lost(2, user=SUSPENDED), [], "forget"),
    ("unassigned since, seen: ended", lost(0, access=False), [HERS], "deactivate"),
    ("unassigned since, not seen: looked for", lost(0, access=False), [], "wait 2"),
    ("unassigned since, not seen: looked for again", lost(1, access=False), [], "wait 8"),
    ("unassigned since, never seen", lost(2, access=False), [], "forget"),
    ("unassigned since, inactive there already", lost(0, access=False), [account(external_id=ADA, active=False)],
     "inactive"),
    ("unassigned since, an SP that drops externalId: ended too", lost(0, access=False), [account()], "deactivate"),
    ("unassigned since, a stranger with her name stays", lost(2, access=False), [account(emails=())], "forget"),
    ("unassigned since, another user's account stays", lost(2, access=False), [account(owner=GRACE)], "forget"),
    ("unassigned since, two carry our id: a person decides", lost(0, access=False),
     [HERS, account("r2", external_id=ADA)], "hold ambiguous"),
    ("deleted since, seen: ended", lost(0, user=DELETING), [HERS], "deactivate"),
    ("deleted since, and the policy deletes", lost(0, user=DELETING, policy=policy(deprovision="delete")), [HERS], "delete"),
    ("a person wanted a new one: never two of them", lost(2, decision={"action": "create"}),
     [account(), account("r2", external_id=ADA)], "adopt"),
    ("an update's intent without an account isn't a lost create", case(link=link(intent={"kind": "update"})), [], "create"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "asked", "found", "expected"), LOST, ids=[row[0] for row in LOST])
def test_after_a_lost_create(why: str, asked: Case, found: Sequence[Account], expected: str) -> None:
    assert said(decide(asked, found)) == expected


def test_three_looks_at_0_2_and_10_seconds() -> None:
    assert LOOKS == (2.0, 8.0)


EDITED = person(jobTitle="Countess")
DELETES, KEEPS = policy(deprovision="delete"), policy(deprovision="nothing")

LINKED: list[tuple[str, Case, str]] = [
    ("as desired", case(link=linked()), "synced"),
    ("edited", case(EDITED, link=linked()), "update"),
    ("edited, while inactive there", case(EDITED, link=linked(known=OFF, active=False)), "reactivate"),
    ("suspended", case(SUSPENDED, link=linked()), "deactivate"),
    ("suspended, and inactive there", case(SUSPENDED, link=linked(known=OFF, active=False)), "synced"),
    ("an expired password", case(EXPIRED, link=linked()), "deactivate"),
    ("a pending or locked one changes nothing", case(person(password="locked"), link=linked()), "synced"),
    ("back from suspension", case(link=linked(known=OFF, active=False)), "reactivate"),
    ("assigned again", case(link=linked(known=OFF, active=False, status="inactive")), "reactivate"),
    ("nothing known of it: everything is said", case(link=linked(known={})), "reactivate"),
    ("unassigned", case(access=False, link=linked()), "deactivate"),
    ("unassigned and edited: only what ends it", case(EDITED, access=False, link=linked()), "deactivate"),
    ("unassigned and suspended", case(SUSPENDED, access=False, link=linked()), "deactivate"),
    ("unassigned, and confirmed off", case(access=False, link=linked(known=OFF, active=False)), "inactive"),
    ("unassigned, off by echo, but seen active", case(access=False, link=linked(known=OFF)), "deactivate"),
    ("unassigned, taken to be off, not by the echo", case(access=False, link=linked(active=False)), "deactivate"),
    ("unassigned, nothing known of it", case(access=False, link=linked(known={}, active=None)), "deactivate"),
    ("unassigned, an SP that doesn't show active",
     case(access=False, link=linked(known=IN_STEP | {"active": {"sent": False, "echo": None}}, active=None)), "deactivate"),
    ("deleted", case(DELETING, link=linked()), "deactivate"),
    ("deleted, although a path is left", case(DELETING, access=True, link=linked()), "deactivate"),
    ("deleted, and confirmed off", case(DELETING, link=linked(known=OFF, active=False)), "inactive"),
    ("the policy deletes: unassigned", case(access=False, link=linked(), policy=DELETES), "delete"),
    ("the policy deletes: off already", case(access=False, link=linked(known=OFF, active=False), policy=DELETES), "delete"),
    ("the policy deletes: suspended is not unassigned", case(SUSPENDED, link=linked(), policy=DELETES), "deactivate"),
    ("the policy does nothing: unassigned", case(access=False, link=linked(), policy=KEEPS), "inactive"),
    ("the policy does nothing: deleted", case(DELETING, link=linked(), policy=KEEPS), "inactive"),
    ("the policy does nothing: suspended still is", case(SUSPENDED, link=linked(), policy=KEEPS), "deactivate"),
    ("a choice about a held account is past", case(link=linked(), decision={"action": "ignore"}), "synced"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "asked", "expected"), LINKED, ids=[row[0] for row in LINKED])
def test_with_an_account(why: str, asked: Case, expected: str) -> None:
    assert said(decide(asked)) == expected


def test_a_user_who_is_no_longer_in_the_directory() -> None:
    gone = replace(case(link=linked()), user=None)
    assert said(decide(gone)) == "deactivate"
    assert said(decide(replace(gone, link=link()))) == "forget"
    assert said(decide(replace(lost(2, access=False), user=None))) == "forget"


UNKNOWN = {"kind": "update", "looked": 1}
READ: list[tuple[str, Case, Account, str]] = [
    ("the lost write arrived", case(EDITED, link=linked(intent=UNKNOWN)), account(external_id=ADA, title="Countess"),
     "synced"),
    ("the lost write didn't", case(EDITED, link=linked(intent=UNKNOWN)), HERS, "update"),
    ("the lost deactivation arrived", case(access=False, link=linked(intent=UNKNOWN, active=False)),
     account(external_id=ADA, active=False), "inactive"),
    ("the lost deactivation didn't", case(access=False, link=linked(intent=UNKNOWN)), HERS, "deactivate"),
    ("somebody changed it meanwhile", case(link=linked(intent=UNKNOWN)), account(external_id=ADA, title="Eve"), "update"),
    ("somebody deactivated it", case(link=linked(intent=UNKNOWN)), account(external_id=ADA, active=False), "reactivate"),
    ("somebody took our externalId off", case(link=linked(intent=UNKNOWN)), account(), "update"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "asked", "found", "expected"), READ, ids=[row[0] for row in READ])
def test_after_reading_the_account(why: str, asked: Case, found: Account, expected: str) -> None:
    assert said(decide(asked, [found])) == expected


def change(decision: Decision) -> Change:
    assert isinstance(decision, Change)
    return decision


def test_an_update_says_what_changes_from_what() -> None:
    made = change(decide(case(person(email="new@example.com", jobTitle="Countess"), link=linked())))
    work = {"type": "work", "primary": True}
    assert made.attributes == (
        Difference("emails", [{"value": "ada@example.com", **work}], [{"value": "new@example.com", **work}]),
        Difference("title", None, "Countess"),
    )
    assert (made.remote_id, made.reason) == ("r1", "differs from the directory")


def test_ending_says_only_active() -> None:
    made = change(decide(case(EDITED, access=False, link=linked())))
    assert made.attributes == (Difference("active", True, False),)


WHY: list[tuple[Case, str]] = [
    (case(access=False, link=linked()), "has no access any more"),
    (case(DELETING, link=linked()), "was deleted in the directory"),
    (case(SUSPENDED, link=linked()), "is suspended in the directory"),
    (case(EXPIRED, link=linked()), "has an expired password"),
    (case(link=linked(known=OFF)), "is active in the directory and has access"),
    (case(), "has access and no account there"),
]


@pytest.mark.parametrize(("asked", "reason"), WHY, ids=[row[1] for row in WHY])
def test_a_change_says_why(asked: Case, reason: str) -> None:
    assert change(decide(asked)).reason == reason


def test_a_create_says_everything_also_what_is_only_said_then() -> None:
    rows = (*DEFAULT_ROWS, Row("nickName", "firstname", when="create"))
    made = change(decide(case(person(firstname="Ada"), policy=policy(rows))))
    assert {d.name: d.to for d in made.attributes}["nickName"] == "Ada"
    assert all(difference.was is None for difference in made.attributes)


def test_what_is_only_said_on_create_is_left_alone_afterwards() -> None:
    rows = (*DEFAULT_ROWS, Row("nickName", "firstname", when="create"))
    ada = person(firstname="Ada")
    theirs = known(case(ada).desired) | {"nickName": {"echo": "hers alone"}}
    assert said(decide(case(ada, policy=policy(rows), link=linked(known=theirs)))) == "synced"


def test_an_adoption_says_what_will_differ_and_carries_what_was_read() -> None:
    made = change(decide(case(person(jobTitle="Countess")), [account(active=False, title="Dr")]))
    assert {d.name: (d.was, d.to) for d in made.attributes} == {
        "externalId": (None, ADA),
        "active": (False, True),
        "title": ("Dr", "Countess"),
    }
    assert made.account == account(active=False, title="Dr")
    assert made.remote_id == "r1"


def test_only_deactivations_and_deletions_are_destructive() -> None:
    kinds = {kind for kind in Kind if Change(kind, LINK, "").destructive}
    assert kinds == {Kind.DEACTIVATE, Kind.DELETE}


# --- ignoring -------------------------------------------------------------------------------------------------------


def ignored(user: Any = None, **more: Any) -> Case:
    return case(user, link=link(ignored=fingerprint(case())), **more)


IGNORED: list[tuple[str, Case, str]] = [
    ("stays ignored", ignored(), "hold ignored"),
    ("until the user changes", ignored(EDITED), "hold partial_match"),
    ("until the mapping changes", ignored(policy=policy((*DEFAULT_ROWS, Row("nickName", "username")))),
     "hold partial_match"),
    ("suspended: nothing is left to ignore", ignored(SUSPENDED, decision={"action": "ignore"}), "forget"),
    ("what no row names doesn't count", ignored(person(location="Paris")), "hold ignored"),
    ("until a person decides anew", ignored(decision={"action": "create"}), "create"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "asked", "expected"), IGNORED, ids=[row[0] for row in IGNORED])
def test_an_ignored_account(why: str, asked: Case, expected: str) -> None:
    assert said(decide(asked, [account(emails=())])) == expected


values = st.fixed_dictionaries(
    {"username": st.sampled_from(["ada", "eve"])},
    optional=dict.fromkeys(["firstname", "jobTitle", "location", "costCenter"], st.sampled_from(["a", "b", "", None])),
)


@settings(max_examples=200, deadline=None)
@given(values, values)
def test_a_fingerprint_changes_if_and_only_if_what_is_desired_changes(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    a, b = case(person(**one)), case(person(**other))
    assert (fingerprint(a) == fingerprint(b)) is (a.desired == b.desired)


# --- properties of deciding -----------------------------------------------------------------------------------------

users = st.sampled_from([person(), EDITED, SUSPENDED, EXPIRED, STAGED, DELETING])
links = st.sampled_from([link(), link(intent=CREATING), linked(), linked(known=OFF, active=False), linked(known={})])
policies = st.builds(
    lambda takeover, deprovision: policy(takeover=takeover, deprovision=deprovision),
    st.sampled_from(["exact", "review", "never"]),
    st.sampled_from(["deactivate", "delete", "nothing"]),
)
cases = st.builds(Case, users, st.booleans(), links, policies, st.none())
found_ones = st.lists(
    st.sampled_from(
        [account(), HERS, account("r2", emails=()), account("r3", owner=GRACE), account("r4", user_name="x")]
    ),
    max_size=3,
    unique_by=lambda found: found.id,
)


def shown(asked: Case, found: list[Account]) -> list[Account]:
    """What the engine would have read."""
    look = to_look_up(asked)
    return found if look is Look.SEARCH else found[:1] if look is Look.READ else []


@settings(max_examples=500, deadline=None)
@given(cases, found_ones)
def test_nobody_without_access_gets_an_account(asked: Case, found: list[Account]) -> None:
    decision = decide(asked, shown(asked, found))
    if isinstance(decision, Change) and decision.kind in (Kind.CREATE, Kind.ADOPT, Kind.REACTIVATE, Kind.UPDATE):
        assert asked.access
        assert asked.user is not None
        assert not asked.user.leaving


@settings(max_examples=500, deadline=None)
@given(cases, found_ones)
def test_nothing_is_ended_that_the_directory_wants_and_nothing_erased_that_the_policy_keeps(
    asked: Case, found: list[Account]
) -> None:
    decision = decide(asked, shown(asked, found))
    if isinstance(decision, Change) and decision.destructive:
        assert asked.user is not None
        assert not (asked.wanted and asked.user.active)
        assert decision.kind is not Kind.DELETE or asked.policy.deprovision == "delete"
        assert asked.wanted or asked.policy.deprovision != "nothing"


@settings(max_examples=300, deadline=None)
@given(cases, found_ones)
def test_what_was_carried_out_is_not_decided_again(asked: Case, found: list[Account]) -> None:
    """Once a change is acknowledged by an answer that shows the account as sent, nothing is left to do."""
    decision = decide(asked, shown(asked, found))
    if not isinstance(decision, Change) or decision.kind in (Kind.HOLD, Kind.DELETE):
        return
    before = decision.account.raw if decision.account else {}
    base = resource.observe({}, before, asked.policy.paths) if decision.account else asked.link.known
    held = resource.body({p: e["echo"] for p, e in base.items()} | {d.name: d.to for d in decision.attributes})
    after = resource.acknowledge(base, {d.name: d.to for d in decision.attributes}, held)
    done = asked.knowing(remote_id="r1", known=after, active=held.get("active"), intent=None)
    assert isinstance(decide(done), Nothing)


@settings(max_examples=200, deadline=None)
@given(cases, found_ones)
def test_the_same_world_gives_the_same_decision(asked: Case, found: list[Account]) -> None:
    assert decide(asked, shown(asked, found)) == decide(asked, shown(asked, found))
