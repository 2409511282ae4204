"""What can go wrong with a call, in words that say what, where and what to do next.

Commands and queries raise these; the REST API, the CLI and the portal each show them in one place of their own.
No framework here. `status` and `code` are the contract's (section REST); `fields` maps a field's path, such as
`addresses[0].type`, to what is wrong with it. No message ever repeats a value that could be a secret.
"""

from __future__ import annotations

from collections.abc import Mapping


class Problem(Exception):
    """The common root. Raise one of the kinds below."""

    status = 400
    code = "bad_request"

    def __init__(self, message: str, *, code: str | None = None, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.fields = dict(fields or {})


class Malformed(Problem):
    """400: the request can't be read at all, such as broken JSON."""

    code = "malformed"


class Unauthorised(Problem):
    """401: no token, or one that is unknown, expired or revoked."""

    status, code = 401, "unauthorised"


class NotAllowed(Problem):
    """403: known, but the role lacks the permission."""

    status, code = 403, "forbidden"


class NotFound(Problem):
    """404: no such path, or nothing with this id."""

    status, code = 404, "not_found"


class WrongMethod(Problem):
    """405: the path exists, with other methods."""

    status, code = 405, "method_not_allowed"


class Conflict(Problem):
    """409: it clashes with what is there; `code` says how. `fields` names the field where one is to blame."""

    status, code = 409, "conflict"


class WrongState(Conflict):
    """409: the thing is in a state that doesn't allow this call."""

    code = "wrong_state"


class Busy(Conflict):
    """409: somebody else's call got in the way at that moment; the same call again will do."""

    code = "busy"


class Stale(Problem):
    """412: `If-Match` names an older version."""

    status, code = 412, "stale"


class TooLarge(Problem):
    """413: the body is larger than 16 MB."""

    status, code = 413, "too_large"


class Invalid(Problem):
    """422: fields that can't be taken. `Invalid({"email": "…"})`; the message names the first few of them."""

    status, code = 422, "invalid"

    def __init__(self, fields: Mapping[str, str], message: str | None = None, *, code: str | None = None) -> None:
        super().__init__(message or _summary(fields), code=code, fields=fields)


def _summary(fields: Mapping[str, str]) -> str:
    shown = [f"{name}: {text}" for name, text in list(fields.items())[:3]]
    more = len(fields) - len(shown)
    return " ".join([*shown, *([f"({more} more)"] if more else [])])
