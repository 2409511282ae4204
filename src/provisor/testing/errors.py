"""What a service provider says when it refuses: one exception that carries an RFC 7644 3.12 error answer."""

from __future__ import annotations

from typing import Any

ERROR_URN = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimError(Exception):
    """A refusal. `status` is the HTTP status, `scim_type` one of RFC 7644 table 9 or None, `detail` plain English."""

    def __init__(self, status: int, scim_type: str | None, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.scim_type = scim_type
        self.detail = detail

    html = False  # told as a web page instead

    def body(self) -> dict[str, Any]:
        """The Error message, with the status as a string (RFC 7644 3.12)."""
        kind = {"scimType": self.scim_type} if self.scim_type else {}
        return {"schemas": [ERROR_URN], "status": str(self.status), **kind, "detail": self.detail}


def not_found(what: str) -> ScimError:
    """404: `what` names the thing that isn't there."""
    return ScimError(404, None, f"{what} doesn't exist here.")


def invalid_value(detail: str) -> ScimError:
    """400 invalidValue."""
    return ScimError(400, "invalidValue", detail)


def mutability(name: str, why: str) -> ScimError:
    """400 mutability: the attribute `name` can't be written like this."""
    return ScimError(400, "mutability", f"{name} {why}.")


class UnknownMember(ScimError):
    """400 invalidValue: a group can't hold what the provider doesn't have (G8). Some say 404."""

    def __init__(self, id: object, status: int = 400) -> None:
        super().__init__(status, "invalidValue" if status == 400 else None, f"Member {id!r} doesn't exist here.")


class Taken(ScimError):
    """Something with this name exists. `told`: by 409 uniqueness, 409 without a scimType, 400, 500, or a page."""

    def __init__(self, detail: str, told: str = "409") -> None:
        status = 500 if told == "html" else int(told.partition("_")[0])
        super().__init__(status, "uniqueness" if told == "409" else None, detail)
        self.html = told == "html"
