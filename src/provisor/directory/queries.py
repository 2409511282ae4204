"""Reading the directory: one user or group, and lists with their filters."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.db import connection
from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Collate, Lower
from django.utils.translation import gettext as _

from provisor.directory.models import Group, Membership, Organisation, User
from provisor.errors import NotFound
from provisor.text import unique_key

NAMES = ("firstname", "middlename", "lastname", "displayname")
# Collations that fold letters beyond ASCII, best first: of PostgreSQL 18, 17, and one built with ICU.
FOLDING = ("pg_unicode_fast", "pg_c_utf8", "und-x-icu")
_WITH_ACCESS = "SELECT user_id FROM applications_access WHERE application_id = %s"
_WITH_ATTRIBUTE = """
    SELECT id FROM directory_user
    WHERE attributes ->> %s = %s OR (jsonb_typeof(attributes -> %s) = 'array' AND attributes -> %s ? %s)
"""
_EFFECTIVE = "SELECT user_id FROM directory_effective WHERE group_id = %s"


@dataclass(frozen=True)
class UserFilter:
    """Which users a list holds; None doesn't filter. `search` is a part of the username, e-mail or names; `group` means
    its own members, with `effective` everybody in it; `leaving`: whether a suspension is planned."""

    search: str | None = None
    state: str | None = None
    password_status: str | None = None
    group: uuid.UUID | None = None
    effective: bool = False
    application: uuid.UUID | None = None
    leaving: bool | None = None
    attribute: str | None = None  # "team:Blue": a custom attribute, and its value or one of its list


def get_user(user_id: uuid.UUID) -> User:
    """One user, in any state. Raises NotFound."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound(_("There is no user with this id."))
    return user


def get_group(group_id: uuid.UUID) -> Group:
    """One group. Raises NotFound."""
    group = Group.objects.filter(pk=group_id).first()
    if group is None:
        raise NotFound(_("There is no group with this id."))
    return group


def get_organisation() -> Organisation:
    """The one organisation of this installation."""
    return Organisation.objects.get()


def users(wanted: UserFilter) -> QuerySet[User]:
    """Users in no order yet. `application`: those with access to it."""
    found = User.objects.all()
    if wanted.state:
        found = found.filter(state=wanted.state)
    if wanted.password_status:
        found = found.filter(password_status=wanted.password_status)
    if wanted.group:
        found = found.filter(_in_group(wanted.group, effective=wanted.effective))
    if wanted.attribute:
        name, _sign, text = wanted.attribute.partition(":")
        found = found.filter(pk__in=RawSQL(_WITH_ATTRIBUTE, [name, text, name, name, text]))  # noqa: S611 - a constant
    if wanted.leaving is not None:
        found = found.filter(suspend_at__isnull=not wanted.leaving)
    if wanted.application:
        found = found.filter(pk__in=RawSQL(_WITH_ACCESS, [wanted.application]))  # noqa: S611 - a constant
    return _searched(found, wanted.search) if wanted.search else found


def groups(search: str | None = None) -> QuerySet[Group]:
    """Groups in no order yet; `search` is a part of the name."""
    found = Group.objects.select_related("rule")
    return found.filter(name_key__contains=unique_key(search)) if search else found


def members(group_id: uuid.UUID, *, effective: bool = False) -> QuerySet[User]:
    """The users in a group; `effective`: with those of the groups in it, each once. Raises NotFound."""
    return User.objects.filter(_in_group(get_group(group_id).pk, effective=effective))


def ways_into(group_id: uuid.UUID, users: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Group]]:
    """By which of its groups each of these users is in a group, by name: the group itself, or groups inside it."""
    below = Membership.objects.filter(user_id__in=list(users), group__above__ancestor_id=group_id)
    ways: dict[uuid.UUID, list[Group]] = {}
    for membership in below.select_related("group").order_by("group__name_key"):
        ways.setdefault(membership.user_id, []).append(membership.group)
    return ways


def groups_in(group_id: uuid.UUID, *, effective: bool = False) -> QuerySet[Group]:
    """The groups in a group; `effective`: and in those, and so on. Raises NotFound."""
    group = get_group(group_id)
    if effective:
        return Group.objects.filter(above__ancestor=group).exclude(pk=group.pk)
    return Group.objects.filter(around__parent=group)


def groups_around(group_id: uuid.UUID, *, effective: bool = False) -> QuerySet[Group]:
    """The groups that a group is in; `effective`: and those that they are in, and so on. Raises NotFound."""
    group = get_group(group_id)
    if effective:
        return Group.objects.filter(below__descendant=group).exclude(pk=group.pk)
    return Group.objects.filter(inside__child=group)


def groups_of_user(user_id: uuid.UUID) -> QuerySet[Group]:
    """The groups that a user is in. Raises NotFound."""
    return Group.objects.filter(memberships__user_id=get_user(user_id).pk)


def _in_group(group_id: uuid.UUID, *, effective: bool) -> Q:
    if effective:
        return Q(pk__in=RawSQL(_EFFECTIVE, [group_id]))  # noqa: S611 - a constant
    return Q(memberships__group_id=group_id)


def _searched(found: QuerySet[User], search: str) -> QuerySet[User]:
    key = unique_key(search)
    parts = [F(name) for name in NAMES]
    names = Func(Value(" "), *parts, function="concat_ws", output_field=TextField())
    folded = Lower(Collate(names, _folding()) if _folding() else names)
    hit = Q(username_key__contains=key) | Q(email_key__contains=key) | Q(names__contains=search.lower())
    return found.alias(names=folded).filter(hit)


@cache
def _folding() -> str:
    """The collation of this server that folds best; "" for none: then only ASCII letters fold."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT collname FROM pg_collation WHERE collname = ANY(%s)", [list(FOLDING)])
        there = {name for (name,) in cursor.fetchall()}
    return next((name for name in FOLDING if name in there), "")
