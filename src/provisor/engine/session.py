"""One pass's session with one SP: the connection, its gate and SP form, and what was learned on the way."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from provisor.core import form
from provisor.core.form import Form
from provisor.core.learning import Attempt
from provisor.core.verdict import Meaning, Verdict
from provisor.engine.exchange import Exchange
from provisor.engine.groups.ports import Stores
from provisor.engine.guard import Guard
from provisor.engine.listing import Listing
from provisor.engine.pacing import Gate
from provisor.engine.ports import Census, Connection, Run


class NotReadable(Exception):
    """The SP could not be read, so there is no plan to show."""


@dataclass
class Session:
    """What observe and apply share during a pass. `stopped` holds the verdict that ended it early."""

    connection: Connection
    run: Run
    store: Stores
    exchange: Exchange
    gate: Gate
    listing: Listing
    stopped: Verdict | None = None
    finishing: bool = False
    census: Census | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    _form: Form | None = None

    def __post_init__(self) -> None:
        self.guard = Guard(self.store, self.connection)
        self.exchange.attend(lambda: self.form, self.learn)

    @property
    def form(self) -> Form:
        """The SP form in force, with what this session has learned (a person's overrides win)."""
        return self._form or self.connection.policy.form

    @property
    def over(self) -> bool:
        """Whether nothing more is to be begun in this pass."""
        return self.finishing or self.gate.closed or self.gate.hopeless

    async def learn(self, evidence: str, **facts: Any) -> None:
        """Keeps what the SP's behaviour has shown, once (D2). `evidence`: what it did, in a sentence for people."""
        if all(self.facts.get(name) == value for name, value in facts.items()):
            return
        self.facts |= facts
        learned = {**self.connection.learned, **self.facts}
        self._form = form.make(self.connection.connector, learned, self.connection.settings.get("form") or {})
        await self.store.learn(self.connection, facts, evidence)

    def deaf_to(self, attempt: Attempt) -> bool:
        """Whether it is known that saying it otherwise doesn't help: the SP drops these attributes."""
        return attempt.done and set(attempt.without_effect) - {"active"} <= set(self.form.ignored)

    async def learn_ignored(self, attempt: Attempt) -> None:
        """The SP accepts these attributes and drops them, in whatever words."""
        if dropped := set(attempt.without_effect) - {"active"} - set(self.form.ignored):
            said = f"A change of {', '.join(sorted(dropped))} was answered with success and changed nothing."
            await self.learn(said, ignored=sorted({*self.form.ignored, *dropped}))

    async def heed(self, verdict: Verdict) -> None:
        """Draws the consequences that a verdict has for the whole connection: a pause, or the end of the pass."""
        self.gate.heed(verdict)
        if verdict.meaning is Meaning.STOP and self.stopped is None:
            self.stopped = verdict
            self.gate.close("The connection was stopped.")
            await self.store.stop(self.connection, verdict.error())

    async def heed_reading(self, verdict: Verdict) -> Verdict:
        """As `heed`, for a look at accounts: who may not even read has a token without rights (5.2, 403)."""
        if verdict.code == "forbidden":
            verdict = replace(verdict, meaning=Meaning.STOP)
        await self.heed(verdict)
        return verdict
