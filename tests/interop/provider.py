"""A service provider as a walk sees it: what is known of it as data, and what it holds, asked from itself."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.interop.world import TOKEN, Rest, post_form

Start = Callable[[int], contextlib.AbstractContextManager[None]]


@dataclass(frozen=True, kw_only=True)
class OAuth:
    """How one signs in to a provider with an authorisation server of its own, with client credentials. `life`: seconds
    that a token lasts. `withdraw_path`: where a token is made useless before its time (RFC 7009)."""

    client_id: str
    client_secret: str
    scope: str
    token_path: str
    withdraw_path: str
    life: int


@dataclass(frozen=True, kw_only=True)
class Provider:
    """What is known of one service provider.

    `form`: words of the SP form that neither probing nor use can find out. `keeps_not`: what it has no place for, so that
    isn't compared. `fills`: what it must have, so that Provisor makes a value where the user has none. `cannot`: the steps
    that it can't do, and why. `notes`: how it deviates, for the page. `oauth`: how Provisor signs in, where it isn't by a
    token that doesn't end."""

    name: str
    title: str
    base: str
    start: Start
    form: Mapping[str, Any] = field(default_factory=dict)
    names_are_addresses: bool = False
    keeps_not: frozenset[str] = frozenset()
    fills: frozenset[str] = frozenset()
    cannot: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    shows_members: bool = True
    oauth: OAuth | None = None

    def sign_in(self, origin: str) -> dict[str, Any]:
        """The application's `auth`, as the contract takes it, for the provider at `origin`."""
        if self.oauth is None:
            return {"type": "bearer", "token": TOKEN}
        return {
            "type": "oauth2_client_credentials",
            "token_url": origin + self.oauth.token_path,
            "client_id": self.oauth.client_id,
            "client_secret": self.oauth.client_secret,
            "scope": self.oauth.scope,
        }


class Side:
    """The provider's side: what it holds by its own account, and what its own administrator does there."""

    def __init__(self, provider: Provider, port: int, token: str) -> None:
        self.provider = provider
        self.rest = Rest(f"http://127.0.0.1:{port}{provider.base}", token)
        self.root = Rest(f"http://127.0.0.1:{port}", token)

    def users(self) -> list[dict[str, Any]]:
        """Every account."""
        return self._all("/Users")

    def groups(self) -> dict[str, set[str]]:
        """Every group's name with the user names of its members."""
        names = {user["id"]: user["userName"] for user in self.users()}
        return {group["displayName"]: self._members(group, names) for group in self._all("/Groups")}

    def _members(self, group: Mapping[str, Any], names: Mapping[str, str]) -> set[str]:
        if self.provider.shows_members:
            told = self.rest.get(f"/Groups/{quote(group['id'], safe='')}").get("members") or []
            listed = [member["value"] for member in told]
        else:
            listed = self.root.get(f"/inspect/groups/{group['id']}/members")
        return {names.get(value, value) for value in listed}

    def _all(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        query = ""
        while True:
            page = self.rest.get(path + query)
            listed = page.get("Resources") or []
            found += listed
            if page.get("nextCursor"):
                query = f"?cursor={quote(page['nextCursor'], safe='')}"
            elif listed and len(found) < page["totalResults"]:
                query = f"?startIndex={len(found) + 1}"
            else:
                return found

    def user(self, name: str) -> dict[str, Any] | None:
        """The account of this user name. Two of them are a failure."""
        found = [user for user in self.users() if user["userName"].casefold() == name.casefold()]
        assert len(found) < 2, f"{name} is there {len(found)} times"
        return found[0] if found else None

    def make_user(self, user: Mapping[str, Any]) -> str:
        """An account that was there before Provisor came; answers its id."""
        primary = {} if "emails.type" in self.provider.keeps_not else {"type": "work", "primary": True}
        body = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": user["username"],
            "name": {"givenName": user["firstname"], "familyName": user["lastname"], "formatted": "Somebody"},
            "emails": [{"value": user["email"], **primary}],
            "active": True,
        }
        return str(self.rest.post("/Users", body)["id"])

    def make_group(self, name: str, member: str) -> str:
        """A group that was there before Provisor came; answers its id."""
        reference = {"value": member, "$ref": f"{self.rest.base}/Users/{member}"}
        body = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": name,
            "members": [reference],
        }
        return str(self.rest.post("/Groups", body)["id"])

    def change(self, id: str, attribute: str, value: Any) -> None:
        """Somebody at the provider changes a simple attribute."""
        account = self.rest.get(f"/Users/{id}")
        body = {name: kept for name, kept in account.items() if name not in ("meta", "groups")}
        self.rest.call("PUT", f"/Users/{id}", {**body, attribute: value})

    def withdraw(self, token: str) -> None:
        """Somebody at the provider makes an access token useless before its time."""
        oauth = self.provider.oauth
        assert oauth, "there is nothing to withdraw"
        form = {"token": token, "token_type_hint": "access_token"}
        post_form(self.root.base + oauth.withdraw_path, form, oauth.client_id, oauth.client_secret)

    def remove_user(self, id: str) -> None:
        """Somebody at the provider deletes an account."""
        self.rest.call("DELETE", f"/Users/{id}")
