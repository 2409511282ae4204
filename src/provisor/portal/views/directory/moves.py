"""The states of a user and the password's, each changed by a button that first says what it does, in numbers."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

from provisor.administrators.actor import Actor
from provisor.applications.queries import people
from provisor.directory import commands, queries
from provisor.directory.commands import activation
from provisor.directory.models import User
from provisor.portal import pages
from provisor.portal.views.directory import words
from provisor.portal.views.directory.ids import posted_ids
from provisor.portal.views.directory.listing import name_of
from provisor.portal.words import grouped

Text = str | Promise


@dataclass(frozen=True)
class Move:
    """One act on users. `start`: the states that it takes. `counted`: what it does to accounts. `keeps`: what stays, or how
    to get back."""

    permission: str
    command: Callable[[Actor, uuid.UUID], Any]
    start: tuple[str, ...]
    counted: Callable[[list[uuid.UUID]], people.Consequence]
    question: Text
    verb: Text
    safe: Text
    keeps: Text
    told: Text

    @property
    def ends(self) -> bool:
        """Whether it takes accounts away: its button is red."""
        return self.counted is people.if_ended


def activate_and_welcome(actor: Actor, user_id: uuid.UUID) -> User:
    """One user by hand: a mail if the organisation wants that."""
    return commands.activate_user(actor, user_id, mail=activation.by_default())


MOVES = {
    "suspend": Move(
        "users.suspend", commands.suspend_user, ("active",), people.if_ended,
        gettext_lazy("Suspend %(name)s?"), gettext_lazy("Suspend"), gettext_lazy("Keep active"),
        gettext_lazy("They can't sign in any more. Groups and access stay; the accounts come back when you unsuspend."),
        gettext_lazy("%(name)s suspended."),
    ),
    "unsuspend": Move(
        "users.suspend", commands.unsuspend_user, ("suspended",), people.if_returned,
        gettext_lazy("Unsuspend %(name)s?"), gettext_lazy("Unsuspend"), gettext_lazy("Keep suspended"),
        gettext_lazy("They can sign in again, and have what their groups give them."),
        gettext_lazy("%(name)s is active again."),
    ),
    "activate": Move(
        "users.write", activate_and_welcome, ("staged",), people.if_returned,
        gettext_lazy("Activate %(name)s?"), gettext_lazy("Activate"), gettext_lazy("Keep staged"),
        gettext_lazy("From then on they have what their groups give them."),
        gettext_lazy("%(name)s is active."),
    ),
    "expire-password": Move(
        "users.suspend", commands.expire_password, ("active", "staged", "suspended"), people.if_ended,
        gettext_lazy("Expire the password of %(name)s?"), gettext_lazy("Expire password"), gettext_lazy("Keep it"),
        gettext_lazy("The accounts come back when a new password is set."),
        gettext_lazy("The password of %(name)s is expired."),
    ),
    "delete": Move(
        "users.write", commands.delete_user, ("active", "staged", "suspended"), people.if_ended,
        gettext_lazy("Delete %(name)s?"), gettext_lazy("Delete"), gettext_lazy("Keep"),
        gettext_lazy(
            "They go to the trash and can be restored from there for a while. The history stays. The names stay reserved "
            "until every account is off."
        ),
        gettext_lazy("%(name)s is deleted."),
    ),
}  # fmt: skip


# For several users at once: to the guard they are a set (docs/guide/guard.md).
MANY = {"suspend": commands.suspend_users, "unsuspend": commands.unsuspend_users}


def one(name: str) -> pages.View:
    """The page of one act: GET asks, POST does it."""
    move = MOVES[name]

    @pages.page("directory.read", post=move.permission)
    def view(request: pages.Visit, user_id: uuid.UUID) -> HttpResponse:
        user = queries.get_user(user_id)
        if request.method == "POST":
            return done(request, move, user)
        found = move.counted([user.id])
        context = {"user": user, "name": name_of(user), "found": found, **_texts(move, name_of(user), found)}
        return render(request, "portal/users/confirm.html", context)

    return view


def many(name: str) -> pages.View:
    """The same for the users ticked in a list: the first POST shows what it would do, the second (`sure`) does it."""
    move = MOVES[name]

    @pages.action(move.permission)
    def view(request: pages.Visit) -> HttpResponse:
        chosen = chosen_users(request)
        taken = [user for user in chosen if user.state in move.start]
        if request.POST.get("sure") == "1":
            MANY[name](request.actor, [user.id for user in taken])
            said = ngettext("%(verb)s: done for %(count)s user.", "%(verb)s: done for %(count)s users.", len(taken))
            messages.success(request, said % {"verb": move.verb, "count": grouped(len(taken))})
            return redirect("users")
        return render(request, "portal/users/bulk.html", _preview(move, chosen, taken))

    return view


@pages.action("directory.read")
def count(request: pages.Visit) -> HttpResponse:
    """What the bar over a list says while users are ticked."""
    chosen = chosen_users(request)
    found = people.if_ended([user.id for user in chosen if user.state in MOVES["suspend"].start])
    context = {"count": len(chosen), "ending": found.deactivate, "applications": len(found.parts)}
    return render(request, "portal/users/counted.html", context)


def chosen_users(request: pages.Visit) -> list[User]:
    """The users that a list's ticks name; what is no id or no user is left out."""
    found = queries.users(queries.UserFilter()).filter(pk__in=posted_ids(request, "user"))
    return list(found.order_by("username_key"))


def _preview(move: Move, chosen: list[User], taken: list[User]) -> dict[str, Any]:
    found = move.counted([user.id for user in taken])
    whom = ngettext("%(count)s user", "%(count)s users", len(taken)) % {"count": grouped(len(taken))}
    left = [(user, name_of(user)) for user in chosen if user not in taken]
    texts = _texts(move, whom, found)
    return {"taken": [(user, name_of(user)) for user in taken], "left": left, "found": found, **texts}


def done(request: pages.Visit, move: Move, user: User) -> HttpResponse:
    """Does it, and says so."""
    found = move.counted([user.id])
    left = move.command(request.actor, user.id)
    told = [str(move.told) % {"name": name_of(user)}]
    if found.total:
        count = found.total
        text = ngettext("%(count)s account follows.", "%(count)s accounts follow.", count)
        told.append(text % {"count": grouped(count)})
    messages.success(request, " ".join(told))
    return redirect("user", user_id=user.id) if isinstance(left, User) else redirect("users")


def _texts(move: Move, name: str, found: people.Consequence) -> dict[str, str]:
    return {
        "question": str(move.question) % {"name": name},
        "happens": words.sentence(found),
        "keeps": str(move.keeps),
        "act": words.act(str(move.verb), found),
        "safe": str(move.safe),
        "button": "danger-filled" if move.ends else "primary",
    }


unsuspend, activate = one("unsuspend"), one("activate")
expire_password, delete = one("expire-password"), one("delete")
suspend_many, unsuspend_many = many("suspend"), many("unsuspend")
