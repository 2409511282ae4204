"""Is a request body what the published schemas allow? scim2-models decides, in the context of each kind of request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError
from scim2_models import (
    Context,
    EnterpriseUser,
    Error,
    Group,
    Manager,
    PatchOp,
    Reference,
    Required,
    SearchRequest,
    User,
)

from provisor.testing.errors import ScimError


class LooseManager(Manager):
    """A15: clients send `{"value": id}`; the schema's `$ref` is theirs to leave out and the provider's to fill in."""

    ref: Annotated[Reference[Any] | None, Required.false] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )


class LooseEnterprise(EnterpriseUser):
    manager: LooseManager | None = None


_USER: Any = User[LooseEnterprise]
_MODELS: Mapping[tuple[str, str], tuple[Any, Context]] = {
    ("POST", "User"): (_USER, Context.RESOURCE_CREATION_REQUEST),
    ("PUT", "User"): (_USER, Context.RESOURCE_REPLACEMENT_REQUEST),
    ("PATCH", "User"): (PatchOp[_USER], Context.RESOURCE_PATCH_REQUEST),
    ("POST", "Group"): (Group, Context.RESOURCE_CREATION_REQUEST),
    ("PUT", "Group"): (Group, Context.RESOURCE_REPLACEMENT_REQUEST),
    ("PATCH", "Group"): (PatchOp[Group], Context.RESOURCE_PATCH_REQUEST),
}


def refusal(method: str, resource: str, body: Any) -> ScimError | None:
    """Why the body of a POST, PUT or PATCH on a "User" or "Group" doesn't fit, or None."""
    model, context = _MODELS[method, resource]
    return _failure(lambda: model.model_validate(body, scim_ctx=context))


def search_refusal(body: Any) -> ScimError | None:
    """Why the body of a search by POST doesn't fit, or None (RFC 7644 3.4.3)."""
    return _failure(lambda: SearchRequest.model_validate(body, scim_ctx=Context.SEARCH_REQUEST))


def _failure(validate: Callable[[], Any]) -> ScimError | None:
    try:
        validate()
    except ValidationError as failure:
        first = Error.from_validation_errors(failure)[0]
        return ScimError(first.status or 400, first.scim_type, first.detail or "The body doesn't fit its schema.")
    return None
