"""What a plan would do, in words: "160 deactivations and 2 deletions"."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from provisor.portal.words import grouped

STOPPED = {
    "deactivate": ngettext_lazy("%(count)s deactivation", "%(count)s deactivations", "number"),
    "delete": ngettext_lazy("%(count)s deletion", "%(count)s deletions", "number"),
    "reactivate": ngettext_lazy("%(count)s reactivation", "%(count)s reactivations", "number"),
    "update": ngettext_lazy("%(count)s update", "%(count)s updates", "number"),
    "adopt": ngettext_lazy("%(count)s takeover", "%(count)s takeovers", "number"),
    "create": ngettext_lazy("%(count)s creation", "%(count)s creations", "number"),
    "add_members": ngettext_lazy("%(count)s addition of members", "%(count)s additions of members", "number"),
    "remove_members": ngettext_lazy("%(count)s removal of members", "%(count)s removals of members", "number"),
}


def in_words(counts: Mapping[str, int]) -> str:
    """ "160 deactivations, 3 updates and 2 deletions"."""
    known = [(words, counts[kind]) for kind, words in STOPPED.items() if counts.get(kind)]
    told = [str(words % {"number": count, "count": grouped(count)}) for words, count in known]
    return _(" and ").join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)
