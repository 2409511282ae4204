"""The part of the deep probe that is about users: making one, changing it in each way until one works, ending it."""

from __future__ import annotations

import re
from dataclasses import replace

from provisor.core import patch, resource
from provisor.core.form import Form
from provisor.core.resource import Difference
from provisor.scim import paging
from provisor.scim.answers import TransportError
from provisor.scim.http import segment
from provisor.scim.probe_asking import Said
from provisor.scim.probe_subject import USER, Subject, Trial, read, takes_effect, write

_ABOUT_BOOLEANS = re.compile(r"active|primary|boolean|string|type", re.IGNORECASE)
_CHANGED = ("displayName", "name.familyName", "name.givenName", "nickName", "title")
_MORE = ("title", "nickName")  # attributes that a test user has no value for


# Making


async def create(trial: Trial, subject: Subject) -> bool:
    """Makes the test user, unless somebody has its address. True if it is there."""
    if not await _nobody_has(trial, subject):
        return False
    said = await _posted(trial, subject)
    subject.id = await _id_of(trial, subject, said)
    if subject.id is None:
        code = "exists" if said.status == 409 else "refused" if said.refused else "no_answer"
        trial.step("test_user", False, said.told("There is no test user."), code=code, said=said)
        return False
    await read(trial, subject)
    trial.step("test_user", True, said.told(f"A test user {subject.email} was created."), said=said)
    _external_id(trial, subject)
    return True


async def _nobody_has(trial: Trial, subject: Subject) -> bool:
    """Nothing is created, and later removed, where somebody real could be hit. What can't be filtered is listed."""
    try:
        taken = await _taken(trial, subject)
    except (paging.Incomplete, TransportError) as problem:
        told = f"It can't be told whether {subject.email} has an account, so none was created. {problem}"
        trial.step("test_user", False, told, code="no_answer")
        return False
    if taken:
        told = f"{subject.email} has an account there. Nothing was created: give an address that nobody has there."
        trial.step("test_user", False, told, code="exists")
    return not taken


async def _taken(trial: Trial, subject: Subject) -> bool:
    looked_up = set()
    form, name = trial.form, subject.user_name(trial.form)
    filters = [("userName", name, form.filter_user_name), ("emails.value", subject.email, form.filter_email)]
    for attribute, value, usable in filters:
        said = await trial.asker.find("/Users", attribute, value) if usable else None
        if said and said.page and subject.is_in(list(said.page.resources), form):
            return True
        if said and (said.page or said.status == 404):
            looked_up.add(attribute)
    if "userName" in looked_up:
        return False
    pages = paging.pages(trial.asker.client, count=form.page, paging=form.paging)
    return any([subject.is_in(list(page.resources), form) async for page in pages])


async def _posted(trial: Trial, subject: Subject) -> Said:
    """POST; where the data is refused, and not for something else by name, once more with booleans as text."""
    said = await _post(trial, subject, trial.form)
    words = said.error.detail if said.error else ""
    if said.status != 400 or trial.form.boolean_text or (words and not _ABOUT_BOOLEANS.search(words)):
        return said
    text = await _post(trial, subject, replace(trial.form, boolean_text=True))
    if text.ok:
        trial.learn(f"{said.told()} The same with booleans as text was accepted.", boolean_text=True)
    return text if text.ok else said


async def _post(trial: Trial, subject: Subject, form: Form) -> Said:
    body = patch.spelt(resource.body(subject.wanted(form)), form)
    subject.sent = True
    return await trial.asker.ask("POST", "/Users", body=body)


async def _id_of(trial: Trial, subject: Subject, said: Said) -> str | None:
    """The id in the answer; without a usable one the account is looked for, since it may have been made."""
    if said.resource:
        return said.resource.id
    if said.denied or said.status in (401, 429):
        subject.sent = False
        return None
    return await _looked_for(trial, subject)


async def _looked_for(trial: Trial, subject: Subject) -> str | None:
    """Nobody had its address before: whoever has it now is ours."""
    for attribute, value in (("externalId", subject.mark), ("userName", subject.user_name(trial.form))):
        page = (await trial.asker.find("/Users", attribute, value)).page
        for each in page.resources if page else ():
            if each.external_id == subject.mark or subject.is_in([each], trial.form):
                return each.id
    return None


