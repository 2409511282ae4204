"""What the deep probe writes to: one test user, changed and read back. A write counts once a read shows it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from provisor.core import dialect, patch, resource
from provisor.core.form import Form
from provisor.core.resource import Difference
from provisor.core.takeover import key
from provisor.scim.http import segment
from provisor.scim.probe_asking import Asker, Said
from provisor.scim.probe_facts import Findings
from provisor.scim.reader import Resource
from provisor.scim.schemas import PATCH_OP

USER = "/Users/{id}"


@dataclass
class Trial:
    """What the parts of a deep probe share: whom to ask, the SP form as it is known by now, and what was found."""

    asker: Asker
    form: Form
    found: Findings

    def learn(self, evidence: str, **words: Any) -> None:
        """A fact, that everything which is sent from now on goes by."""
        self.form = replace(self.form, **words)
        for word, value in words.items():
            self.found.learn(word, value, evidence)

    def step(self, name: str, ok: bool, message: str, *, code: str = "ok", said: Said | None = None) -> None:
        self.found.step(name, ok, message, code=code, status=said.status if said else None)


@dataclass
class Subject:
    """One test user. `id` is None until it is known to be there, and again once it is gone. `sent`: its creation was
    asked for, so that it may be there."""

    email: str
    mark: str = field(default_factory=lambda: f"provisor-test-{secrets.token_hex(8)}")
    id: str | None = None
    held: Resource | None = None
    sent: bool = False

    def wanted(self, form: Form) -> dict[str, Any]:
        """The account as it is to be created, in flat attributes, as this service provider takes them."""
        wanted = {
            "externalId": self.mark,
            "userName": self.email,
            "name.givenName": "Provisor",
            "name.familyName": "Test",
            "displayName": f"Provisor Test {self.mark[-4:]}",
            "emails": [{"value": self.email, "type": "work", "primary": True}],
            "active": True,
        }
        wanted |= {path: "Test" for path in form.required if path not in wanted and "." not in path}
        return dialect.adapted(wanted, form)

    def user_name(self, form: Form) -> str:
        """Its user name as this service provider takes it: some want no address."""
        return str(self.wanted(form).get("userName") or self.email)

    def is_in(self, found: list[Resource], form: Form) -> bool:
        """Whether one of these accounts has this user name or address."""
        names = {key(name) for each in found for name in (each.user_name, *_addresses(each)) if name}
        return bool(names & {key(self.email), key(self.user_name(form))})


def _addresses(account: Resource) -> list[str]:
    return [value for email in account.emails if isinstance(value := email.get("value"), str)]


async def write(trial: Trial, subject: Subject, differences: list[Difference], form: Form | None = None) -> Said:
    """One update, said as `form` (else the trial's) says."""
    form = form or trial.form
    assert subject.id is not None
    path = f"/Users/{segment(subject.id)}"
    if form.update == "put":
        held = subject.held.raw if subject.held else {}
        active = next((bool(d.to) for d in differences if d.name == "active"), held.get("active") is not False)
        body = patch.spelt(patch.replacement(held, differences, active, form.put_without), form)
        return await trial.asker.ask("PUT", path, body=body, asked=f"PUT {USER}")
    operations = patch.operations(differences, form)
    return await trial.asker.ask(
        "PATCH",
        path,
        body={"schemas": [PATCH_OP], "Operations": operations},
        asked=f"PATCH {USER} ({_shown(operations)})",
    )


def _shown(operations: list[dict[str, Any]]) -> str:
    return ", ".join(f"{operation['op']} {operation.get('path') or 'without a path'}" for operation in operations)


async def read(trial: Trial, subject: Subject) -> Said:
    """The account as it is now; `subject.held` follows it."""
    assert subject.id is not None
    said = await trial.asker.get(f"/Users/{segment(subject.id)}", asked=f"GET {USER}")
    subject.held = said.resource or subject.held
    return said


async def takes_effect(
    trial: Trial, subject: Subject, differences: list[Difference], form: Form | None = None
) -> tuple[Said, bool]:
    """The answer to an update, and whether the account is as asked afterwards."""
    said = await write(trial, subject, differences, form)
    if not said.ok:
        return said, False
    shown = (await read(trial, subject)).resource
    return said, shown is not None and all(_is(shown.raw, d) for d in differences)


def _is(raw: Mapping[str, Any], difference: Difference) -> bool:
    return resource.same(difference.name, difference.to, resource.read(raw, difference.name))
