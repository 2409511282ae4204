"""What the tests of pushed passwords share: setting one, working until nothing waits, and what became of it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from provisor.applications.commands.passwords import keep_password
from provisor.applications.models import AccountPassword

OWN = "Correct-Horse-Battery-7"


def set_password(world, user, password=OWN):
    with transaction.atomic():
        keep_password(world.actor, user.id, password)


def password_requests(world):
    """What was sent that had a password in it: method, and the names of what went with it."""
    found = []
    for request in world.sp.requests:
        body = request.body or {}
        operations = body.get("Operations")
        names = [operation.get("path") for operation in operations] if operations else sorted(body)
        if "password" in names:
            found.append((request.method, names))
    return found


def told(world, user):
    return AccountPassword.objects.get(user_id=user.id, application_id=world.application.id)


def work(world):
    """A worker until nothing is due and no password may be sent any more."""
    with world.worker():
        world.until(lambda: not world.ready() and not world.running() and not waiting())


def waiting():
    return AccountPassword.objects.filter(status="waiting", next_try__lte=timezone.now()).exists()
