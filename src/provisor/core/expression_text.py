"""The text of an expression before CEL runs it: its words with their places, what they may name, and the form that runs.

CEL (the library) decides what is well formed. Here every name is checked where it stands, so that a wrong one is found
when the expression is written and not when it runs; what could grow without end is bounded; and each attribute becomes a
plain variable, which is five times as fast as a table of tables.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from provisor.core.expression_functions import FUNCTIONS

LONGEST = 1024
DEEPEST = 12
MOST_SUMS = 40  # each + makes a copy of what stands before it
TEXTS = frozenset(
    (
        *("id", "username", "email", "firstname", "middlename", "lastname", "displayname", "company", "department"),
        *("jobTitle", "employeeIdentifier", "employeeType", "costCenter", "location", "manager", "locale", "state"),
        "password_status",
    )
)
LISTS = frozenset({"addresses", "phoneNumbers", "groups"})
NAMES = TEXTS | LISTS | {"active"}
# What CEL has itself and expressions may use: the number of values, the one before the dot included.
CONVERSIONS = {"string": 1, "int": 1, "double": 1}
TESTS = {"contains": 2, "startsWith": 2, "endsWith": 2}
MACROS = frozenset({"exists", "all", "exists_one", "filter", "map"})
_CONSTANTS = frozenset({"true", "false", "null", "in"})
_WORDS = {"and": "&&", "or": "||", "not": "!"}
_INSTEAD = {
    "has": 'Compare with an empty text instead: user.department != "".',
    "matches": 'Use like(text, "pattern") instead: * stands for any signs, ? for one.',
}
# What somebody writes who comes from SCIM.
_OF_SCIM = {
    "userName": "username",
    "givenName": "firstname",
    "middleName": "middlename",
    "familyName": "lastname",
    "emails": "email",
    "title": "jobTitle",
    "organization": "company",
    "employeeNumber": "employeeIdentifier",
    "userType": "employeeType",
    "surname": "lastname",
    "lastName": "lastname",
    "mail": "email",
}
_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
    |(?P<text>[rR]?(?:\"\"\".*?\"\"\"|'''.*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<number>0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>==|!=|<=|>=|&&|\|\||[-+*/%!<>?:,.()\[\]{}])""",
    re.VERBOSE | re.DOTALL,
)


class InvalidExpression(Exception):
    """An expression can't be used; `line` and `column` (from 1) say where, the message says why and what to write."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column

    @property
    def words(self) -> str:
        """The message with its place."""
        where = f"character {self.column}" if self.line == 1 else f"line {self.line}, character {self.column}"
        return f"At {where}: {self.message}"


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    at: int


@dataclass
class Reading:
    """What a walk over the words has found. `variables`: the plain name of each attribute that is read; `times`: how often
    it stands there, and how often of these within a loop."""

    source: str
    tokens: Sequence[Token]
    scopes: list[tuple[int, int, str]] = field(default_factory=list)  # from, to (tokens), the name of a loop's entry
    variables: dict[str, str] = field(default_factory=dict)
    times: dict[str, tuple[int, int]] = field(default_factory=dict)
    functions: set[str] = field(default_factory=set)
    before: dict[int, str] = field(default_factory=dict)  # token -> what is put before it in the form that runs
    instead: dict[int, str] = field(default_factory=dict)  # token -> what stands there instead

    def wrong(self, at: int, message: str) -> InvalidExpression:
        """`at`: the number of a token."""
        return placed(self.source, self.tokens[at].at if at < len(self.tokens) else len(self.source), message)

    def is_sign(self, at: int, sign: str) -> bool:
        return 0 <= at < len(self.tokens) and self.tokens[at].kind == "sign" and self.tokens[at].text == sign

    def runs(self) -> str:
        """The expression as it runs."""
        return " ".join(self.before.get(at, "") + self.instead.get(at, t.text) for at, t in enumerate(self.tokens))


def placed(source: str, offset: int, message: str) -> InvalidExpression:
    """The error for the character at `offset`."""
    head = source[:offset]
    return InvalidExpression(message, head.count("\n") + 1, offset - (head.rfind("\n") + 1) + 1)


def tokens_of(source: str) -> list[Token]:
    """The words of `source`. Raises InvalidExpression where it is too long, too deep, or where a character has no place."""
    if not source.strip():
        raise InvalidExpression("An expression can't be empty.")
    if len(source) > LONGEST:
        raise placed(
            source, LONGEST, f"An expression has at most {LONGEST:,} characters; this one has {len(source):,}."
        )
    found = list(_scan(source))
    depth = 0
    for token in found:
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if depth > DEEPEST:
            raise placed(source, token.at, f"Brackets stand inside each other more than {DEEPEST} deep here.")
    if not found:
        raise InvalidExpression("This is only a comment.")
    return found


def _scan(source: str) -> Iterator[Token]:
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            raise placed(source, at, _no_word(source, at))
        kind = str(match.lastgroup)
        if kind == "name" and match.group() in _WORDS:
            raise placed(source, at, f"Write {_WORDS[match.group()]} for “{match.group()}”.")
        if kind != "space":
            yield Token(kind, match.group(), at)
        at = match.end()


def _no_word(source: str, at: int) -> str:
    sign = source[at]
    hints = {
        '"': "This text has no closing quote.",
        "'": "This text has no closing quote.",
        "=": "Write == to compare.",
        "&": "Write && for “and”.",
        "|": "Write || for “or”.",
    }
    if sign in "“”„‘’«»":
        return 'Write straight quotes: "text".'
    shown = sign if sign.isprintable() else f"U+{ord(sign):04X}"
    return hints.get(sign, f"“{shown}” has no meaning here; text stands in quotes.")


def read(source: str, tokens: Sequence[Token]) -> Reading:
    """Checks every name of a well formed expression. Raises InvalidExpression at the first that isn't known."""
    reading = Reading(source, tokens)
    sums = [at for at, token in enumerate(tokens) if token.kind == "sign" and token.text == "+"]
    if len(sums) > MOST_SUMS:
        raise reading.wrong(sums[MOST_SUMS], f'An expression has at most {MOST_SUMS} “+”; join([…], "") takes more.')
    ends = _pairs(tokens)
    reading.scopes = _scopes(reading, ends)
    for at, token in enumerate(tokens):
        if token.kind == "name":
            _name(reading, at, ends)
        elif token.kind == "sign" and token.text == "." and not _after_value(tokens, at):
            raise reading.wrong(at, "A point stands after what it belongs to.")
    return reading


