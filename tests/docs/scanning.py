"""What the code can say, read from its source: variables, event types, codes of errors."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

from provisor.api import answers
from provisor.applications.commands.accounts import ACTIONS
from provisor.core.verdict import Reply, judge
from provisor.engine import passwords
from provisor.engine.outcomes import EVENT_TYPES
from provisor.errors import Problem
from provisor.scim.answers import Cause

from .reading import ROOT

SOURCE = ROOT / "src" / "provisor"
NEVER_KEPT = {"ok", "closed"}  # verdicts that no account shows


def files(*patterns: str) -> list[Path]:
    """Python files below src/provisor."""
    return [path for pattern in patterns for path in sorted(SOURCE.glob(pattern))]


def variables() -> set[str]:
    """Every PROVISOR_* variable that the code names."""
    return {name for path in files("**/*.py") for name in re.findall(r"PROVISOR_[A-Z_]+[A-Z]", path.read_text())}


def event_types() -> set[str]:
    """Every type of event that the code writes."""
    found = {str(value) for value in EVENT_TYPES.values()} | {f"takeover_{action}" for action in ACTIONS}
    found |= set(passwords.EVENT_TYPES)
    for path in files("administrators/*.py", "applications/**/*.py", "directory/**/*.py", "engine/*.py", "mail/*.py"):
        found |= set(_event_types(ast.parse(path.read_text())))
        found |= set(re.findall(r"SELECT gen_random_uuid\(\), now\(\), '(\w+)'", path.read_text()))
    return found


def _event_types(tree: ast.AST) -> Iterator[str]:
    places: dict[str, int] = {"Entry": 0, "Attempt": 0, "record": 0, "_record": 1, "_tell": 1, "Step": 2}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in places:
            yield from _text(node.args[places[_called(node)] :][:1])
        elif isinstance(node, ast.Dict) and {"type", "actor"} <= _keys(node).keys():
            yield from _text([_keys(node)["type"]])
        elif isinstance(node, ast.Assign) and _assigns(node, "type"):
            yield from _text([node.value])
        elif isinstance(node, ast.Assign) and _assigns(node, "told") and isinstance(node.value, ast.Dict):
            yield from _keys(node.value)


def _assigns(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _keys(node: ast.Dict) -> dict[str, ast.expr]:
    pairs = zip(node.keys, node.values, strict=True)
    return {key.value: value for key, value in pairs if isinstance(key, ast.Constant) and isinstance(key.value, str)}


def _text(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.IfExp):
            yield from _text([node.body, node.orelse])


def _codes(paths: list[Path], find: Callable[[ast.AST], Iterator[str]]) -> set[str]:
    return {code for path in paths for node in ast.walk(ast.parse(path.read_text())) for code in find(node)}


def account_codes() -> set[str]:
    """Every code that an account, an application or a run can show as its error."""
    paths = files("core/verdict.py", "core/breaker.py", "core/takeover.py", "core/plan.py", "core/groups.py")
    paths += files("engine/**/*.py", "applications/store.py", "applications/undo_plan.py")
    return (_codes(paths, _account_codes) | _judged()) - NEVER_KEPT


def _account_codes(node: ast.AST) -> Iterator[str]:
    places = {"_error": 0, "Verdict": 1, "Ask": 0, "_held": 1, "_hold": 1}
    if isinstance(node, ast.Call) and _called(node) in places:
        yield from _text(node.args[places[_called(node)] :][:1])
    elif isinstance(node, ast.Dict) and "code" in _keys(node):
        yield from _text([_keys(node)["code"]])


def password_codes() -> set[str]:
    """Every code with which a password is dropped, or refused unsent."""
    (engine,) = files("engine/passwords.py")
    (sql,) = files("applications/passwords/statements.py")
    found = _codes([engine], _password_codes) | set(re.findall(r"code=\"'(\w+)'\"", sql.read_text()))
    return found | passwords.LEFT_ALONE


def _password_codes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and _called(node) in ("_dropped", "_not_taken"):
        yield from _text(node.args[1:2])
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        yield from _text(node.value.elts[:1])


def _judged() -> set[str]:
    """The codes of every answer that an SP can give."""
    return {
        judge(Reply(method, status, scim_type, problem=problem, retry_after=after)).code
        for method in ("GET", "POST")
        for status in range(200, 600)
        for scim_type in (None, "uniqueness")
        for problem in (None, "html", "cut")
        for after in (None, 1.0)
    }


def problem_codes() -> set[str]:
    """Every code that the API can answer, those of the kinds of problem and the more exact ones."""
    assert issubclass(answers.Failure, Problem)  # the one kind that errors.py does not know
    kinds = set(_kinds(Problem))
    exact = _codes(files("**/*.py"), lambda node: _exact(node, {kind.__name__ for kind in kinds}))
    return {kind.code for kind in kinds} | exact


def _kinds(kind: type[Problem]) -> Iterator[type[Problem]]:
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)


def _exact(node: ast.AST, kinds: set[str]) -> Iterator[str]:
    if isinstance(node, ast.Call) and _called(node) in kinds:
        yield from _text([word.value for word in node.keywords if word.arg == "code"])


def check_codes() -> set[str]:
    """Every code of a step of the connection test."""
    paths = files("scim/check.py", "scim/probe_*.py", "applications/connection.py", "applications/commands/probing.py")
    return _codes(paths, _check_codes) | set(get_args(Cause)) | {"ok"}


def _check_codes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and _called(node) in ("Step", "step"):
        yield from _text([*node.args[5:6], *[word.value for word in node.keywords if word.arg == "code"]])
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        yield from _text(node.value.elts[:1])
