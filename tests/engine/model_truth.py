"""What has to hold once nothing is due, seen from outside: the directory's rows on one side, the SP's on the other.

Nothing of the engine is used to say what an account should be like."""

from __future__ import annotations

import uuid
from collections.abc import Container, Iterable, Mapping
from typing import Any

from provisor.applications.models import Assignment, Link
from provisor.directory.models import Membership, User
from provisor.testing import FakeServiceProvider, Recorded

Resource = dict[str, Any]
COMPARED = ("userName", "externalId", "active", "emails", "name", "title")


def people_with_access() -> set[uuid.UUID]:
    """By a path of their own or through a group; there is one application."""
    direct = Assignment.objects.filter(user__isnull=False).values_list("user_id", flat=True)
    grouped = Membership.objects.filter(group__assignments__isnull=False).values_list("user_id", flat=True)
    return set(direct) | set(grouped)


def people_who_are_on() -> set[uuid.UUID]:
    """Whose account has to be active: with access, active, and a password that isn't expired."""
    active = User.objects.filter(state="active").exclude(password_status="expired").values_list("id", flat=True)
    return set(active) & people_with_access()


def desired(user: User) -> Resource:
    """The account of a user with access."""
    name = {"givenName": user.firstname, "familyName": user.lastname}
    wanted = {
        "userName": user.username,
        "externalId": str(user.id),
        "active": user.state == "active" and user.password_status != "expired",
        "emails": [{"value": user.email, "type": "work", "primary": True}],
        "name": {part: value for part, value in name.items() if value},
        "title": user.job_title,
    }
    return {attribute: value for attribute, value in wanted.items() if value not in (None, {})}


def compared(account: Resource) -> Resource:
    return {attribute: account[attribute] for attribute in COMPARED if attribute in account}


def accounts_of(user_id: uuid.UUID, accounts: Iterable[Resource]) -> list[Resource]:
    return [account for account in accounts if account.get("externalId") == str(user_id)]


def in_the_way(user: User, accounts: Iterable[Resource]) -> list[Resource]:
    """Accounts that aren't this user's and have the user name or the e-mail address: a person has to decide."""
    return [
        account
        for account in accounts
        if account.get("externalId") != str(user.id)
        and (
            account["userName"].casefold() == user.username.casefold()
            or user.email in [email["value"] for email in account.get("emails", [])]
        )
    ]


def assert_converged(sp: FakeServiceProvider, users: Iterable[uuid.UUID], touched: Container[str]) -> None:
    """The accounts of these users, who may be gone by now, are as they have to be. Of somebody who is gone, an account
    that others touched in the meantime isn't ours any more."""
    accounts, rows = sp.users, {user.id: user for user in User.objects.all()}
    on, with_access = people_who_are_on(), people_with_access()
    for id in users:
        mine = accounts_of(id, accounts)
        active = [account for account in mine if account["active"] and (id in rows or account["id"] not in touched)]
        assert len(mine) <= 1, f"several accounts of one user: {mine}"
        assert id in on or not active, f"active without a right to it: {active}"
        if id in with_access:
            assert_right(rows[id], mine, accounts, must_exist=id in on)


def assert_right(user: User, mine: list[Resource], accounts: list[Resource], *, must_exist: bool) -> None:
    link = Link.objects.filter(user_id=user.id).first()
    if link and link.status == "held":
        assert in_the_way(user, accounts), f"held although nothing is in the way: {user}, {link.error}"
        return
    seen, wanted = [compared(account) for account in mine], [desired(user)] if mine or must_exist else []
    assert seen == wanted, f"{seen} instead of {wanted}; {link and (link.status, link.known)}"
    assert not link or (link.status, link.remote_id) == ("synced", mine[0]["id"]), (link.status, link.error)


def assert_nobody_shares_an_account(sp: FakeServiceProvider) -> None:
    """Every link has a user, and an account of its own that carries this user's id."""
    links = [link for link in Link.objects.all() if link.remote_id]
    owners = {account["id"]: account.get("externalId") for account in sp.users}
    assert len({link.remote_id for link in links}) == len(links)
    assert set(Link.objects.values_list("user_id", flat=True)) <= set(User.objects.values_list("id", flat=True))
    for link in links:
        assert owners.get(link.remote_id, str(link.user_id)) == str(link.user_id), "somebody else's account is linked"


def ended(requests: Iterable[Recorded]) -> list[str]:
    """The ids of the accounts that these requests ask to deactivate or delete."""
    return [request.path.removeprefix("/Users/") for request in requests if _ends(request)]


def _ends(request: Recorded) -> bool:
    body: Mapping[str, Any] = request.body or {}
    if request.method == "PATCH":
        return any(op.get("path") == "active" and op.get("value") is False for op in body.get("Operations", []))
    return request.method == "DELETE" or (request.method == "PUT" and body.get("active") is False)