def _after_value(tokens: Sequence[Token], at: int) -> bool:
    before = tokens[at - 1] if at else None
    return before is not None and (before.kind in ("name", "text") or before.text in (")", "]", "}"))


def _pairs(tokens: Sequence[Token]) -> dict[int, int]:
    """Each opening bracket with its closing one."""
    opened: list[int] = []
    pairs: dict[int, int] = {}
    for at, token in enumerate(tokens):
        if token.kind == "sign" and token.text in ("(", "[", "{"):
            opened.append(at)
        elif token.kind == "sign" and token.text in (")", "]", "}") and opened:
            pairs[opened.pop()] = at
    return pairs


def _scopes(reading: Reading, ends: Mapping[int, int]) -> list[tuple[int, int, str]]:
    found = []
    for at, token in enumerate(reading.tokens):
        if token.kind == "name" and token.text in MACROS and reading.is_sign(at - 1, ".") and at + 1 in ends:
            found.append(_macro(reading, at, ends))
    return found


def _macro(reading: Reading, at: int, ends: Mapping[int, int]) -> tuple[int, int, str]:
    """`list.exists(name, condition)`. In the form that runs each step asks `tick_` first: a loop takes what it may take."""
    tokens, end = reading.tokens, ends[at + 1]
    starts = [at + 2, *(comma + 1 for comma in _commas(tokens, at + 1, end))]
    word = tokens[at].text
    if len(starts) not in ((2, 3) if word == "map" else (2,)) or tokens[at + 2].kind != "name":
        raise reading.wrong(at, f"{word} is written so: user.groups.{word}(one, {_BODY[word]}).")
    name = tokens[at + 2].text
    if name in {*FUNCTIONS, *CONVERSIONS, "user", "values", *_CONSTANTS} or not reading.is_sign(at + 3, ","):
        raise reading.wrong(at + 2, f"“{name}” has a meaning already; choose another name for the entry.")
    tick = f"tick_({end - at + _STEP[word]})"
    if word != "map":
        _wrap(reading, starts[1], end, f"{tick} && (")
    else:
        _wrap(reading, starts[-1], end, "sized_(" if len(starts) == 3 else f"{tick}, sized_(")
        if len(starts) == 3:
            _wrap(reading, starts[1], starts[2] - 1, f"{tick} && (")
    return at + 2, end, name


# What a step takes beside the words of its body. The library copies the list that map and filter make at every step.
_STEP = {"exists": 5, "all": 5, "exists_one": 5, "filter": 50, "map": 50}
_BODY = {
    **dict.fromkeys(("exists", "all", "exists_one", "filter"), 'one.startsWith("S")'),
    "map": "lower(one)",
}


def _wrap(reading: Reading, start: int, end: int, opening: str) -> None:
    """Brackets around the tokens from `start` to before `end`."""
    reading.before[start] = reading.before.get(start, "") + opening
    reading.before[end] = ")" + reading.before.get(end, "")


def _commas(tokens: Sequence[Token], opening: int, closing: int) -> list[int]:
    """The commas directly inside a pair of brackets."""
    depth, found = 0, []
    for at in range(opening + 1, closing):
        text = tokens[at].text if tokens[at].kind == "sign" else ""
        depth += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
        if text == "," and depth == 0:
            found.append(at)
    return found


