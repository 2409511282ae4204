"""The outbox and a server for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import django
import pytest

django.setup()  # this file may be read before pytest is configured

from tests.mail.server import Postbox, postbox  # noqa: E402

from provisor import jobs, mail  # noqa: E402
from provisor.administrators.actor import Actor  # noqa: E402
from provisor.mail.models import Mail  # noqa: E402

OWNER = Actor(kind="administrator", id="1", name="Ada Lovelace", role="owner")
Write = Callable[..., Mail]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postbox]:
    """An SMTP server to which mail goes."""
    with postbox() as running:
        monkeypatch.setenv("PROVISOR_EMAIL_URL", running.url)
        monkeypatch.setenv("PROVISOR_PUBLIC_URL", "https://id.example.org")
        yield running


@pytest.fixture
def write(db: None) -> Write:
    """`write(to="bob@example.org", name="Bob")`: a mail of the template `test`."""

    def written(to: str = "bob@example.org", template: str = "test", **facts: Any) -> Mail:
        return mail.write(OWNER, template, to=to, facts={"name": "Bob", **facts})

    return written


@pytest.fixture
def send() -> Callable[[], None]:
    """Sends what is due."""

    def sent() -> None:
        from provisor.mail.jobs import send_mails

        send_mails()
        jobs.run_all()

    return sent


def now_due(row: Mail) -> None:
    from django.utils import timezone

    Mail.objects.filter(id=row.id).update(next_try=timezone.now())
