"""From what a run did to what takes it back: pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from provisor.core import patch, resource, undo
from provisor.core.changes import Kind
from provisor.core.form import Form
from provisor.core.resource import Difference

NAMES = ("title", "displayName", "userType", "locale")
VALUES = st.sampled_from(["a", "b", None])
WORLD = st.fixed_dictionaries(dict.fromkeys(NAMES, VALUES))
EMAIL = st.fixed_dictionaries({"value": st.sampled_from(["x@example.com", "y@example.com"]), "type": st.just("home")})


def raw(world):
    return {name: value for name, value in world.items() if value is not None}


@given(
    before=WORLD,
    steps=st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES), max_size=4),
    others=st.dictionaries(st.sampled_from(NAMES), st.just("theirs")),
)
def test_a_run_and_its_undo_leave_the_world_as_it_was_but_for_others(before, steps, others):
    world, known, done = dict(before), resource.observe({}, raw(before), NAMES), []
    for step in steps:
        attributes = [Difference(name, world[name], to) for name, to in step.items() if to != world[name]]
        world |= step
        known = resource.acknowledge(known, dict(step), raw(world))
        done.append((Kind.UPDATE, attributes))
    back = undo.backwards(undo.net(done), known)
    assert back.left == ()
    world |= others
    for one in undo.now(back.send, raw(world)).send:
        world[one.name] = one.to
    changed = {one.name for _, attributes in done for one in attributes}
    assert world == {name: others.get(name, before[name]) for name in NAMES} | {
        name: others.get(name, before[name]) for name in NAMES if name not in changed
    }


@given(before=WORLD, after=WORLD, later=WORLD)
def test_what_a_later_run_changed_is_left(before, after, later):
    known = resource.acknowledge(resource.observe({}, raw(before), NAMES), after, raw(after))
    known = resource.acknowledge(known, later, raw(later))
    done = undo.Net(
        Kind.UPDATE, tuple(Difference(name, before[name], after[name]) for name in NAMES if before[name] != after[name])
    )
    back = undo.backwards(done, known)
    assert {one.name for one in back.send} == {
        one.name for one in done.attributes if later[one.name] == after[one.name]
    }
    assert all(one.to == before[one.name] for one in back.send)


@given(theirs=st.lists(EMAIL, max_size=2, unique_by=lambda one: one["value"]), first=st.booleans())
def test_a_mail_that_was_added_goes_and_the_others_get_their_marks_back(theirs, first):
    before = [{**one, "primary": first and n == 0} for n, one in enumerate(theirs)]
    ours = {"value": "x@example.com", "type": "work", "primary": True}
    after = patch.merged_emails(before, ours)
    planned = undo.backwards(
        undo.Net(Kind.ADOPT, (Difference("emails", before, [ours]),)), {"emails": {"sent": [ours], "echo": after}}
    )
    (one,) = undo.now(planned.send, {"emails": after}).send
    said = patch.operations([one], Form())
    assert len(said) == 1
    held = said[0].get("value", []) if said[0]["op"] != "remove" else []
    marked = [{**one, "primary": one.get("primary", False)} for one in held]
    assert sorted(marked, key=lambda one: one["value"]) == sorted(before, key=lambda one: one["value"])


def test_members_who_came_and_went_in_one_run_are_neither():
    add, remove = Kind.ADD_MEMBERS, Kind.REMOVE_MEMBERS
    assert undo.net_members([(add, ["a", "b"]), (remove, ["a", "c"]), (add, ["c", "d"])]) == (["b", "d"], [])
    assert undo.net_members([(remove, ["a"]), (add, ["b"])]) == (["b"], ["a"])


def test_who_was_made_is_only_deactivated():
    made = undo.net([(Kind.CREATE, [Difference("title", None, "a")]), (Kind.UPDATE, [Difference("title", "a", "b")])])
    known = {"title": {"echo": "b"}, "active": {"sent": True, "echo": True}}
    assert undo.backwards(made, known).send == (Difference("active", True, False),)
    assert undo.backwards(made, {**known, "active": {"sent": False, "echo": False}}).send == ()
