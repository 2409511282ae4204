"""Drift: an account is there, and is not as it was left. What a full read means for one account, and which of its values
the directory may take over. Pure.

Three things look alike and are told apart here: what somebody changed there (drift), what the SP makes of every value it
is given (its habit: nothing to say), and what changed in the directory without anybody telling (sent as usual).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from provisor.core import resource
from provisor.core.links import Case
from provisor.core.mapping import SOURCES, Row
from provisor.core.resource import Difference, Known

# Who somebody is and whether they have access is the directory's to say, whatever an SP holds.
NEVER_ADOPTED = frozenset({"externalId", "userName", "active", "emails"})
_WRITABLE = SOURCES - {"id", "username", "email", "manager", "active"}
_OWN = "attributes."
_ADDRESS = ("type", "streetAddress", "locality", "region", "postalCode", "country")


@dataclass(frozen=True, slots=True)
class Sight:
    """What a full read showed of one account that we know. `drifted`: each from what it should be (`was`) to what is there
    (`to`). `untold`: the directory wants something else, and nobody marked it. `unsure`: only a look by id can tell."""

    known: Known
    active: bool
    drifted: tuple[Difference, ...] = ()
    untold: bool = False
    unsure: bool = False


def look(case: Case, raw: Mapping[str, Any], active: bool | None) -> Sight:
    """Compares one account as it was just read with what we know of it and with what it should be."""
    now = True if active is None else active
    if now == case.link.active and _is_quiet(case, raw):
        return Sight(case.link.known, now)
    after = _known(case, raw)
    wrong = resource.differences(case.desired, after, case.policy.paths) if case.wanted else _ended(case, now)
    drifted = tuple(each for each in wrong if _is_drift(case, each.name, after))
    untold = len(drifted) < len(wrong) and case.link.status != "held"
    shown = tuple(Difference(each.name, _before(case, each), each.was) for each in drifted)
    if active is None and any(each.name == "active" for each in drifted):
        return _without_active(case, Sight(after, now, shown, untold))
    return Sight(after, now, shown, untold)


def _is_quiet(case: Case, raw: Mapping[str, Any]) -> bool:
    """Whether everything is, to the letter, as it was last echoed, and the directory wants what was sent or what is there.
    Most accounts of most reads are, and this is found out in a fifth of the time."""
    wanted, known = case.desired if case.wanted else {}, case.link.known
    for path in case.policy.paths:
        entry, held = known.get(path), resource.read(raw, path)
        if entry is None:
            if held or (case.wanted and wanted.get(path)):
                return False
        elif (
            held != entry.get("echo")
            or "unread" in entry
            or (case.wanted and wanted.get(path) != entry.get("sent", held))
        ):
            return False
    return True


def _without_active(case: Case, sight: Sight) -> Sight:
    """A listing may leave `active` out altogether: nobody is ended for that before a look by id."""
    shown = tuple(each for each in sight.drifted if each.name != "active")
    known = corrected(case, sight, but=frozenset({"active"}))
    return replace(sight, known=known, active=case.link.active is True, drifted=shown, unsure=True)


def _known(case: Case, raw: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What is known after the read, without entries for what was never there: they would say nothing."""
    known = case.link.known
    after = resource.observe(known, raw, case.policy.paths)
    return {**known, **{path: entry for path, entry in after.items() if path in known or _is_there(entry)}}


def _is_there(entry: Mapping[str, Any]) -> bool:
    return entry.get("echo") not in (None, "", [], {})


def _ended(case: Case, now: bool) -> tuple[Difference, ...]:
    """Who has no access and was deactivated is to stay so, unless ending accounts is none of our business."""
    back = case.link.active is False and now and case.policy.deprovision != "nothing"
    return (Difference("active", True, False),) if back else ()


def _is_drift(case: Case, path: str, after: Known) -> bool:
    """It moved since it was last echoed; or the answer to another write showed it already, and nobody sent it."""
    if path == "active" and not case.wanted:
        return True
    before, entry = case.link.known.get(path) or {}, after.get(path) or {}
    moved = not resource.same_value(path, before.get("echo"), entry.get("echo"))
    return moved or ("sent" not in entry and case.link.status != "held")


