"""An administrator agrees, at the authorization server, that Provisor may act there (OAuth, authorization code with PKCE).

It takes a browser: `begin_authorization` says where to send it, and what has to come back; `finish_authorization` takes the
code that came. `state` and `verifier` live in the browser's session meanwhile, never here.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from provisor.administrators.actor import Actor


@dataclass(frozen=True)
class Begun:
    """Where the browser goes; `state` and `verifier` are kept in its session until it comes back."""

    url: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


def begin_authorization(actor: Actor, application_id: uuid.UUID, redirect_uri: str) -> Begun:
    raise NotImplementedError


def finish_authorization(actor: Actor, application_id: uuid.UUID, code: str, verifier: str, redirect_uri: str) -> None:
    raise NotImplementedError