def _external_id(trial: Trial, subject: Subject) -> None:
    if subject.held is None or "externalId" not in subject.wanted(trial.form):
        return
    kept = subject.held.external_id == subject.mark
    came = f"it came back as {subject.held.external_id!r}" if subject.held.external_id else "it did not come back"
    trial.learn(f"GET {USER} after creation: externalId {'is kept' if kept else came}.", external_id=kept)


# Changing


async def update(trial: Trial, subject: Subject) -> None:
    """The first way of saying a change that has effect: PATCH in its forms, then PUT."""
    name = _changeable(trial.form, subject)
    if name is None:
        trial.step("update", True, "No attribute of the test user can be changed to try it.", code="not_tried")
        return
    tries: list[Said] = []
    for number, form in enumerate(_ways(trial.form), 2):
        if form.update == "patch" and tries and tries[-1].unsupported:
            continue  # there is no PATCH at all
        said, effective = await takes_effect(trial, subject, [_change(subject, name, f"Provisor Test {number}")], form)
        tries.append(said)
        if effective:
            _learn_update(trial, form, tries)
            return
        if said.passing:
            break
    told = " ".join(said.told("A read shows no change." if said.ok else "") for said in tries)
    trial.step("update", False, told, code="no_effect" if tries[-1].ok else "refused", said=tries[-1])


def _learn_update(trial: Trial, form: Form, tries: list[Said]) -> None:
    *failed, worked = tries
    before = (said.told("A read shows no change." if said.ok else "") for said in failed)
    told = " ".join([*before, worked.told("A read shows the change.")])
    trial.learn(told, **({"update": form.update} | _spelling(form)))
    trial.step("update", True, told, said=worked)


def _changeable(form: Form, subject: Subject) -> str | None:
    held, wanted = subject.held.raw if subject.held else {}, subject.wanted(form)
    able = (name for name in _CHANGED if name in wanted and name not in form.create_only)
    return next((name for name in able if resource.same(name, wanted[name], resource.read(held, name))), None)


def _change(subject: Subject, name: str, to: object) -> Difference:
    return Difference(name, resource.read(subject.held.raw, name) if subject.held else None, to)


def _spelling(form: Form) -> dict[str, str]:
    return {"patch": form.patch, "op_case": form.op_case} if form.update == "patch" else {}


def _ways(form: Form) -> list[Form]:
    """Every way, the one in force first; the case of `op` is only tried where the usual one did not help."""
    paths = ["each_path", "no_path"] if form.patch == "each_path" else ["no_path", "each_path"]
    cases = ["lower", "capital"] if form.op_case == "lower" else ["capital", "lower"]
    patches = [replace(form, update="patch", patch=path, op_case=case) for path in paths for case in cases]  # type: ignore[arg-type]
    put = replace(form, update="put")
    return [put, *patches] if form.update == "put" else [*patches, put]


async def value_path(trial: Trial, subject: Subject) -> None:
    """emails[type eq "work"].value, and where it does nothing the whole list."""
    held = resource.elements(subject.held.raw.get("emails")) if subject.held else []
    if (
        trial.form.update == "put"
        or trial.form.patch == "no_path"
        or "emails" in trial.form.single_valued
        or len(held) != 1
    ):
        return
    name, _, domain = subject.email.rpartition("@")
    refused = ""
    for able in (True, False):
        wanted = [{"value": f"{name}+{'path' if able else 'list'}@{domain}", "type": "work", "primary": True}]
        form = replace(trial.form, value_path=able)
        said, effective = await takes_effect(trial, subject, [_change(subject, "emails", wanted)], form)
        if able and patch.WORK_VALUE not in said.asked:
            return  # this account's addresses don't call for a path
        if effective:
            told = f"{refused} {said.told('A read shows the change.')}".strip()
            trial.learn(told, value_path=able)
            trial.step("value_path", True, told, said=said)
            return
        refused = said.told("A read shows no change." if said.ok else "")
    trial.step("value_path", True, said.told("The e-mail can't be changed either way."), code="not_tried", said=said)


