"""The outbox: every mail that was written within the last 30 days, and what became of it."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest
from pydantic import BaseModel

from provisor.api.base import (
    Body,
    Id,
    ListParams,
    Nothing,
    Page,
    Query,
    Routes,
    Text,
    When,
    actor_of,
    answers_secret,
    page_of,
)
from provisor.api.shapes import ActorOut
from provisor.mail import commands, queries
from provisor.mail.models import Mail

routes = Routes("mail")


class MailOut(BaseModel):
    """`status`: waiting, sending, sent, failed or kept (no server is set, or a person has to do something). `error`: what
    stopped it, in the server's words. `user`: the id of whom it is about."""

    id: uuid.UUID
    to: str
    template: str
    user: uuid.UUID | None
    language: str
    status: str
    attempts: int
    error: str | None
    created: When
    next_try: When | None
    sent: When | None
    by: ActorOut | None


class TextOut(BaseModel):
    """What a mail says. It may hold a link that works once."""

    subject: str
    text: str


class SentKept(BaseModel):
    """How many kept mails go out now."""

    count: int


class MailParams(ListParams):
    status: Text | None = None
    template: Text | None = None
    user: Id | None = None


class TestMail(Body):
    """Whom a test mail goes to."""

    to: Text


@routes.get("/mails", permission="directory.read", answers={200: Page[MailOut]})
def list_mails(request: HttpRequest, params: Query[MailParams]) -> Any:
    """Mails, newest first, without what they say."""
    found = queries.mails(**params.model_dump(exclude={"limit", "cursor"}))
    return page_of(found, params, scope="mails", order=queries.NEWEST_FIRST, shape=mail_shape)


@routes.get("/mails/{mail_id}", permission="directory.read", answers={200: MailOut})
def get_mail(request: HttpRequest, mail_id: Id) -> Any:
    """One mail, without what it says."""
    return mail_shape(queries.get_mail(mail_id))


@routes.post("/mails/{mail_id}/send", permission="users.write", answers={200: MailOut})
def send_mail_again(request: HttpRequest, mail_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """Sends it now, with a new text: a link in it is made anew. A mail that is being sent is 409 `wrong_state`."""
    return mail_shape(commands.send_again(actor_of(request), mail_id))


@routes.post("/mails/{mail_id}/text", permission="users.password", answers={200: TextOut})
@answers_secret
def read_mail(request: HttpRequest, mail_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """What it says. An event, because a link in it is as good as a password; it is made now if the mail wasn't sent yet."""
    said = commands.read(actor_of(request), mail_id)
    return {"subject": said.subject, "text": said.text}


@routes.post("/mails:send-kept", permission="users.write", answers={200: SentKept})
def send_kept_mails(request: HttpRequest, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """Sends every kept mail, as `send` does with one, once a server is set; 409 `wrong_state` where none is."""
    return {"count": commands.send_kept(actor_of(request))}


@routes.post("/mails:test", permission="organisation.write", answers={200: MailOut})
def send_test_mail(request: HttpRequest, body: TestMail) -> Any:
    """Writes a test mail; what becomes of it stands in the answer of GET /mails/{id}."""
    return mail_shape(commands.send_test(actor_of(request), body.to))


def mail_shape(row: Mail) -> dict[str, Any]:
    return {
        "id": row.id,
        "to": row.to,
        "template": row.template,
        "user": row.user,
        "language": row.language,
        "status": row.status,
        "attempts": row.attempts,
        "error": row.error,
        "created": row.created,
        "next_try": row.next_try if row.status == "waiting" else None,
        "sent": row.sent_at,
        "by": row.actor,
    }
