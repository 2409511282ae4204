"""A plan that waits for a person, in words: what was stopped, against which limit, and what approving would do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from provisor.applications.models import Change, Run, RunStatus
from provisor.applications.queries import waiting
from provisor.directory.models import User
from provisor.portal.plan_words import in_words
from provisor.portal.templatetags.accounts import KINDS
from provisor.portal.views.directory.listing import name_of
from provisor.portal.words import grouped

PLANS = ("guard", "undo")
# The act: "Deactivate 160, update 12".
ACTS = {
    "deactivate": gettext_lazy("deactivate %(count)s"),
    "delete": gettext_lazy("delete %(count)s"),
    "reactivate": gettext_lazy("reactivate %(count)s"),
    "update": gettext_lazy("update %(count)s"),
    "adopt": gettext_lazy("take over %(count)s"),
    "create": gettext_lazy("create %(count)s"),
    "add_members": gettext_lazy("add members to %(count)s"),
    "remove_members": gettext_lazy("remove members from %(count)s"),
}
# What stands at the top of a plan that waits no more.
LEADS: dict[tuple[str, str], Promise] = {
    ("guard", "applying"): gettext_lazy(
        "Approved. Each change is computed again right before it is sent; one that is different by now is left out."
    ),
    ("guard", "done"): gettext_lazy("Approved and carried out."),
    ("guard", "rejected"): gettext_lazy(
        "Rejected: nothing of it is sent. What it shows stays held; a sync or a full read asks again."
    ),
    ("guard", "expired"): gettext_lazy(
        "The approval held for an hour and is over. What wasn't sent by then is asked about again."
    ),
    ("guard", "superseded"): gettext_lazy("Nothing is left of this plan: what it would have ended isn't due any more."),
    ("guard", "cancelled"): gettext_lazy("Cancelled. What was sent stays sent; the rest stays due."),
    ("undo", "applying"): gettext_lazy(
        "Approved. Each account is read before it goes back; one that was changed since is left as it is."
    ),
    ("undo", "done"): gettext_lazy("What could go back went back; what is left as it is says why."),
    ("undo", "rejected"): gettext_lazy("Rejected: nothing goes back. Everything stays as the run left it."),
    ("undo", "expired"): gettext_lazy("The approval held for an hour and is over. Undo the run again for the rest."),
    ("undo", "superseded"): gettext_lazy("A newer undo of the same run took the place of this one."),
    ("undo", "cancelled"): gettext_lazy("Cancelled. What went back stays so; the rest stays as the run left it."),
}


@dataclass(frozen=True)
class Plan:
    """A run of kind guard or undo on its page. `kinds`: what is open, by kind; `counted`: the guard's numbers. What follows
    is of a try to approve: what was `typed`, why that was `wrong`, and the number that was shown (`was`) if the plan
    `changed` since."""

    run: Run
    kinds: Mapping[str, int] = field(default_factory=dict)
    counted: waiting.Counted | None = None
    because: Sequence[waiting.Because] = ()
    typed: str = ""
    wrong: str = ""
    changed: bool = False
    was: str = ""

    @property
    def waits(self) -> bool:
        return self.run.status == RunStatus.WAITING_APPROVAL

    @property
    def ready(self) -> bool:
        """Whether it can be approved: it isn't being worked out at this moment."""
        return self.waits and self.run.hash is not None

    @property
    def total(self) -> int:
        """The number that a person types: changes that approving would send."""
        return sum(self.kinds.values())

    @property
    def left(self) -> int:
        """What an undo leaves as it is."""
        return (self.run.total or 0) - self.total if self.waits else 0

    @property
    def ends(self) -> int:
        return self.kinds.get("deactivate", 0) + self.kinds.get("delete", 0)

    @property
    def percent(self) -> str:
        active = self.counted.active if self.counted else 0
        return f"{min(100 * self.kinds.get('deactivate', 0) / active, 100):.0f}" if active else ""

    @property
    def stopped(self) -> str:
        return in_words(self.kinds)

    @property
    def act(self) -> str:
        """ "Deactivate 160, delete 2": the act's button."""
        told = ", ".join(str(ACTS[kind]) % {"count": grouped(count)} for kind, count in self.kinds.items())
        return told[:1].upper() + told[1:]

    @property
    def lead(self) -> str:
        return str(LEADS.get((self.run.kind, self.run.status), ""))

    @property
    def hash_in_parts(self) -> str:
        """ "9f3c 71aa b21e"."""
        return " ".join(re.findall("....", (self.run.hash or "")[:16]))


def plan_of(run: Run, **tried: object) -> Plan | None:
    """The plan that a run is; None for one that never waits. `tried`: of a try to approve."""
    if run.kind not in PLANS:
        return None
    if run.status != RunStatus.WAITING_APPROVAL:
        return Plan(run)
    numbers = waiting.counted(run.application) if run.kind == "guard" else None
    return Plan(run, waiting.kinds_open(run), numbers, waiting.because(run), **tried)  # type: ignore[arg-type]


def typed_number(text: str) -> str:
    """What a person typed as a number, without what groups its thousands: "1,204" is 1204; "1.2" stays what it is."""
    return re.sub("[^0-9]", "", text) if re.fullmatch(r"[0-9]{1,3}(?:[\s,.'’][0-9]{3})+", text) else text


def wrong_number(plan: Plan, typed: str) -> str:
    """Why the typed number doesn't approve the plan; "" if it does."""
    if typed_number(typed) == str(plan.total):
        return ""
    if not typed:
        return _("Type %(total)s: so many changes are in this plan.") % {"total": grouped(plan.total)}
    told = ngettext(
        "Nothing was sent. This plan holds %(total)s change: type that number.",
        "Nothing was sent. This plan holds %(total)s changes: type that number.",
        plan.total,
    )
    return told % {"total": grouped(plan.total)}


def dressed(changes: Sequence[Change], counts: Mapping[str, int]) -> Sequence[Change]:
    """Rows of a plan's table: each with the `person` it is about, and the first one of a kind with a `heading`."""
    people = User.objects.in_bulk({change.user_id for change in changes if change.user_id})
    kind = ""
    for change in changes:
        user = people.get(change.user_id) if change.user_id else None
        change.person = name_of(user) if user else change.user_name  # type: ignore[attr-defined]
        if change.kind != kind:
            kind = change.kind
            change.heading = (KINDS.get(kind, kind), counts.get(kind, 0))  # type: ignore[attr-defined]
    return changes
