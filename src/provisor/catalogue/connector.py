"""What a connector's file may say: the one typed definition, from which the JSON schema for editors is made.

A file is data and nothing else. What its words mean together (a parameter that no base URL uses, a mapping that can't
be) is in `catalogue.checks`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from provisor.core import form
from provisor.core.mapping import ENTERPRISE_TARGETS, SOURCES, TARGETS

Support = Literal["sso", "jit", "provisioning", "groups", "import", "password"]
SignIn = Literal[
    "bearer", "basic", "header", "oauth2_client_credentials", "oauth2_authorization_code", "client_certificate"
]
Colour = Literal["indigo", "green", "orange", "pink", "blue", "yellow", "violet", "grey"]
Confidence = Literal["high", "medium", "low"]
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
PARAMETER = r"^[a-z][a-z0-9_]{0,31}$"
# What any value of a parameter must be, whatever its own pattern allows: it can't end a host or a path, or climb out.
VALUE = r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}"


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Kind = TypeVar("Kind")
Several = Annotated[tuple[Kind, ...], BeforeValidator(_as_tuple)]
Line = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^\S(.*\S)?$")]
Prose = Annotated[str, Field(min_length=1, max_length=600, pattern=r"^\S(.*\S)?$")]
Link = Annotated[str, Field(max_length=300, pattern=r"^https://[^\s/]+/\S*$")]
Template = Annotated[str, Field(max_length=300, pattern=r"^https://[^\s?#@]+$")]


def _form_schema(schema: dict[str, Any]) -> None:
    """The vocabulary of core.form, without its defaults: an editor that wrote them down would freeze them."""
    known = form.json_schema()
    words = {name: {k: v for k, v in word.items() if k != "default"} for name, word in known["properties"].items()}
    schema.update({**known, "properties": words})


def _mapping_schema(schema: dict[str, Any]) -> None:
    values = [{"type": "boolean"}, {"enum": sorted(SOURCES)}, {"type": "string", "pattern": r"^attributes\..+$"}]
    schema["propertyNames"] = {"enum": sorted(TARGETS | ENTERPRISE_TARGETS)}
    schema["additionalProperties"] = {"anyOf": values}


class Part(BaseModel):
    """The base of everything in a file: nothing unknown, nothing converted, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Parameter(Part):
    """What an administrator is asked for, because the base URL holds it."""

    name: str = Field(pattern=PARAMETER, description="its name between braces in a base URL")
    label: Line = Field(description="what the portal calls it")
    help: Prose = Field(description="where to find it")
    example: Line = Field(description="a value that fits, invented")
    pattern: str = Field(
        default=VALUE, max_length=200, description="what a whole value matches, as a regular expression"
    )


class Variant(Part):
    """Another base URL of the same product, such as a region's. The parameter `variant` chooses it."""

    name: str = Field(pattern=PARAMETER, description="the value of the parameter `variant`")
    label: Line = Field(description="what the portal calls it")
    base_url: Template = Field(description="with parameters in braces")
    form: dict[str, Any] = Field(
        default={}, json_schema_extra=_form_schema, description="where its form differs from the product's"
    )


class Auth(Part):
    """How to sign in there."""

    type: SignIn = Field(default="bearer", description="the way that an administrator is offered first")
    help: Prose = Field(description="where to get the token, the password or the OAuth client")
    also: Several[SignIn] = Field(default=(), description="the other ways that the product takes")
    expires: Line | None = Field(default=None, description="how long a token lasts, where it ends by itself")
    lasts_days: int | None = Field(default=None, ge=1, le=3660, description="the same in days, where it is known")
    one_at_a_time: bool = Field(default=False, description="a new token ends the old one at once")
    header: str = Field(default="Authorization", pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$", description="what carries it")
    prefix: str = Field(
        default="Bearer ", pattern=r"^([A-Za-z][ -~]{0,31})?$", description="what stands before the token"
    )
    username: Line | None = Field(default=None, description="basic: the user name that is the same for everybody")
    authorize_url: Template | None = Field(default=None, description="OAuth: where an administrator agrees")
    token_url: Template | None = Field(default=None, description="OAuth: where tokens are given out")
    scope: Line | None = Field(default=None, description="OAuth: what is asked for, with spaces between")


class Icon(Part):
    """A square of our own: no product's logo is copied. What is left out comes from the name."""

    letters: str | None = Field(default=None, pattern=r"^[A-Za-z0-9]{1,2}$", description="one or two of the name's")
    colour: Colour | None = Field(default=None, description="one of the portal's")


class Defaults(Part):
    """Settings that an application made from this connector begins with, where they differ from Provisor's."""

    manage_groups: bool | None = Field(default=None, description="groups are kept there as well")
    deprovision: Literal["deactivate", "delete", "nothing"] | None = Field(
        default=None, description="how an account ends"
    )
    concurrency: int | None = Field(default=None, ge=1, le=256, description="connections at once")
    reconcile_every: int | None = Field(default=None, ge=0, le=525_600, description="minutes between two full reads")


class Connector(Part):
    """One product. Whatever its documentation doesn't say is left out: nothing is guessed."""

    slug: str = Field(max_length=64, pattern=SLUG, description="its name in addresses; the file is called so")
    name: Line = Field(description="the product's name")
    category: str = Field(max_length=64, pattern=SLUG, description="what it is for, in a word")
    description: Prose = Field(description="what it is, in a sentence of our own")
    supports: Several[Support] = Field(default=(), description="what it can do, by its documentation")
    beta: bool = Field(default=False, description="little of it is proven, or something expected doesn't work yet")
    base_url: Template | None = Field(
        default=None, description="with parameters in braces; none where each customer has another"
    )
    base_url_help: Prose | None = Field(
        default=None, description="where to find the base URL, where there is no template"
    )
    variants: Several[Variant] = Field(default=(), description="other base URLs of the same product")
    parameters: Several[Parameter] = Field(default=(), description="what the base URLs hold")
    auth: Auth = Field(description="how to sign in")
    icon: Icon = Field(default=Icon(), description="a square with letters, for lists")
    headers: dict[str, str] = Field(
        default={}, description="sent with each request; a parameter may stand in braces in the value"
    )
    form: dict[str, Any] = Field(
        default={}, json_schema_extra=_form_schema, description="the SP form, where it differs"
    )
    mapping: dict[str, bool | str] = Field(
        default={},
        json_schema_extra=_mapping_schema,
        description="rows of the default mapping: true or false switches one on or off, a text is another source",
    )
    settings: Defaults = Field(default=Defaults(), description="settings to begin with")
    rehearsal: dict[str, Any] = Field(
        default={}, description="what the strict service provider plays of it beyond the form (docs/guide/rehearse.md)"
    )
    prerequisites: Several[Prose] = Field(default=(), description="what has to be done there first")
    warnings: Several[Prose] = Field(default=(), description="what an administrator has to know before activating")
    unverified: Several[Prose] = Field(default=(), description="what is said here, but was confirmed by no document")
    sources: Several[Link] = Field(min_length=1, description="where all this was read")
    checked: date = Field(description="when it was last read there")
    confidence: Confidence = Field(description="how sure all this is, on the whole")


def json_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a whole file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Connector.model_json_schema()}