def _name(reading: Reading, at: int, ends: Mapping[int, int]) -> None:
    tokens, text = reading.tokens, reading.tokens[at].text
    after_point, called = reading.is_sign(at - 1, "."), reading.is_sign(at + 1, "(")
    if called:
        _call(reading, at, ends, method=after_point)
    elif after_point or text in _CONSTANTS or any(a <= at < b and text == name for a, b, name in reading.scopes):
        pass  # a part of a value (its root is checked), a constant, or the entry that a macro goes through
    elif text == "user":
        _user(reading, at)
    elif text == "values":
        name, last = _part(reading, at + 1, "values", 'values.role or values["role"]')
        _stands_for(reading, at, last, f"values.{name}")
    elif reading.is_sign(at + 1, "{"):
        raise reading.wrong(at, "A table has no name before it.")
    else:
        raise reading.wrong(at, _unknown(text, tokens[at].text))


def _unknown(text: str, name: str) -> str:
    near = "" if text in NAMES else _near(text, NAMES)
    if text in NAMES or near:
        return f"“{name}” isn't known here; write user.{near or text}, or quotes around a text."
    return f"“{name}” isn't known here; a text stands in quotes, an attribute is written user.department."


def _call(reading: Reading, at: int, ends: Mapping[int, int], *, method: bool) -> None:
    name, opening = reading.tokens[at].text, at + 1
    if method and name in MACROS:
        return
    if name in _INSTEAD:
        raise reading.wrong(at, f"{name} isn't available. {_INSTEAD[name]}")
    if name in MACROS or (name in TESTS and not method):
        raise reading.wrong(at, f"{name} stands after a value and a point, as in user.groups.{name}(…).")
    least, most = _takes(name)
    if not most:
        near = _near(name, {*FUNCTIONS, *CONVERSIONS, *TESTS, *MACROS})
        raise reading.wrong(at, f"There is no function “{name}”." + (f" Did you mean {near}?" if near else ""))
    closing = ends[opening]
    given = (len(_commas(reading.tokens, opening, closing)) + 1 if closing > opening + 1 else 0) + method
    if not least <= given <= most:
        written = FUNCTIONS[name].written if name in FUNCTIONS else f"{name}(…)"
        raise reading.wrong(at, f"{name} takes {_number(least, most)}, here are {given}: {written}.")
    if name in FUNCTIONS:
        reading.functions.add(name)
        reading.instead[at] = f"{name}_"


def _takes(name: str) -> tuple[int, int]:
    if name in FUNCTIONS:
        return FUNCTIONS[name].least, FUNCTIONS[name].most
    number = CONVERSIONS.get(name, TESTS.get(name, 0))
    return number, number


def _number(least: int, most: int) -> str:
    words = f"{least} value{'s' if least > 1 else ''}"
    return words if least == most else f"{least} to {most} values"


def _user(reading: Reading, at: int) -> None:
    if not reading.is_sign(at + 1, ".") or reading.is_sign(at + 3, "(") or at + 2 >= len(reading.tokens):
        raise reading.wrong(at, "Write user. and the name of an attribute, such as user.department.")
    name = reading.tokens[at + 2].text
    if name == "attributes":
        written = 'user.attributes.team or user.attributes["team"]'
        name, last = _part(reading, at + 3, "user.attributes", written)
        _stands_for(reading, at, last, f"attributes.{name}")
        return
    if name not in NAMES:
        near = _near(name, NAMES)
        also = f" Did you mean user.{near}?" if near else f" A custom one is written user.attributes.{name}."
        raise reading.wrong(at + 2, f"A user has no attribute “{name}”." + also)
    if name not in LISTS and reading.is_sign(at + 3, ".") and not reading.is_sign(at + 5, "("):
        raise reading.wrong(at + 4, f"user.{name} has no parts.")
    _stands_for(reading, at, at + 2, name)


def _part(reading: Reading, at: int, of: str, written: str) -> tuple[str, int]:
    """The name after `of`, and the last token of it."""
    tokens = reading.tokens
    if reading.is_sign(at, ".") and at + 1 < len(tokens) and not reading.is_sign(at + 2, "("):
        return tokens[at + 1].text, at + 1
    quoted = tokens[at + 1].text if reading.is_sign(at, "[") and at + 1 < len(tokens) else ""
    if quoted[:1] in ("'", '"') and re.fullmatch(r"[\w-]{1,64}", quoted[1:-1]) and reading.is_sign(at + 2, "]"):
        return quoted[1:-1], at + 2
    raise reading.wrong(at, f"After {of} stands a name: {written}.")


def _stands_for(reading: Reading, first: int, last: int, attribute: str) -> None:
    """The tokens from `first` to `last` become one plain variable."""
    variable = reading.variables.setdefault(attribute, f"v{len(reading.variables)}_")
    here, within = reading.times.get(attribute, (0, 0))
    reading.times[attribute] = (here + 1, within + sum(a <= first < b for a, b, _ in reading.scopes))
    reading.instead[first] = variable
    reading.instead |= dict.fromkeys(range(first + 1, last + 1), "")


def _near(name: str, names: frozenset[str] | set[str]) -> str:
    if _OF_SCIM.get(name) in names:
        return _OF_SCIM[name]
    folded = {known.lower(): known for known in sorted(names)}
    return next((folded[near] for near in difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.6)), "")