async def unassigned(trial: Trial, subject: Subject) -> None:
    """An attribute without a value: set by replace (U2), and where that finds no target by add."""
    if trial.form.update == "put" or trial.form.patch == "no_path":
        return
    allowed = [name for name in _MORE if not trial.form.attributes or name in trial.form.attributes]
    name = next((one for one in allowed if subject.held and resource.read(subject.held.raw, one) is None), None)
    if name is None:
        return
    for way in ("replace", "add"):
        form = replace(trial.form, unassigned=way)
        said, effective = await takes_effect(trial, subject, [_change(subject, name, "Test")], form)
        if effective:
            trial.learn(said.told("A read shows the value."), unassigned=way)
            return
        if said.ok or said.passing:
            return  # dropped, whatever it is said with


# Ending


async def deactivate(trial: Trial, subject: Subject) -> None:
    """active=false must be seen (X3): the account inactive, or gone."""
    for text in dict.fromkeys((trial.form.boolean_text, True)):
        form = replace(trial.form, boolean_text=text)
        said = await write(trial, subject, [_change(subject, "active", False)], form)
        shown = await read(trial, subject) if said.ok else said
        if said.ok and _ended(trial, subject, said, shown, form):
            return
    told = f"{said.told()} {shown.told('The account is still active.')}" if said.ok else said.told()
    trial.step("deactivate", False, told, code="no_effect" if said.ok else "refused", said=said)


def _ended(trial: Trial, subject: Subject, said: Said, shown: Said, form: Form) -> bool:
    if shown.status == 404:
        told = f"{said.told()} {shown.told('active=false erases the account.')}"
        trial.learn(told, deactivation="erases", reactivation="create", boolean_text=form.boolean_text)
        trial.step("deactivate", True, told, code="erased", said=said)
        subject.id, subject.sent = None, False
        return True
    if shown.resource is None or shown.resource.active is not False:
        return False
    told = f"{said.told()} {shown.told('The account is there, and inactive.')}"
    trial.learn(told, deactivation="deactivates", boolean_text=form.boolean_text)
    trial.step("deactivate", True, told, said=said)
    return True


async def reactivate(trial: Trial, subject: Subject) -> None:
    if subject.id is None or not subject.held or subject.held.active is not False:
        return
    said, effective = await takes_effect(trial, subject, [_change(subject, "active", True)])
    if effective:
        trial.learn(said.told("The account is active again."), reactivation="patch")
        trial.step("reactivate", True, said.told("The account is active again."), said=said)
    elif not said.passing:
        told = said.told("The account can't be made active again: whoever comes back gets a new one.")
        trial.learn(told, reactivation="create")
        trial.step("reactivate", True, told, code="refused", said=said)


# Removing


async def remove(trial: Trial, subject: Subject) -> None:
    """DELETE, and a look whether it is gone; where it isn't, the account is at least deactivated."""
    if subject.id is None and subject.sent:
        subject.id = await _looked_for(trial, subject)
    if subject.id is None:
        return
    said = await trial.asker.ask("DELETE", f"/Users/{segment(subject.id)}", asked=f"DELETE {USER}")
    shown = await read(trial, subject)
    if shown.status == 404:
        if said.ok:
            trial.learn(said.told("The account is gone."), delete=True)
        trial.step("remove", True, said.told(f"The test user {subject.email} is gone."), said=said)
        subject.id, subject.sent = None, False
        return
    if said.ok or said.denied:
        trial.learn(f"{said.told()} {shown.told('The account is still there.')}", delete=False)
    await _left_behind(trial, subject, said)


async def _left_behind(trial: Trial, subject: Subject, said: Said) -> None:
    if subject.held and subject.held.active is not False:
        await write(trial, subject, [_change(subject, "active", False)])
        if (await read(trial, subject)).status == 404:
            trial.step("remove", True, said.told(f"active=false removed {subject.email}."), code="erased", said=said)
            subject.id, subject.sent = None, False
            return
    if subject.held and subject.held.active is False:
        told = f"The test user {subject.email} could not be removed; it was left there, deactivated."
        trial.step("remove", True, said.told(told), code="left_inactive", said=said)
    else:
        told = f"The test user {subject.email} could not be removed and is still active: remove it by hand."
        trial.step("remove", False, said.told(told), code="left", said=said)
