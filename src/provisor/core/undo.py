"""Undo: from what a run did to what takes it back. Pure.

Taken back is what still stands as the run left it: attribute by attribute, member by member. What has changed since, by
whomever, is left alone and said. It is asked twice: when the plan is made, of what is known; and right before something
is sent, of what the SP shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from provisor.core import resource
from provisor.core.changes import Kind
from provisor.core.links import Case
from provisor.core.resource import Difference, Known
from provisor.core.undone import MANAGER


@dataclass(frozen=True, slots=True)
class Net:
    """What one run did to one account or group, all in all: each attribute as it was before and as the run left it.
    `kind`: CREATE, ADOPT or DELETE where that is what happened to it, else UPDATE."""

    kind: Kind
    attributes: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Back:
    """What undoes it: `send` goes back, `left` isn't as the run left it, `done` is back already."""

    send: tuple[Difference, ...] = ()
    left: tuple[Difference, ...] = ()
    done: tuple[Difference, ...] = ()


def difference(of: Mapping[str, Any]) -> Difference:
    """A difference from its JSON."""
    return Difference(str(of["name"]), of.get("from"), of.get("to"))


def net(changes: Sequence[tuple[Kind, Sequence[Difference]]]) -> Net:
    """All successful changes of one account or group in one run, in the order in which they were made."""
    kinds = [kind for kind, _ in changes]
    whole = next((kind for kind in (Kind.DELETE, Kind.CREATE, Kind.ADOPT) if kind in kinds), Kind.UPDATE)
    first: dict[str, Difference] = {}
    for _, attributes in changes:
        for one in attributes:
            first[one.name] = replace(first[one.name], to=one.to) if one.name in first else one
    return Net(whole, tuple(first.values()))


def net_members(changes: Iterable[tuple[Kind, Iterable[str]]]) -> tuple[list[str], list[str]]:
    """Who was added and who was removed, all in all; who came and went in one run is neither."""
    before: dict[str, bool] = {}
    after: dict[str, bool] = {}
    for kind, users in changes:
        joined = kind is Kind.ADD_MEMBERS
        for user in users:
            before.setdefault(user, not joined)
            after[user] = joined
    moved = [user for user in before if before[user] != after[user]]
    return [user for user in moved if after[user]], [user for user in moved if not after[user]]


def backwards(done: Net, known: Known) -> Back:
    """What takes `done` back, given what is known of the account now. Who was created is deactivated, not deleted."""
    if done.kind is Kind.CREATE:
        done = replace(done, attributes=(Difference("active", False, True),))
    send, left, back = list[Difference](), list[Difference](), list[Difference]()
    for one in done.attributes:
        echo = known.get(one.name, {}).get("echo")
        inverse = Difference(one.name, echo, restored(one.name, one.was, echo))
        if one.name in known and is_at(one.name, inverse.to, echo):
            back.append(inverse)
        elif resource.in_step(one.name, one.to, known.get(one.name)):
            send.append(inverse)
        else:
            left.append(inverse)
    return Back(tuple(send), tuple(left), tuple(back))


def now(planned: Iterable[Difference], raw: Mapping[str, Any]) -> Back:
    """The same of what the SP shows at this moment: only what is as it was when the plan was made is sent."""
    send, left, done = list[Difference](), list[Difference](), list[Difference]()
    for one in planned:
        held = resource.read(raw, one.name)
        to = restored(one.name, one.to, held)
        if is_at(one.name, to, held):
            done.append(replace(one, was=held))
        elif is_at(one.name, one.was, held):
            send.append(Difference(one.name, held, to))
        else:
            left.append(replace(one, was=held))
    return Back(tuple(send), tuple(left), tuple(done))


def kind_of(attributes: Iterable[Difference]) -> Kind:
    """What a change of these attributes is called."""
    active = next((one for one in attributes if one.name == "active"), None)
    if active is None:
        return Kind.UPDATE
    return Kind.DEACTIVATE if active.to is False else Kind.REACTIVATE


def is_at(path: str, wanted: Any, held: Any) -> bool:
    """Whether the SP holds this value, which it once gave itself. Of e-mails only ours counts (U5)."""
    if path == "emails":
        ours, theirs = resource.work_email(wanted), resource.work_email(held)
        return resource.same_element(ours, theirs) and resource.same_element(theirs, ours)
    if isinstance(wanted, Mapping):
        return resource.same(path, wanted, held)
    return resource.same_value(path, wanted, held)


def restored(path: str, before: Any, held: Any) -> Any:
    """The value to send so that the SP holds what it held `before`, given what it holds now."""
    if path == "emails":
        return _emails(before, held) or None
    if path == "active":
        return before is not False  # an SP may leave out `active: true`
    if path.endswith(MANAGER) and isinstance(before, Mapping):
        return {"value": before.get("value")}
    return before


def _emails(before: Any, held: Any) -> list[dict[str, Any]]:
    """Our address as it was, the others as they are now, but with the marks that they had: one was primary, perhaps."""
    ours, now_ours = resource.work_email(before), resource.work_email(held)
    others = [element for element in resource.elements(before) if element is not ours]
    kept = [_as_before(element, others) for element in resource.elements(held) if element is not now_ours]
    hidden = (now_ours or {}).get("value")  # one with the value of ours had to go when ours came
    back = [dict(element) for element in others if element.get("value") == hidden]
    return [*([dict(ours)] if ours else []), *kept, *back]


def _as_before(element: Mapping[str, Any], before: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    was = next((one for one in before if one.get("value") == element.get("value")), None)
    return dict(was or element)


@dataclass(frozen=True, slots=True)
class Undoing(Case):
    """A case that is as desired once it is `back` where it was, whatever the directory says: for the parts that judge a lost
    answer by what they find."""

    back: Mapping[str, Any] = field(default_factory=dict)

    @property
    def desired(self) -> dict[str, Any]:
        return dict(self.back)

    @property
    def wanted(self) -> bool:
        return True
