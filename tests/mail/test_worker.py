"""A real worker sends what a command wrote."""

from __future__ import annotations

import pytest
from tests.jobs.conftest import start_worker  # noqa: F401
from tests.mail.conftest import OWNER

from provisor import mail
from provisor.mail.models import Mail

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_worker_sends_each_mail_once(start_worker, until, server):  # noqa: F811
    for _ in range(2):
        start_worker(PROVISOR_EMAIL_URL=server.url, PROVISOR_PUBLIC_URL="https://id.example.org")
    mail.write_many(OWNER, "test", [mail.Letter(f"user{number}@example.org") for number in range(50)])
    mail.write(OWNER, "test", to="bob@example.org")
    until(lambda: Mail.objects.filter(status="sent").count() == 51)
    assert len(server.mails) == 51
    assert len(set(server.recipients())) == 51
