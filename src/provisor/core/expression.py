"""Expressions over a user: what a mapping row sends, what a group rule or a scoping filter asks.

The language is CEL (docs/reference/expressions.md), without anything that reads a clock, runs for long or grows without end.
`parse` finds every mistake that can be found without a user; `evaluate` gives a value or raises Failed. Nothing else ever
comes out of either, whatever the text and whoever the user.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any

import cel

from provisor.core.expression_functions import FUNCTIONS, Failed, Function, bounded, kind, size
from provisor.core.expression_text import LISTS, InvalidExpression, placed, read, tokens_of

__all__ = ["Expression", "Facts", "Failed", "InvalidExpression", "evaluate", "facts_of", "holds", "parse"]

LONGEST_RESULT = 1024
MOST_RESULTS = 50
BUDGET = 100_000  # what one evaluation may take; a unit is about a microsecond
ABSENT: Mapping[str, Any] = {"number": None, "boolean": False, "list": ()}  # of a custom attribute; any other is ""


@dataclass(frozen=True, slots=True)
class Variable:
    """An attribute that an expression reads. `times`, `within`: how often it stands there, and how often within loops."""

    name: str
    attribute: str
    absent: Any
    times: int
    within: int


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression, ready to run. `references`: what it reads of a user: "department", "groups", "attributes.team",
    "values.role". `types`: the schema of custom attributes, which says what an absent one reads as."""

    source: str
    types: tuple[tuple[str, str], ...] = ()
    references: frozenset[str] = field(default=frozenset(), compare=False)
    program: Any = field(default=None, compare=False, repr=False)
    variables: tuple[Variable, ...] = field(default=(), compare=False, repr=False)
    functions: tuple[tuple[str, Function], ...] = field(default=(), compare=False, repr=False)
    loops: bool = field(default=False, compare=False, repr=False)

    def __str__(self) -> str:
        return self.source


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one user: the attributes by the contract's names, the names of their groups, and the values that
    the groups of an application give."""

    values: Mapping[str, Any]
    groups: Sequence[str] = ()
    group_values: Mapping[str, Any] = field(default_factory=dict)


def facts_of(
    values: Mapping[str, Any], groups: Sequence[str] = (), group_values: Mapping[str, Any] = MappingProxyType({})
) -> Facts:
    """Facts from the contract's attribute names (`state`, `password_status` and `attributes` included)."""
    return Facts(values, groups, group_values)


def parse(source: str, types: Mapping[str, str] = MappingProxyType({})) -> Expression:
    """The expression for `source`; compiled once. `types`: the type of each custom attribute that has a schema.
    Raises InvalidExpression."""
    return _parsed(source, tuple(sorted((name, type) for name, type in types.items() if name in source)))


@lru_cache(maxsize=4096)
def _parsed(source: str, types: tuple[tuple[str, str], ...]) -> Expression:
    tokens = tokens_of(source)
    _compiled(source)
    reading = read(source, tokens)
    runs = reading.runs()
    kinds = dict(types)
    variables = tuple(
        Variable(name, attribute, _absent(attribute, kinds), *reading.times[attribute])
        for attribute, name in reading.variables.items()
    )
    functions = [(f"{name}_", FUNCTIONS[name]) for name in sorted(reading.functions)]
    loops = bool(reading.scopes)
    return Expression(source, types, frozenset(reading.variables), _compiled(runs), variables, tuple(functions), loops)


def _absent(attribute: str, kinds: Mapping[str, str]) -> Any:
    """What an absent attribute reads as."""
    of, _, name = attribute.partition(".")
    if of == "attributes" and name:
        return ABSENT.get(kinds.get(name, ""), "")
    return [] if attribute in LISTS else ""


def _compiled(source: str) -> Any:
    try:
        return cel.compile(source)
    except ValueError as error:
        raise _in_words(source, str(error)) from None
    except BaseException as error:
        if not _from_library(error):
            raise
        raise InvalidExpression("This can't be read as an expression.") from None