def _before(case: Case, difference: Difference) -> Any:
    """What it was before somebody changed it: as last echoed, unless it is that echo which showed the change."""
    echo = (case.link.known.get(difference.name) or {}).get("echo")
    return difference.to if resource.same_value(difference.name, echo, difference.was) else echo


def corrected(case: Case, sight: Sight, *, but: frozenset[str] = frozenset()) -> Known:
    """What is known from now on; of the attributes in `but`, what was known before."""
    kept = {path: case.link.known[path] for path in but if path in case.link.known}
    return {**{path: entry for path, entry in sight.known.items() if path not in but}, **kept}


def adoptable(case: Case, drifted: tuple[Difference, ...]) -> tuple[dict[str, Any], frozenset[str]]:
    """The user's new values under the contract's names, and the paths that they explain. Only what is mapped one to one,
    is there (an answer that leaves a value out says nothing), and would come out of the mapping as it is there."""
    values: dict[str, Any] = {}
    taken = set[str]()
    for difference in drifted:
        row = _own_row(case, difference.name)
        value = _VALUE_OF.get(difference.name, _text)(difference.to) if row else None
        if row is None or row.attribute is None or value in (None, "", []):
            continue
        if _comes_out(case, row.attribute, value, difference):
            _put(values, row.attribute, value)
            taken.add(difference.name)
    return values, frozenset(taken)


def _own_row(case: Case, path: str) -> Row | None:
    """The row that makes this path of one attribute of the user that makes nothing else."""
    rows = [row for row in case.policy.rows if row.included]
    found = [row for row in rows if row.scim == path and row.when == "always"]
    if path in NEVER_ADOPTED or len(found) != 1:
        return None
    attribute = found[0].attribute
    used = sum(row.attribute == attribute for row in rows) + (case.policy.form.external_id_source == attribute)
    writable = attribute in _WRITABLE or bool(attribute and attribute.startswith(_OWN))
    return found[0] if writable and used == 1 else None


def _comes_out(case: Case, attribute: str, value: Any, difference: Difference) -> bool:
    """Whether the mapping makes of the new value what is there: otherwise it would be written back at once."""
    if case.user is None or not _fits(case, attribute):
        return False
    before = dict(case.user.values)
    user = replace(case.user, values=_with(before, attribute, value))
    wanted = replace(case, user=user).desired
    return resource.same(difference.name, wanted.get(difference.name), difference.to)


def _fits(case: Case, attribute: str) -> bool:
    """A custom attribute that is a number or a list in the directory isn't made text by a service provider."""
    assert case.user is not None
    if not attribute.startswith(_OWN):
        return True
    now = (case.user.values.get("attributes") or {}).get(attribute.removeprefix(_OWN))
    return now is None or isinstance(now, str)


def _with(values: dict[str, Any], attribute: str, value: Any) -> dict[str, Any]:
    if not attribute.startswith(_OWN):
        return {**values, attribute: value}
    own = {**(values.get("attributes") or {}), attribute.removeprefix(_OWN): value}
    return {**values, "attributes": own}


def _put(values: dict[str, Any], attribute: str, value: Any) -> None:
    """Custom attributes are sent together: they are merged one level."""
    if attribute.startswith(_OWN):
        values.setdefault("attributes", {})[attribute.removeprefix(_OWN)] = value
    else:
        values[attribute] = value


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _phones(value: Any) -> list[dict[str, Any]]:
    return [_present({"type": each.get("type"), "number": each.get("value")}) for each in resource.elements(value)]


def _addresses(value: Any) -> list[dict[str, Any]]:
    return [_present({name: each.get(name) for name in _ADDRESS}) for each in resource.elements(value)]


def _present(element: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in element.items() if value not in (None, "")}


_VALUE_OF = {"phoneNumbers": _phones, "addresses": _addresses}
