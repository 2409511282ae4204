"""Finding a connector: what is wanted of it, and how many each further tick would leave. Pure, over the catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from provisor.catalogue.connector import Connector

LONGEST = 100  # characters of a search that are looked at
FIRST = 8  # categories that are shown at once; the smaller ones are folded
_WRITTEN = {
    "ai": "AI",
    "crm": "CRM",
    "e-commerce": "E-commerce",
    "hr": "HR",
    "itsm": "ITSM",
    "low-code": "Low-code",
    "content": lazy("Content management"),
    "data": lazy("Data platforms"),
    "generic": lazy("Many products"),
    "support": lazy("Customer support"),
}
SUPPORTS = {
    "provisioning": lazy("Provisioning"),
    "groups": lazy("User Groups"),
    "import": lazy("Import"),
    "password": lazy("Password"),
    "sso": "SSO",
    "jit": "JIT",
}


@dataclass(frozen=True)
class Wanted:
    """What a connector has to be: all of `supports`, one of `categories` (where any is named), Beta only where `beta`
    allows it; and `search` is part of its name, slug or description."""

    search: str = ""
    supports: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    beta: bool = True

    @property
    def anything(self) -> bool:
        return self == Wanted()

    def fits(self, one: Connector) -> bool:
        """Whether a connector is all that."""
        return (
            self.supports <= set(one.supports)
            and (not self.categories or one.category in self.categories)
            and (self.beta or not one.beta)
            and self.search.casefold() in f"{one.slug} {one.name} {one.description}".casefold()
        )


@dataclass(frozen=True)
class Option:
    """One tick box. `count`: how many connectors there would be with it."""

    name: str
    value: str
    label: str
    count: int
    ticked: bool


@dataclass(frozen=True)
class Facet:
    """Tick boxes under a heading; `rest` is folded behind "More", unless `unfolded`."""

    label: str
    options: Sequence[Option]
    rest: Sequence[Option] = ()

    @property
    def unfolded(self) -> bool:
        """Whether something of the folded ones is ticked: what filters must be seen."""
        return any(option.ticked for option in self.rest)


def address(wanted: Wanted) -> str:
    """The query that asks for it, and nothing that goes without saying: "" where nothing is asked for."""
    query = QueryDict(mutable=True)
    if wanted.search:
        query["search"] = wanted.search
    query.setlist("supports", [name for name in SUPPORTS if name in wanted.supports])
    query.setlist("category", sorted(wanted.categories))
    if not wanted.beta:
        query["beta"] = "no"
    return f"?{query.urlencode()}" if query.urlencode() else ""


def read(query: QueryDict) -> Wanted:
    """What an address asks for; what it holds besides is left alone."""
    return Wanted(
        search=query.get("search", "").strip()[:LONGEST],
        supports=frozenset(query.getlist("supports")) & frozenset(SUPPORTS),
        categories=frozenset(query.getlist("category")),
        beta=query.getlist("beta") != ["no"],  # the form says no, and yes besides where the box is ticked
    )


def facets(wanted: Wanted, connectors: Collection[Connector]) -> list[Facet]:
    """The tick boxes with their counts, which follow what else is ticked."""

    def count(asked: Wanted, further: Callable[[Connector], bool] = lambda one: True) -> int:
        return sum(1 for one in connectors if asked.fits(one) and further(one))

    beta = count(replace(wanted, beta=True), lambda one: one.beta)
    return [
        Facet(_("Supports"), list(_supports(wanted, count))),
        _categories(wanted, connectors, count),
        Facet(_("Maturity"), [Option("beta", "yes", _("Show Beta connectors"), beta, wanted.beta)]),
    ]


def _categories(wanted: Wanted, connectors: Collection[Connector], count: Callable[..., int]) -> Facet:
    """The largest ones, by name; the rest is folded. Which are large doesn't depend on what is ticked: nothing jumps."""
    anywhere = replace(wanted, categories=frozenset())
    sizes = Counter(one.category for one in connectors)
    by_size = sorted(sizes, key=lambda name: (-sizes[name], name))

    def options(names: Collection[str]) -> list[Option]:
        return [
            Option(
                "category",
                name,
                in_words(name),
                count(anywhere, lambda one, name=name: one.category == name),
                name in wanted.categories,
            )
            for name in sorted(names)
        ]

    first = FIRST if len(by_size) > FIRST + 1 else len(by_size)
    return Facet(_("Category"), options(by_size[:first]), options(by_size[first:]))


def _supports(wanted: Wanted, count: Callable[[Wanted], int]) -> Iterator[Option]:
    for name, label in SUPPORTS.items():
        found = count(replace(wanted, supports=wanted.supports | {name}))
        yield Option("supports", name, str(label), found, name in wanted.supports)


def in_words(category: str) -> str:
    """A category as people read it: "developer-tools" is Developer tools, "hr" is HR."""
    return str(_WRITTEN.get(category) or category.replace("-", " ").capitalize())