_PLACE = re.compile(r"ERROR: <input>:(\d+):(\d+): (?:Syntax error: )?(.*)")


def _in_words(source: str, error: str) -> InvalidExpression:
    """The library's first complaint, in words for people, at its place."""
    found = _PLACE.search(error)
    if found is None:
        return InvalidExpression("This can't be read as an expression.")
    line, column, why = int(found[1]), int(found[2]), found[3]
    lines = source.split("\n")
    ends = line > len(lines) or column > len(lines[line - 1].rstrip())
    if "<EOF>'" in why or (ends and ("no viable" in why or "mismatched" in why)):
        missing = re.match(r"missing '(.)'", why)
        words = f"A “{missing[1]}” is missing at the end." if missing else "Something is missing at the end."
        return placed(source, len(source.rstrip()), words)
    if missing := re.match(r"missing '(.)' at", why):
        return InvalidExpression(f"A “{missing[1]}” is missing here.", line, column)
    if "Incomplete" in why:
        return InvalidExpression("This isn't complete: a “?” needs its “:”, a bracket its end.", line, column)
    if "simple name" in why:
        return InvalidExpression(
            'Here stands a name for the entry, as in groups.exists(one, one == "x").', line, column
        )
    stands = re.search(r"(?:input|at|identifier:?) '?(.+?)'?(?: expecting|$)", why)
    shown = f"“{stands[1]}” doesn't fit here." if stands and len(stands[1]) < 30 else "This doesn't fit here."
    return InvalidExpression(shown, line, column)


def evaluate(expression: Expression, facts: Facts) -> Any:
    """What the expression gives for one user: a text, number, truth, null, or a list of those. Raises Failed."""
    budget, context = Budget(), {}
    for variable in expression.variables:
        context[variable.name] = value = _fact(facts, variable)
        if not isinstance(value, bool | int | float):
            budget.holds(value, variable)
    for name, function in expression.functions:
        context[name] = partial(budget.call, function)
    if expression.loops:
        context |= {"tick_": budget.tick, "sized_": budget.sized}
    budget.check()
    try:
        value = expression.program.execute(context)
    except BaseException as error:
        if not _from_library(error):
            raise
        budget.check()
        raise Failed(_why(error, budget.refusal)) from None
    budget.check()
    return _result(value)


def holds(expression: Expression, facts: Facts) -> bool:
    """Whether the expression, a condition, is true for one user. Raises Failed, also where it gives no truth."""
    value = evaluate(expression, facts)
    if not isinstance(value, bool):
        raise Failed(f"A condition gives true or false; this one gives {kind(value)}.")
    return value


class Budget:
    """What one evaluation may still take. A tick of a loop only says whether it may go on; it raises nothing, because CEL's
    || and exists would swallow that."""

    def __init__(self) -> None:
        self.left = BUDGET
        self.step = 0
        self.refusal = ""

    def holds(self, value: Any, variable: Variable) -> None:
        """Lists and long texts cost something wherever they stand; within a loop, at each of its steps."""
        cost = size(value)
        self.left -= cost * variable.times
        self.step += cost * variable.within

    def tick(self, words: int) -> bool:
        self.left -= words + self.step
        return self.left >= 0

    def call(self, function: Function, *values: Any) -> Any:
        """What a function gives. An exception would be logged by the library, with people's values in it: what it can't
        take ends the evaluation just as well."""
        self.left -= function.cost(values)
        try:
            self.check()
            return function(*values)
        except Failed as error:
            self.refusal = str(error)
            return _NO_VALUE

    def sized(self, value: Any) -> Any:
        """What a step of `map` makes."""
        self.left -= 50 * len(value) if isinstance(value, list | dict) else 0
        try:
            return bounded(value) if self.left >= 0 else None
        except Failed as error:
            self.refusal = str(error)
            return _NO_VALUE

    def check(self) -> None:
        if self.left < 0:
            raise Failed("This takes too long for this user: too many entries are gone through.")


