"""From a connector's templates and an administrator's parameters to a base URL and headers: pure, and no parameter can do
more than fill its own place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from provisor.catalogue.connector import VALUE, Connector, Parameter, Variant

VARIANT = "variant"
Wrong = Literal["missing", "unknown", "malformed", "variant"]
NAMES = re.compile(r"\{([^{}]*)\}")


def names_in(template: str) -> list[str]:
    """The parameters that a template holds, in order."""
    return list(dict.fromkeys(NAMES.findall(template)))


def template_of(connector: Connector, given: Mapping[str, Any]) -> str | None:
    """The template that `given` chooses; None where the connector has none, or not this variant."""
    if given.get(VARIANT) is None:
        return connector.base_url
    variant = variant_of(connector, given)
    return variant.base_url if variant else None


def variant_of(connector: Connector, given: Mapping[str, Any]) -> Variant | None:
    """The variant that `given` chooses, if it is one of the connector's."""
    chosen = given.get(VARIANT)
    return next((variant for variant in connector.variants if variant.name == chosen), None)


def base_url(connector: Connector, given: Mapping[str, Any]) -> str | None:
    """The base URL that the parameters make. Ask `wrong_with` first."""
    template = template_of(connector, given)
    return template and _filled(template, given)


def headers(connector: Connector, given: Mapping[str, Any]) -> dict[str, str]:
    """The connector's headers; one whose parameter isn't known is left out."""
    return {
        name: _filled(value, given)
        for name, value in connector.headers.items()
        if all(held in given for held in names_in(value))
    }


def _filled(template: str, given: Mapping[str, Any]) -> str:
    return NAMES.sub(lambda found: str(given[found[1]]), template)


def wrong_with(connector: Connector, given: Mapping[str, Any], *, complete: bool) -> dict[str, Wrong]:
    """What is wrong with each parameter, by its name. What a header holds has to be there; `complete`: and all that the
    template holds."""
    known = {parameter.name: parameter for parameter in connector.parameters}
    found: dict[str, Wrong] = {}
    for name, value in given.items():
        if name == VARIANT:
            found |= {} if value in [variant.name for variant in connector.variants] else {name: "variant"}
        elif name not in known:
            found[name] = "unknown"
        elif not (isinstance(value, str) and fits(known[name], value)):
            found[name] = "malformed"
    return found | {name: "missing" for name in _needed(connector, given, complete) if name not in given}


def _needed(connector: Connector, given: Mapping[str, Any], complete: bool) -> list[str]:
    known = complete and (VARIANT not in given or template_of(connector, given) is not None)
    texts = [*connector.headers.values(), *([template_of(connector, given) or ""] if known else [])]
    return [name for text in texts for name in names_in(text)]


def fits(parameter: Parameter, value: str) -> bool:
    """Whether a value may stand in the parameter's place."""
    return bool(re.fullmatch(VALUE, value) and re.fullmatch(parameter.pattern, value))
