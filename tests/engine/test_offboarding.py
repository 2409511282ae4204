"""The offboarding report: what it says while people leave, in every kind of trouble. The world is real: ten SPs."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.utils import timezone

from provisor.administrators.actor import Actor
from provisor.administrators.models import Administrator
from provisor.applications import commands as applications
from provisor.applications.commands import offboarding_reports
from provisor.applications.models import Application, Due, Offboarding, OffboardingAccount
from provisor.applications.queries.offboarding import offboarding_of
from provisor.directory import commands as directory
from provisor.directory.commands import leaving
from provisor.directory.models import User
from provisor.errors import NotFound
from provisor.mail import rendering
from provisor.mail.models import Mail
from provisor.testing import FakeServiceProvider, Fault


def states(user) -> dict[str, str]:
    return {item.application: item.state for item in offboarding_of(user.id).items}


@pytest.fixture
def ten(world):
    """Nine more applications on nine SPs of their own, all assigned to staff."""
    with ExitStack() as stack:
        providers = [stack.enter_context(FakeServiceProvider.in_thread()) for _ in range(9)]
        for number, provider in enumerate(providers):
            application = world.make_application(f"App {number}", provider.base_url)
            applications.change_assignments(world.actor, application.id, groups_add=[world.staff.id])
        yield providers


def test_nine_confirm_one_is_down_and_then_it_comes_back(world, ten):
    ada = world.employee("ada")
    world.work()
    ten[3].fault(Fault("status", status=503))
    directory.suspend_user(world.actor, ada.id)
    with world.worker():
        world.until(
            lambda: offboarding_of(ada.id).confirmed == 9 and Due.objects.filter(not_before__gt=timezone.now()).exists()
        )
    report = offboarding_of(ada.id)
    assert (report.state, report.open, report.confirmed, report.took) == ("open", 1, 9, None)
    down = next(item for item in report.items if item.application == "App 3")
    assert (down.state, down.confirmed) == ("retrying", None)
    assert down.tries >= 1
    assert down.next_try > down.asked
    assert "503" in down.error["message"] or down.error["code"]
    for item in report.items:
        if item is not down:
            assert item.state == "confirmed"
            assert item.asked <= item.first_try <= item.confirmed
    ten[3].clear_faults()
    world.make_ready()
    world.work()
    report = offboarding_of(ada.id)
    assert (report.state, report.open, report.confirmed) == ("complete", 0, 10)
    assert report.took >= 0
    assert all(provider.user("ada")["active"] is False for provider in [world.sp, *ten])


def test_it_survives_the_person(world):
    ada = world.employee("ada", displayname="Ada Example")
    world.work()
    directory.delete_user(world.actor, ada.id)
    with world.worker():
        world.until(lambda: not User.objects.filter(id=ada.id).exists())
    report = offboarding_of(ada.id)
    assert (report.name, report.call, report.state) == ("Ada Example", "delete", "complete")
    assert report.by["name"] == "command line"


def test_who_was_suspended_before_was_off_already_when_deleted(world):
    ada = world.employee("ada")
    world.work()
    directory.suspend_user(world.actor, ada.id)
    world.work()
    first = offboarding_of(ada.id)
    directory.delete_user(world.actor, ada.id)
    report = offboarding_of(ada.id)
    assert (report.call, states(ada)) == ("delete", {"Sample app": "already"})
    assert report.items[0].confirmed == first.items[0].confirmed
    assert Offboarding.objects.filter(user_id=ada.id, closed=None).count() == 1


def test_coming_back_closes_it(world):
    ada = world.employee("ada")
    world.work()
    directory.suspend_user(world.actor, ada.id)
    directory.unsuspend_user(world.actor, ada.id)
    world.work()
    assert offboarding_of(ada.id).state == "closed"
    assert world.account(ada)["active"] is True


def test_no_account_anywhere_is_complete_at_once(world):
    ada = world.person("ada")
    directory.suspend_user(world.actor, ada.id)
    assert (offboarding_of(ada.id).state, states(ada)) == ("complete", {})


def test_access_without_an_account_yet(world):
    ada = world.employee("ada")
    directory.suspend_user(world.actor, ada.id)
    assert states(ada) == {"Sample app": "none"}
    world.work()
    assert (offboarding_of(ada.id).state, world.sp.users) == ("complete", [])


def test_who_never_left_has_no_report(world):
    with pytest.raises(NotFound):
        offboarding_of(world.person("ada").id)


@pytest.mark.parametrize(
    ("how", "state"), [("paused", "paused"), ("deactivated", "paused"), ("stopped", "stopped"), ("gone", "forgotten")]
)
def test_an_application_that_does_nothing_at_the_moment(world, how, state):
    ada = world.employee("ada")
    world.work()
    if how == "paused":
        applications.pause_application(world.actor, world.application.id, until=timezone.now() + timedelta(hours=1))
    elif how == "deactivated":
        applications.deactivate_application(world.actor, world.application.id)
    elif how == "stopped":
        directory.stop_writes(world.actor, reason="fire")
    directory.suspend_user(world.actor, ada.id)
    if how == "gone":
        applications.delete_application(world.actor, world.application.id)
    assert states(ada) == {"Sample app": state}
    report = offboarding_of(ada.id)
    assert report.state == ("incomplete" if how == "gone" else "open")


def test_the_token_is_refused(world):
    ada = world.employee("ada")
    world.work()
    world.sp.fault(Fault("status", status=401))
    directory.suspend_user(world.actor, ada.id)
    with world.worker():
        world.until(lambda: Application.objects.get(id=world.application.id).provisioning == "failing")
    item = offboarding_of(ada.id).items[0]
    assert item.state == "failing"
    assert item.error["message"]


def test_a_protected_account_needs_a_person(world):
    ada = world.employee("ada")
    world.work()
    applications.change_protected(world.actor, world.application.id, add=[world.account(ada)["id"]])
    directory.suspend_user(world.actor, ada.id)
    world.work()
    item = offboarding_of(ada.id).items[0]
    assert (item.state, item.error["code"]) == ("held", "protected")


def test_an_application_that_is_set_to_do_nothing(world):
    world.configure(deprovision="nothing")
    ada = world.employee("ada")
    world.work()
    directory.delete_user(world.actor, ada.id)
    with world.worker():
        world.until(lambda: not User.objects.filter(id=ada.id).exists())
    assert (states(ada), offboarding_of(ada.id).state) == ({"Sample app": "left"}, "incomplete")


def test_where_accounts_are_deleted(world):
    world.configure(deprovision="delete")
    ada = world.employee("ada")
    world.work()
    directory.delete_user(world.actor, ada.id)
    with world.worker():
        world.until(lambda: not User.objects.filter(id=ada.id).exists())
    item = offboarding_of(ada.id).items[0]
    assert (item.state, item.deleted, world.sp.users) == ("confirmed", True, [])


def test_given_up_after_a_day(world):
    ada = world.employee("ada")
    world.work()
    world.sp.fault(Fault("status", status=500))
    directory.delete_user(world.actor, ada.id)
    with world.worker():
        world.until(lambda: states(ada) == {"Sample app": "retrying"})
        User.objects.filter(id=ada.id).update(deleting_since=timezone.now() - timedelta(hours=25))
        world.until(lambda: not User.objects.filter(id=ada.id).exists())
    report = offboarding_of(ada.id)
    assert (states(ada), report.state, report.unconfirmed) == ({"Sample app": "given_up"}, "incomplete", 1)
    assert report.items[0].error["message"]


def test_a_thousand_at_once_are_a_few_statements(world, django_assert_max_num_queries):
    people = world.people(30)
    world.work()
    from provisor.applications.commands import offboarding

    with django_assert_max_num_queries(3):
        offboarding.begin(
            [user.id for user in people], "suspend", by=world.actor.as_json(), correlation=world.actor.correlation
        )
    assert OffboardingAccount.objects.filter(outcome="open").count() == 30


# The planned suspension ------------------------------------------------------------------------------------------------


def test_a_planned_suspension_comes_and_names_the_planner(world):
    ada = world.employee("ada")
    world.work()
    planner = Actor("administrator", "a1", "anna@example.com", "admin")
    directory.plan_suspension(planner, ada.id, timezone.now() + timedelta(days=3))
    assert leaving.suspend_those_due() == 0
    User.objects.update(suspend_at=timezone.now() - timedelta(minutes=1))
    assert leaving.suspend_those_due() == 1
    mark = Due.objects.get()
    assert (mark.priority, mark.cause) == (0, "person")
    world.work()
    assert world.account(ada)["active"] is False
    report = offboarding_of(ada.id)
    assert (report.call, report.by["name"], report.state) == ("planned", "anna@example.com", "complete")
    ada.refresh_from_db()
    assert (ada.state, ada.suspend_at, ada.suspend_plan) == ("suspended", None, None)


def test_plans_of_a_file_are_a_set_to_the_guard(world):
    world.configure(guard={"max_count": 5, "max_percent": 0})
    people = world.people(12)
    world.work()
    past = timezone.now() - timedelta(minutes=1)
    plan = {"actor": world.actor.as_json(), "cause": "set"}
    User.objects.filter(id__in=[user.id for user in people]).update(suspend_at=past, suspend_plan=plan)
    assert leaving.suspend_those_due() == 12
    world.work()
    assert sum(user["active"] for user in world.sp.users) == 12
    assert {item.state for user in people for item in offboarding_of(user.id).items} == {"held"}


def test_unsuspending_takes_a_plan_back(world):
    ada = world.employee("ada")
    directory.plan_suspension(world.actor, ada.id, timezone.now() + timedelta(days=3))
    directory.suspend_user(world.actor, ada.id)
    directory.unsuspend_user(world.actor, ada.id)
    ada.refresh_from_db()
    assert (ada.suspend_at, ada.suspend_plan) == (None, None)


# The mail --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def anna(world) -> Actor:
    one = Administrator.objects.create(email="anna@example.com", email_key="anna@example.com", role="admin")
    return Actor("administrator", str(one.id), one.email, "admin")


def test_once_everything_is_confirmed_the_administrator_gets_one_mail(world, anna):
    ada = world.employee("ada")
    world.work()
    directory.suspend_user(anna, ada.id)
    assert offboarding_reports.tell() == 0
    world.work()
    assert offboarding_reports.tell() == 1
    assert offboarding_reports.tell() == 0
    letter = Mail.objects.get(template="offboarding_report")
    assert (letter.to, letter.user, letter.facts["done"]) == ("anna@example.com", ada.id, True)
    assert [one["application"] for one in letter.facts["people"][0]["accounts"]] == ["Sample app"]


def test_after_a_day_with_what_is_open_and_again_when_it_is_done(world, anna):
    ada = world.employee("ada")
    world.work()
    applications.deactivate_application(world.actor, world.application.id)
    directory.suspend_user(anna, ada.id)
    Offboarding.objects.update(at=timezone.now() - timedelta(hours=25))
    assert offboarding_reports.tell() == 1
    assert offboarding_reports.tell() == 0
    assert Mail.objects.get(template="offboarding_report").facts["open"] == 1
    Application.objects.update(provisioning="active")
    world.work()
    assert offboarding_reports.tell() == 1
    assert Mail.objects.filter(template="offboarding_report").count() == 2


def test_people_of_one_call_stand_in_one_mail(world, anna):
    people = world.people(3)
    world.work()
    directory.suspend_users(anna, [user.id for user in people])
    world.work()
    assert offboarding_reports.tell() == 1
    assert len(Mail.objects.get(template="offboarding_report").facts["people"]) == 3


def test_a_token_gets_no_mail_and_nobody_asks_again(world):
    ada = world.employee("ada")
    world.work()
    directory.suspend_user(world.actor, ada.id)
    world.work()
    assert offboarding_reports.tell() == 1
    assert offboarding_reports.tell() == 0
    assert not Mail.objects.filter(template="offboarding_report").exists()


def test_the_mail_says_what_is_open_in_text_and_html(world, anna):
    ada = world.employee("ada", displayname="Ada <b>Example</b>")
    world.work()
    world.sp.fault(Fault("status", status=503))
    directory.suspend_user(anna, ada.id)
    with world.worker():
        world.until(lambda: states(ada) == {"Sample app": "retrying"})
    Offboarding.objects.update(at=timezone.now() - timedelta(hours=25))
    offboarding_reports.tell()
    read = rendering.text_of(Mail.objects.get(template="offboarding_report"))
    assert "1 account is still open after 24 hours" in read.subject
    assert "Sample app" in read.text
    assert "tried again" in read.text
    assert "<b>Example" not in read.html
