"""Two edits of one application at the same instant never wait for each other, and none is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from provisor.administrators.actor import system
from provisor.applications.commands import change_assignments, update_application
from provisor.applications.models import Assignment, Due
from provisor.directory import commands
from provisor.directory.validation import UserChanges

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(make_application, make_user, make_group):
    """An application with two people of one group."""
    ada, bo, cy = (make_user(name) for name in ("ada", "bo", "cy"))
    group = make_group("Staff", ada, bo)
    return make_application("Chat", group), ada, bo, cy


def elsewhere(*edits):
    """Carries out edits on a connection of its own, which gives up at once where it would have to wait long."""

    def work():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '5s'")
            for edit in edits:
                edit()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def marked():
    return sorted(Due.objects.values_list("user_id", flat=True).distinct())


def test_an_open_edit_of_one_person_lets_the_others_commit(world):
    application, ada, bo, cy = world
    with transaction.atomic():
        commands.update_user(system(), ada.id, UserChanges(firstname="Ada"))
        elsewhere(
            lambda: commands.update_user(system(), bo.id, UserChanges(firstname="Bo")),
            lambda: change_assignments(system(), application.id, users_add=[cy.id]),
            lambda: change_assignments(system(), application.id, users_add=[ada.id]),
        )
    assert marked() == sorted(user.id for user in (ada, bo, cy))
    assert Assignment.objects.filter(user__in=[ada, cy]).count() == 2


def test_an_open_edit_of_the_assignments_lets_the_others_commit(world):
    application, _ada, bo, cy = world
    with transaction.atomic():
        change_assignments(system(), application.id, users_add=[cy.id])
        elsewhere(
            lambda: change_assignments(system(), application.id, users_add=[bo.id]),
            lambda: update_application(system(), application.id, {"settings": {"takeover": "review"}}),
            lambda: commands.update_user(system(), cy.id, UserChanges(firstname="Cy")),
        )
    assert Assignment.objects.filter(user__in=[bo, cy]).count() == 2


def test_an_open_edit_of_the_settings_lets_assignments_commit(world):
    application, ada, bo, cy = world
    with transaction.atomic():
        update_application(system(), application.id, {"settings": {"takeover": "review"}})
        elsewhere(lambda: change_assignments(system(), application.id, users_add=[cy.id]))
    assert marked() == sorted(user.id for user in (ada, bo, cy))
