"""Where in a connector's file a field stands, for who has to mend it."""

from __future__ import annotations

from functools import lru_cache

import yaml
from yaml.nodes import MappingNode, Node, SequenceNode


def line_of(text: str, path: str) -> int | None:
    """The line of the field at `path`, such as "form.page" or "parameters.0.name"; of the nearest one around it where the
    field itself isn't there; None for a file that can't be read."""
    node = _tree(text)
    line = None
    rest = path
    while isinstance(node, MappingNode | SequenceNode) and rest:
        found = _step(node, rest)
        if found is None:
            break
        line, node, rest = found
    return line


@lru_cache(maxsize=4)
def _tree(text: str) -> Node | None:
    try:
        return yaml.compose(text, yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _step(node: MappingNode | SequenceNode, path: str) -> tuple[int, Node, str] | None:
    """One name further: its line, what stands there, and the rest of the path. A name may hold dots ("name.givenName")."""
    if isinstance(node, SequenceNode):
        head, _, rest = path.partition(".")
        if not head.isdigit() or int(head) >= len(node.value):
            return None
        inner = node.value[int(head)]
        return inner.start_mark.line + 1, inner, rest
    for key, inner in node.value:
        name = str(key.value)
        if path == name or path.startswith(f"{name}."):
            return key.start_mark.line + 1, inner, path[len(name) + 1 :]
    return None