_NO_VALUE = object()  # nothing that the library can take


def _from_library(error: BaseException) -> bool:
    """Whether this is an error of the expression (a panic of the library is no Exception) and no call to stop."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def _fact(facts: Facts, variable: Variable) -> Any:
    of, _, name = variable.attribute.partition(".")
    if of == "attributes":
        value = (facts.values.get("attributes") or {}).get(name)
    elif of == "values":
        value = facts.group_values.get(name)
    elif of == "groups":
        value = list(facts.groups)
    elif of in _SPECIAL:
        value = _SPECIAL[of](facts.values)
    else:
        value = facts.values.get(of)
    return variable.absent if value is None else _plain(value)


def _active(values: Mapping[str, Any]) -> bool:
    given = values.get("active")
    if isinstance(given, bool):
        return given
    return values.get("state") == "active" and values.get("password_status") != "expired"


def _manager(values: Mapping[str, Any]) -> Any:
    return values.get("manager") or values.get("manager_id")


_PARTS = {
    "addresses": ("type", "streetAddress", "locality", "region", "postalCode", "country"),
    "phoneNumbers": ("type", "number"),
}


def _entries(name: str) -> Callable[[Mapping[str, Any]], list[dict[str, str]]]:
    """Entries with every part, so that an absent one reads as an empty text."""
    return lambda values: [{part: entry.get(part) or "" for part in _PARTS[name]} for entry in values.get(name) or ()]


_SPECIAL: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "active": _active,
    "manager": _manager,
    "addresses": _entries("addresses"),
    "phoneNumbers": _entries("phoneNumbers"),
}


def _plain(value: Any) -> Any:
    """A value as CEL takes it: whole numbers have 64 bits there."""
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return float(value) if abs(value) < 2**1000 else str(value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return {str(name): _plain(one) for name, one in value.items()} if isinstance(value, Mapping) else value


def _result(value: Any) -> Any:
    if isinstance(value, list):
        if len(value) > MOST_RESULTS:
            raise Failed(f"The result has {len(value)} entries; at most {MOST_RESULTS} can be used.")
        return [_single(one) for one in value]
    return _single(value)


def _single(value: Any) -> Any:
    if isinstance(value, str):
        if len(value) > LONGEST_RESULT:
            raise Failed(f"The result has {len(value):,} characters; at most {LONGEST_RESULT:,} can be used.")
        if any(letter == "\x00" or "\ud800" <= letter <= "\udfff" for letter in value):
            raise Failed("The result holds a character that no text may hold.")
        return value
    if isinstance(value, float) and not math.isfinite(value):
        raise Failed("The result is no number: something was divided by zero, or is too large.")
    if value is None or isinstance(value, bool | int | float):
        return value
    raise Failed(f"The result is {kind(value)}; it has to be a text, a number, true or false, or a list of those.")


_KINDS = {"string": "a text", "int": "a number", "uint": "a number", "double": "a number", "null": "nothing (null)"}


def _why(error: BaseException, refusal: str) -> str:
    said = str(error)
    if refusal and "Failed to convert Python result" in said:
        return refusal
    if isinstance(error, KeyError):
        return f"The table has nothing for {said[:80]}; lookup(table, key, otherwise) has a value for all others."
    if isinstance(error, IndexError):
        return "The list has no such entry; ask for size(list) first."
    if isinstance(error, ArithmeticError):
        return "The calculation has no result: a division by zero, or a number that is too large."
    if operands := re.match(r"Unsupported operation: (\w+) (\S+) (\w+)", said):
        one, other = (_KINDS.get(name, f"a {name}") for name in (operands[1], operands[3]))
        return f"“{operands[2]}” can't take {one} and {other}; string(x) makes a text of a number."
    if converted := re.match(r"Function '(int|double|string)' error", said):
        return f"{converted[1]}(…) can't read this value as {'a text' if converted[1] == 'string' else 'a number'}."
    return "Values of different kinds meet here: texts go with texts, numbers with numbers, conditions with conditions."
