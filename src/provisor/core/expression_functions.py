"""The functions that expressions may call, beside CEL's own operators: small and pure, each with an example.

The table at the end is all there is: the reference page is made from it and a test plays every example. A function
raises Failed in words for people; what it gives is bounded, so that no chain of calls can grow without end.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 4096
MOST = 500


class Failed(Exception):
    """The expression gives nothing for this user; the message says why, in words for people."""


def as_text(value: Any) -> str:
    """A value as text: what is absent is empty, numbers and truths are written out."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    raise Failed(f"A text is needed where {kind(value)} stands.")


def kind(value: Any) -> str:
    """What a value is, in a sentence."""
    names = ((bool, "true or false"), (str, "a text"), (int | float, "a number"), (list, "a list"), (dict, "a table"))
    if value is None:
        return "nothing (null)"
    return next((words for type, words in names if isinstance(value, type)), "something else")


def bounded(value: Any) -> Any:
    """`value`, unless it has grown too much."""
    if weight(value) > LONGEST or (isinstance(value, list) and len(value) > MOST):
        raise Failed(f"What is made on the way is too long: at most {LONGEST:,} characters and {MOST} entries.")
    return value


def weight(value: Any) -> int:
    """About how many characters a value holds."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(weight(key) + weight(part) for key, part in value.items())
    return sum(map(weight, value)) if isinstance(value, list) else 1


def size(value: Any) -> int:
    """About how many microseconds it takes to hand a value over to the library and back."""
    if isinstance(value, str):
        return len(value) // 64
    if isinstance(value, dict):
        return len(value) + sum(map(size, value.values()))
    return len(value) + sum(map(size, value)) if isinstance(value, list) else 0


def _each(change: Callable[[str], str]) -> Callable[[Any], Any]:
    """`change` for a text; for a list, for each of its texts."""
    return lambda value: [change(as_text(one)) for one in value] if isinstance(value, list) else change(as_text(value))


def _listed(value: Any) -> list[Any]:
    """A list; a single value is a list of one, what is absent is an empty one."""
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Failed(f"A whole number is needed where {kind(value)} stands.")
    return value


def _title(text: str) -> str:
    """Every word begins with a capital. (str.title makes O'Brien's an O'Brien'S.)"""
    return " ".join(word[:1].upper() + word[1:].lower() for word in text.split(" "))


_WRITTEN_OUT = """
    ä=ae ö=oe ü=ue Ä=Ae Ö=Oe Ü=Ue ß=ss ẞ=SS æ=ae Æ=Ae œ=oe Œ=Oe ø=o Ø=O å=a Å=A ł=l Ł=L
    đ=d Đ=D ð=d Ð=D þ=th Þ=Th ı=i ħ=h Ħ=H ŋ=n Ŋ=N ’=' ‘=' “=" ”=" –=- —=-
