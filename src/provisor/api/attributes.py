"""/attributes: the schemas of custom attributes; and what an application's attribute table gives for one user."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from pydantic import BaseModel, Field

from provisor.api.base import (
    Body,
    Id,
    ListParams,
    Page,
    Query,
    Routes,
    Status,
    When,
    actor_of,
    if_match,
    page_of,
)
from provisor.applications import queries as applications
from provisor.applications.queries.mapping_example import examples
from provisor.directory import custom_attributes
from provisor.directory.commands import attributes as commands
from provisor.directory.custom_attributes import usage as attribute_usage
from provisor.directory.shapes import shape_of_attribute
from provisor.directory.validation import AttributeChanges, NewAttribute

routes = Routes("attributes")


class AttributeOut(BaseModel):
    """What a custom attribute holds. `choices`: of type choice; `editable_by`: administrator, or also the user."""

    name: str
    type: Literal["text", "number", "boolean", "date", "choice", "list"]
    label: str
    description: str
    choices: list[str]
    unique: bool
    editable_by: Literal["administrator", "user"]
    created: When
    updated: When


class UseOut(BaseModel):
    """`kind`: attributes or filter (of an application), or rule (of a group)."""

    kind: Literal["attributes", "filter", "rule"]
    id: uuid.UUID
    name: str


class OneAttributeOut(AttributeOut):
    """With where it is used."""

    used_by: list[UseOut]


class MappingPreview(Body):
    """`rows`, or one `row`, as PUT …/mapping takes them; without both, those in force."""

    user: Id
    rows: Annotated[list[dict[str, Any]], Field(max_length=200)] | None = None
    row: dict[str, Any] | None = None


class MappingExample(BaseModel):
    """`value`: what is sent, null for nothing; `error`: why the row can't be used, or fails for this user."""

    scim: str
    value: Any
    error: str | None


class MappingExamples(BaseModel):
    rows: list[MappingExample]


@routes.get("/attributes", permission="directory.read", answers={200: Page[AttributeOut]})
def list_attributes(request: HttpRequest, params: Query[ListParams]) -> Any:
    """The custom attributes that have a schema, by name. Others may hold anything."""
    return page_of(custom_attributes.rows(), params, scope="attributes", order=["name"], shape=shape_of_attribute)


@routes.post("/attributes", permission="organisation.write", answers={201: AttributeOut})
def define_attribute(request: HttpRequest, body: NewAttribute) -> Any:
    """Gives a custom attribute a schema. 409 `misfits` where users have values that don't fit: how many, and the first."""
    return shape_of_attribute(commands.define_attribute(actor_of(request), body))


@routes.get("/attributes/{name}", permission="directory.read", answers={200: OneAttributeOut})
def get_attribute(request: HttpRequest, name: str) -> Any:
    """One schema, with where the attribute is used."""
    shape = shape_of_attribute(custom_attributes.get(name))
    return {**shape, "used_by": [use.as_json() for use in attribute_usage.places_of(name)]}


@routes.patch("/attributes/{name}", permission="organisation.write", answers={200: AttributeOut})
def change_attribute(request: HttpRequest, name: str, body: AttributeChanges = AttributeChanges()) -> Any:  # noqa: B008
    """Changes a schema. Refused (409) where values don't fit it, or an expression would read an absent value otherwise."""
    return shape_of_attribute(commands.change_attribute(actor_of(request), name, body, if_match=if_match(request)))


@routes.delete("/attributes/{name}", permission="organisation.write", answers={204: None})
def delete_attribute(request: HttpRequest, name: str) -> Any:
    """Takes a schema back; the values stay."""
    commands.delete_attribute(actor_of(request), name, if_match=if_match(request))
    return Status(204, None)


@routes.post(
    "/applications/{application_id}/mapping/preview", permission="applications.read", answers={200: MappingExamples}
)
def preview_mapping(request: HttpRequest, application_id: Id, body: MappingPreview) -> Any:
    """What each of these rows would give for one real user; without rows, what those in force give. Saves nothing."""
    rows = [body.row] if body.row is not None else body.rows
    if rows is None:
        rows = applications.get_application(application_id).mapping
    return {"rows": [one.as_json() for one in examples(application_id, rows, body.user)]}
