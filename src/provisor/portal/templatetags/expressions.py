"""What can be written in rules, filters and expressions, beside the field that takes one."""

from __future__ import annotations

from typing import Any

from django import template

from provisor.core.expression_functions import FUNCTIONS
from provisor.core.expression_text import LISTS, TEXTS
from provisor.directory import custom_attributes

register = template.Library()
OF_NO_RULE = frozenset({"password_status"})  # what changes by itself, or with the rule itself


@register.inclusion_tag("portal/pieces/expression_help.html")
def expression_help(kind: str = "filter") -> dict[str, Any]:
    """`kind`: rule, filter or attribute."""
    names = TEXTS - OF_NO_RULE if kind == "rule" else TEXTS | {"active"}
    return {
        "kind": kind,
        "attributes": sorted(names | LISTS - {"groups"}, key=str.casefold),
        "custom": list(custom_attributes.known()),
        "functions": [(each.name, each.example, each.meaning) for each in FUNCTIONS.values()],
    }