"""
_LETTERS = str.maketrans(dict(pair.split("=") for pair in _WRITTEN_OUT.split()))


def _ascii(text: str) -> str:
    composed = unicodedata.normalize("NFC", text).translate(_LETTERS)
    return unicodedata.normalize("NFKD", composed).encode("ascii", "ignore").decode()


def _initials(text: str) -> str:
    return "".join(word[0] for word in text.replace("-", " ").split()).upper()


def _size(value: Any) -> int:
    return len(value) if isinstance(value, list | dict) else len(as_text(value))


def _slice(value: Any, start: Any, end: Any = None) -> Any:
    part = slice(_whole(start), None if end is None else _whole(end))
    return value[part] if isinstance(value, list) else as_text(value)[part]


def _split(text: Any, separator: Any) -> list[str]:
    if not separator:
        raise Failed('split needs a separator, such as ",".')
    return [part.strip() for part in as_text(text).split(as_text(separator)) if part.strip()]


def _join(values: Any, separator: Any) -> str:
    return as_text(separator).join(filter(None, map(as_text, _listed(values))))


def _replace(value: Any, old: Any, new: Any) -> Any:
    if not old:
        raise Failed("replace needs the text that is to be replaced.")
    return _each(lambda text: _grown(text, as_text(old), as_text(new)))(value)


def _grown(text: str, old: str, new: str) -> str:
    """The replaced text; how long it will be is known before it is made."""
    if len(text) + text.count(old) * len(new) > 2 * LONGEST:
        raise Failed(f"What is made on the way is too long: at most {LONGEST:,} characters.")
    return text.replace(old, new)


def _before(value: Any, separator: Any) -> Any:
    return _each(lambda text: text.partition(as_text(separator))[0] if separator else text)(value)


def _after(value: Any, separator: Any) -> Any:
    return _each(lambda text: text.partition(as_text(separator))[2] if separator else "")(value)


def _pad(text: Any, length: Any, sign: Any) -> str:
    if not isinstance(sign, str) or len(sign) != 1:
        raise Failed('pad fills up with one sign, such as "0".')
    return as_text(text).rjust(min(_whole(length), LONGEST), sign)


def _default(*values: Any) -> Any:
    return next((value for value in values if value not in (None, "", [])), values[-1])


def _lookup(table: Any, key: Any, otherwise: Any = "") -> Any:
    if not isinstance(table, dict):
        raise Failed('lookup needs a table, such as {"Sales": "S1"}.')
    return table.get(key if isinstance(key, int) else as_text(key), otherwise)


def _unique(values: Any) -> list[Any]:
    kept: list[Any] = []
    seen: set[str] = set()
    for value in _listed(values):
        if (same := f"{kind(value)} {value}") not in seen:
            seen.add(same)
            kept.append(value)
    return kept


def _pick(entries: Any, type: Any, part: Any) -> str:
    for entry in _listed(entries):
        if isinstance(entry, Mapping) and as_text(entry.get("type")).lower() == as_text(type).lower():
            return as_text(entry.get(as_text(part)))
    return ""


def _like(value: Any, pattern: Any) -> bool:
    """Whether any of the texts matches: `*` any number of signs, `?` exactly one."""
    return any(_matches(as_text(one), as_text(pattern)) for one in (value if isinstance(value, list) else [value]))


def _matches(text: str, pattern: str) -> bool:
    """Going back to the last star only is enough, and never takes more than length times length."""
    at = tried = star = 0
    back = -1
    while at < len(text):
        if tried < len(pattern) and pattern[tried] == "*":
            back, star, tried = tried, at, tried + 1
        elif tried < len(pattern) and pattern[tried] in ("?", text[at]):
            at, tried = at + 1, tried + 1
        elif back >= 0:
            star, tried = star + 1, back + 1
            at = star
        else:
            return False
    return not pattern[tried:].strip("*")


@dataclass(frozen=True)
class Function:
    """One function: how it is written, what it gives, and an example with its result. `least` and `most`: how many values
    it takes, the one before the dot included."""

    name: str
    call: Callable[..., Any]
    least: int
    most: int
    written: str
    meaning: str
    example: str
    gives: Any

    def cost(self, values: tuple[Any, ...]) -> int:
        """About how many microseconds a call takes; `like` goes back to each star."""
        again = 2 + 8 * str(values[-1]).count("*") if self.name == "like" else 1
        return again * (2 + sum(map(size, values)))

    def __call__(self, *values: Any) -> Any:
        return bounded(self.call(*values))


_TABLE = (
    Function("lower", _each(str.lower), 1, 1, "lower(text)", "In small letters.", 'lower("Ada L")', "ada l"),
    Function("upper", _each(str.upper), 1, 1, "upper(text)", "In capitals.", 'upper("de")', "DE"),
    Function(
        "title",
        _each(_title),
        1,
        1,
        "title(text)",
        "Every word begins with a capital, the rest is small.",
        'title("ada KING")',
        "Ada King",
    ),
    Function(
        "trim",
        _each(str.strip),
        1,
        1,
        "trim(text)",
        "Without white space at both ends.",
        'trim("  a b ")',
        "a b",
    ),
    Function(
        "ascii",
        _each(_ascii),
        1,
        1,
        "ascii(text)",
        "In the letters A to Z: umlauts are written out, accents and all other signs left out.",
        'ascii("Zoë Müßig")',
        "Zoe Muessig",
    ),
    Function(
        "initials",
        _each(_initials),
        1,
        1,
        "initials(text)",
        "The first letter of each word, as capitals.",
        'initials("Ada King-Noel")',
        "AKN",
    ),
    Function(
        "size",
        _size,
        1,
        1,
        "size(text or list)",
        "How many characters, or how many entries.",
        'size("Zoë")',
        3,
    ),
    Function(
        "slice",
        _slice,
        2,
        3,
        "slice(text or list, from, to)",
        "The part from one place to before another, counted from 0; a number below 0 counts from the end.",
        'slice("Lovelace", 0, 3)',
        "Lov",
    ),
    Function(
        "before",
        _before,
        2,
        2,
        "before(text, sign)",
        "What stands before the first such sign, or all of it.",
        'before("ada@example.com", "@")',
        "ada",
    ),
    Function(
        "after",
        _after,
        2,
        2,
        "after(text, sign)",
        "What stands after the first such sign, or nothing.",
        'after("ada@example.com", "@")',
        "example.com",
    ),
    Function(
        "pad",
        _pad,
        3,
        3,
        "pad(text, length, sign)",
        "Filled up in front to that length.",
        'pad("42", 6, "0")',
        "000042",
    ),
    Function(
        "replace",
        _replace,
        3,
        3,
        "replace(text, old, new)",
        "With every old part made new.",
        'replace("Ada King", " ", ".")',
        "Ada.King",
    ),
    Function(
        "split",
        _split,
        2,
        2,
        "split(text, sign)",
        "The parts as a list, trimmed; empty ones are left out.",
        'split("a, b,,c", ",")',
        ["a", "b", "c"],
    ),
    Function(
        "join",
        _join,
        2,
        2,
        "join(list, sign)",
        "The entries as one text; empty ones are left out.",
        'join(["Ada", "", "King"], " ")',
        "Ada King",
    ),
    Function(
        "unique",
        _unique,
        1,
        1,
        "unique(list)",
        "Each entry once, in the order in which they came.",
        'unique(["a", "b", "a"])',
        ["a", "b"],
    ),
    Function(
        "default",
        _default,
        2,
        8,
        "default(value, other, …)",
        "The first of the values that isn't empty.",
        'default("", "Berlin")',
        "Berlin",
    ),
    Function(
        "lookup",
        _lookup,
        2,
        3,
        "lookup(table, key, otherwise)",
        "What the table has for the key; where it has nothing the last value, or an empty text.",
        'lookup({"Sales": "S1", "Law": "L1"}, "Law", "X9")',
        "L1",
    ),
    Function(
        "pick",
        _pick,
        3,
        3,
        "pick(list, type, part)",
        "One part of the first entry of that type, or nothing.",
        'pick([{"type": "work", "number": "+49 30 1"}], "work", "number")',
        "+49 30 1",
    ),
    Function(
        "like",
        _like,
        2,
        2,
        "like(text or list, pattern)",
        "Whether it, or any entry of it, matches: `*` stands for any signs, `?` for exactly one.",
        'like("Sales DACH", "Sales*")',
        True,
    ),
)
FUNCTIONS: Mapping[str, Function] = {function.name: function for function in _TABLE}
