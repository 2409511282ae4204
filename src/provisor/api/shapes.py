"""Parts of answers that several routes share."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from pydantic import BaseModel, Field


class Named(BaseModel):
    """Something by its id and by what people call it (null once it is gone)."""

    id: uuid.UUID
    name: str | None


class ActorOut(BaseModel):
    """Who did it: an administrator, a token, the command line or Provisor itself."""

    kind: str
    id: str
    name: str


class Difference(BaseModel):
    """One attribute, before and after: `{"name", "from", "to"}`."""

    name: str
    was: Annotated[Any, Field(alias="from")] = None
    to: Any = None
