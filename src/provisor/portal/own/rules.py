"""The rules for a password, as a page shows them: each with what is still missing, while somebody types."""

from __future__ import annotations

from dataclasses import dataclass

from provisor.directory import organisation_settings
from provisor.directory.models import Organisation, User
from provisor.directory.passwords import policy


@dataclass(frozen=True)
class Rule:
    """One rule. `later`: it can only be told on saving."""

    text: str
    met: bool
    later: bool = False
    is_length: bool = False


@dataclass(frozen=True)
class Rules:
    """All that are in force, what else is wrong in words, and how many characters there are so far."""

    rules: list[Rule]
    wrong: list[str]
    length: int

    @property
    def met(self) -> int:
        return sum(rule.met for rule in self.rules)


def rules_for(organisation: Organisation, person: User, password: str = "") -> Rules:
    """How this password stands for this person. Nothing is kept of it."""
    wanted = organisation_settings.from_stored(organisation.settings).password
    typed = password[: policy.LONGEST + 1]
    unmet = set(policy.unmet(wanted, typed, policy.person_of(person)))
    shown = policy.requirements(wanted)
    refused = unmet - {code for code, _text in shown}
    rules = [
        Rule(
            text,
            met=bool(typed) and not refused and code not in {*unmet, policy.HISTORY},
            later=code == policy.HISTORY,
            is_length=code == policy.LENGTH,
        )
        for code, text in shown
    ]
    return Rules(rules, [policy.text_of(code, wanted) for code in sorted(refused)] if typed else [], len(typed))
