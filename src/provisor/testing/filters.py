"""SCIM filters and attribute paths, read strictly (RFC 7644 3.4.2.2): `eq` and `and`, value filters, JSON literals.

Everything else is refused as invalidFilter: a client that stays inside this subset works with every service provider.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisor.testing.errors import ScimError
from provisor.testing.schema import Attribute, Attributes, ResourceSchema

_PATH = re.compile(r"(?:(urn:[^\s\[\]\"]+):)?([a-z$][\w$-]*)(?:\.([a-z$][\w$-]*))?", re.IGNORECASE)
_SUB = re.compile(r"\.([a-z$][\w$-]*)", re.IGNORECASE)
_EQ = re.compile(r"(\s+)eq(\s+)", re.IGNORECASE)
_AND = re.compile(r"(\s+)and(\s+)", re.IGNORECASE)
_DECODER = json.JSONDecoder()
_NO_LITERAL = object()


@dataclass(frozen=True)
class Target:
    """Where a path points: `urn` of an extension or None for core, `attribute` (None: the whole extension),
    `where` picks elements of a multi-valued attribute, `sub` is a sub-attribute."""

    urn: str | None
    attribute: Attribute | None
    sub: Attribute | None = None
    where: Filter | None = None

    @property
    def name(self) -> str:
        """The path without brackets and URN: "emails.value"."""
        name = self.attribute.name if self.attribute else (self.urn or "")
        return f"{name}.{self.sub.name}" if self.sub else name


@dataclass(frozen=True)
class Clause:
    """`target eq literal`, or only the presence of an element that `target.where` picks."""

    target: Target
    literal: Any

    def matches(self, holder: Mapping[str, Any]) -> bool:
        """True if the resource or element `holder` has the value."""
        if self.target.urn:
            holder = holder.get(self.target.urn) or {}
        values = _values(holder, self.target)
        if self.literal is _NO_LITERAL:
            return bool(values)
        attribute = self.target.sub or self.target.attribute
        wanted = folded(self.literal, attribute)
        return any(folded(value, attribute) == wanted for value in values)


@dataclass(frozen=True)
class Filter:
    """Clauses that must all hold. `tidy`: exactly one space on each side of every operator."""

    clauses: tuple[Clause, ...]
    tidy: bool = True

    def matches(self, holder: Mapping[str, Any]) -> bool:
        """True if every clause holds for the resource or element."""
        return all(clause.matches(holder) for clause in self.clauses)

    def hits(self, elements: list[Any]) -> list[bool]:
        """For each element of a list whether it matches; quick for what groups are asked most: one text, in long lists."""
        clause = self.clauses[0]
        target, attribute = clause.target, clause.target.attribute
        simple = (
            len(self.clauses) == 1 and attribute and not (target.urn or target.sub or target.where or attribute.multi)
        )
        if not simple or not attribute or not isinstance(clause.literal, str):
            return [self.matches(element) for element in elements]
        name, wanted = attribute.name, folded(clause.literal, attribute)
        if attribute.case_exact:
            return [element.get(name) == wanted for element in elements]
        values = (element.get(name) for element in elements)
        return [isinstance(value, str) and value.casefold() == wanted for value in values]


def folded(value: Any, attribute: Attribute | None) -> Any:
    """The form in which values are compared: text without case unless the attribute is caseExact; a boolean is never
    equal to a number."""
    if isinstance(value, str):
        return value if attribute and attribute.case_exact else value.casefold()
    return (value,) if isinstance(value, bool) else value


def _values(holder: Mapping[str, Any], target: Target) -> list[Any]:
    assert target.attribute is not None
    value = holder.get(target.attribute.name)
    values = value if isinstance(value, list) else [] if value is None else [value]
    if target.where:
        values = [item for item in values if isinstance(item, dict) and target.where.matches(item)]
    if target.sub:
        name = target.sub.name
        return [item[name] for item in values if isinstance(item, dict) and name in item]
    return values


def parse_filter(text: str, schema: ResourceSchema) -> Filter:
    """The filter in `text`, its names looked up in `schema`. Raises ScimError 400 invalidFilter."""
    parser = _Parser(text, "invalidFilter")
    clauses = parser.conjunction(schema.attributes, schema)
    parser.end()
    return Filter(clauses, parser.tidy)


def parse_path(text: str, schema: ResourceSchema) -> Target:
    """The PATCH path in `text` (RFC 7644 3.5.2). Raises ScimError 400 invalidPath."""
    extension = schema.extensions.get(text.lower())
    if extension:
        return Target(extension[0], None)
    parser = _Parser(text, "invalidPath")
    target = parser.target(schema.attributes, schema)
    parser.end()
    return target


class _Parser:
    """Reads `text` from left to right; `refusal` is the scimType of what it can't read."""

    def __init__(self, text: str, refusal: str) -> None:
        self.text, self.refusal, self.at, self.tidy = text, refusal, 0, True

    def conjunction(self, attributes: Attributes, schema: ResourceSchema | None) -> tuple[Clause, ...]:
        clauses = [self.clause(attributes, schema)]
        while self.operator(_AND):
            clauses.append(self.clause(attributes, schema))
        return tuple(clauses)

    def clause(self, attributes: Attributes, schema: ResourceSchema | None) -> Clause:
        target = self.target(attributes, schema)
        if self.operator(_EQ):
            return Clause(_comparable(target), self.literal())
        if target.where and not target.sub:
            return Clause(target, _NO_LITERAL)
        raise self.refused("expected `eq` here; only `eq` and `and` are supported")

    def target(self, attributes: Attributes, schema: ResourceSchema | None) -> Target:
        match = _PATH.match(self.text, self.at)
        if not match:
            raise self.refused("expected an attribute name here")
        urn, name, sub = match.groups()
        self.at = match.end()
        holder, attributes = self.holder(urn, attributes, schema)
        attribute = self.known(name, attributes)
        where = self.brackets(attribute)
        if where and not sub and (dotted := _SUB.match(self.text, self.at)):
            sub, self.at = dotted.group(1), dotted.end()
        return Target(holder, attribute, self.known(sub, attribute.subs) if sub else None, where)

    def holder(
        self, urn: str | None, attributes: Attributes, schema: ResourceSchema | None
    ) -> tuple[str | None, Attributes]:
        if urn is None or schema is None or urn.lower() == schema.urn.lower():
            return None, attributes
        if urn.lower() not in schema.extensions:
            raise self.refused(f"schema {urn} isn't known")
        return schema.extensions[urn.lower()]

    def brackets(self, attribute: Attribute) -> Filter | None:
        if self.text[self.at : self.at + 1] != "[":
            return None
        self.at += 1
        if not attribute.multi:
            raise self.refused(f"{attribute.name} isn't multi-valued")
        clauses = self.conjunction(attribute.subs, None)
        if self.text[self.at : self.at + 1] != "]":
            raise self.refused("expected `]` here")
        self.at += 1
        return Filter(clauses)

    def operator(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self.text, self.at)
        if not match:
            return False
        self.tidy = self.tidy and match.groups() == (" ", " ")
        self.at = match.end()
        return True

    def literal(self) -> Any:
        try:
            value, self.at = _DECODER.raw_decode(self.text, self.at)
        except ValueError:
            raise self.refused("expected a JSON literal here") from None
        if isinstance(value, (dict, list)):
            raise self.refused("expected a single value")
        return value

    def known(self, name: str, attributes: Attributes) -> Attribute:
        attribute = attributes.get(name.lower())
        if attribute is None:
            raise self.refused(f"attribute {name} isn't known")
        return attribute

    def end(self) -> None:
        if self.at != len(self.text):
            raise self.refused("can't read on from here; only `eq` and `and` are supported")

    def refused(self, why: str) -> ScimError:
        return ScimError(400, self.refusal, f"Can't use {self.text!r}: at character {self.at + 1}, {why}.")


def _comparable(target: Target) -> Target:
    """A complex multi-valued attribute without a sub-attribute is compared by its `value` (RFC 7644 3.4.2.2)."""
    if target.sub or target.attribute is None or "value" not in target.attribute.subs:
        return target
    return Target(target.urn, target.attribute, target.attribute.subs["value"], target.where)
