"""Writes of many accounts that leave together, in one Bulk request (RFC 7644 section 3.7), and each gets its own answer.

Every account still goes its way alone: its intent was committed before it comes here, and what it hears is its own
operation's answer, or `Unknown`, and then it is looked up like any lost answer. Only the request is shared. A write
waits at most some milliseconds, and only where others are known to come; a single edit doesn't wait and isn't wrapped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import uuid4

from provisor.core.form import Form
from provisor.engine.connections import connection
from provisor.scim import bulk
from provisor.scim.answers import JSON, Answer, Unknown
from provisor.scim.bulk import Operation
from provisor.scim.http import HttpClient
from provisor.scim.reader import error as scim_error

FEW = 4  # with fewer others that may come, a write isn't kept waiting for them
QUIET = 0.03  # seconds without another write, after which nobody is waited for: a commit of intents takes less
LONGEST = 0.25  # seconds that the first of a batch waits
AT_ONCE = 2  # Bulk requests at the SP: while one is carried out there, the next is gathered
MOST = 200  # operations of one request: more would save next to nothing, and all of them are held in memory
BYTES = 1_000_000  # of a Bulk request where no limit is known
DOUBTS = 2  # times in a row that Bulk as a whole failed, after which it is off

_PERHAPS = frozenset({400, 403})  # because of one operation, or of a right that the token lacks for a while
_REFUSED = _PERHAPS | {404, 405, 501}

Learn = Callable[..., Awaitable[None]]


@dataclass
class _Waiting:
    """One write whose caller waits. The answer is None where it is to be sent alone."""

    operation: Operation
    size: int
    answer: asyncio.Future[Answer | None] = field(repr=False)

    def tell(self, answer: Answer | None) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)

    def fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class Bulk:
    """The Bulk requests of one pass. `form` and `learn` are the session's; `coming` says how many accounts are under way,
    those that wait here among them."""

    def __init__(self, client: HttpClient, form: Callable[[], Form], learn: Learn) -> None:
        self.coming: Callable[[], int] = lambda: 0
        self._client, self._form, self._learn = client, form, learn
        self._held: list[_Waiting] = []
        self._weight = 0  # bytes of those held
        self._sent = 0  # operations that are at the SP
        self._requests: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._first = 0.0  # when the first of those held came
        self._quiet = False
        self._most: int | None = None  # what this pass learned
        self._doubts = 0

    @property
    def most(self) -> int:
        """Operations of one request; fewer than two: Bulk is off."""
        known = min(self._form().bulk, MOST)
        return known if self._most is None else min(self._most, known)

    @property
    def lanes(self) -> int:
        """How many accounts should be under way: as many as are at the SP, and the next ones that gather meanwhile."""
        return (AT_ONCE + 1) * self.most if self.most > 1 else 0

    @property
    def _bytes(self) -> int:
        form = self._form()
        return min(limit for limit in (form.bulk_bytes, form.payload_bytes, BYTES) if limit)

    @property
    def _others(self) -> int:
        """Who may still come."""
        return self.coming() - len(self._held) - self._sent

    def worth(self) -> bool:
        """Whether a write that is ready now is better sent with others."""
        return self.most > 1 and (bool(self._held) or self._others > FEW)

    async def answer(self, method: str, path: str, data: JSON) -> Answer | None:
        """The answer to one operation of a Bulk request; None where it has to be sent alone, for it was not carried out.
        Raises NotSent and Unknown as a request of its own would."""
        operation = Operation(uuid4().hex, method, path, data)
        loop, size = asyncio.get_running_loop(), operation.size
        if bulk.ENVELOPE + size > self._bytes or operation.can_be_misread:
            return None
        if not self._held:
            self._first = loop.time()
        waiting = _Waiting(operation, size, loop.create_future())
        self._held.append(waiting)
        self._weight += size
        self._quiet = False
        self._send_what_is_ripe()
        return await waiting.answer

    def _send_what_is_ripe(self) -> None:
        while self._held and len(self._requests) < AT_ONCE and self._ripe():
            batch = self._taken()
            self._sent += len(batch)
            request = asyncio.create_task(self._carried_out(batch))
            self._requests.add(request)
            request.add_done_callback(partial(self._landed, len(batch)))
            _cancel_when_nobody_waits(batch, request)
        self._set_timer()

    def _ripe(self) -> bool:
        full = len(self._held) >= self.most or bulk.ENVELOPE + self._weight >= self._bytes
        return full or self._quiet or self._others <= 0

    def _taken(self) -> list[_Waiting]:
        """As many as one request takes, in the order in which they came."""
        count, room = 0, self._bytes - bulk.ENVELOPE
        for waiting in self._held[: max(1, self.most)]:
            room -= waiting.size
            if room < 0 and count:
                break
            count += 1
        batch, self._held = self._held[:count], self._held[count:]
        self._weight -= sum(waiting.size for waiting in batch)
        return [waiting for waiting in batch if not waiting.answer.done()]

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._held and len(self._requests) < AT_ONCE:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, min(QUIET, self._first + LONGEST - loop.time())), self._silence)

    def _silence(self) -> None:
        self._quiet = True
        self._send_what_is_ripe()

    def _landed(self, count: int, request: asyncio.Task[None]) -> None:
        self._requests.discard(request)
        self._sent -= count
        self._send_what_is_ripe()

    async def _carried_out(self, batch: list[_Waiting]) -> None:
        try:
            await self._request(batch)
        except Exception as error:
            for waiting in batch:
                waiting.fail(error)

    async def _request(self, batch: list[_Waiting]) -> bool:
        """Sends them, in halves where they are too many for the SP. Whether it took as many as these."""
        if len(batch) < 2 or self.most < 2:
            _alone(batch)
            return False
        operations = [waiting.operation for waiting in batch]
        async with connection():
            answer = await bulk.send(self._client, operations)
        if _too_much(answer):
            return await self._halved(batch, answer)
        if reason := self._refusal(answer):
            await self._doubt(reason, at_once=answer.status not in _PERHAPS)
            _alone(batch)
            return False
        await self._tell(batch, answer)
        return True

    async def _halved(self, batch: list[_Waiting], answer: Answer) -> bool:
        half = (len(batch) + 1) // 2
        if half < 2:
            await self._doubt(f"A Bulk request with two operations was answered with {answer.status}.")
            _alone(batch)
            return False
        taken = [await self._part(part) for part in (batch[:half], batch[half:])]
        if all(taken) and half < self.most:  # else a single one is too large, not the number
            self._most = half
            said = (
                f"A Bulk request with {len(batch)} operations was answered with {answer.status}; {half} were accepted."
            )
            await self._learn(said, bulk=half)
        return False

    async def _part(self, batch: list[_Waiting]) -> bool:
        """Half of a batch: what becomes of it is not the other half's fate."""
        try:
            return await self._request(batch)
        except Exception as error:
            for waiting in batch:
                waiting.fail(error)
            return False

    def _refusal(self, answer: Answer) -> str | None:
        """Why an answer means that nothing was carried out, and that single requests may do better."""
        paused = answer.status == 403 and "forbidden_is_pause" in self._form().quirks
        if paused or not (answer.status in _REFUSED or 300 <= answer.status < 400):
            return None
        return f"A Bulk request was answered with {answer.status}. {scim_error(answer).detail}".strip()

    async def _doubt(self, reason: str, *, at_once: bool = False) -> None:
        """Bulk is off where there is none, and where it fails as a whole again and again."""
        self._doubts += 1
        if at_once or self._doubts >= DOUBTS:
            self._most = 0
            await self._learn(reason, bulk=0)

    async def _tell(self, batch: Sequence[_Waiting], answer: Answer) -> None:
        """Each its own answer; where the request as a whole failed or waits (202), that answer is everybody's."""
        if not answer.ok or answer.status == 202:
            for waiting in batch:
                waiting.tell(answer)
            return
        said = bulk.outcomes([waiting.operation for waiting in batch], answer.body) or bulk.Outcomes({})
        for waiting in batch:
            found = said.answers.get(waiting.operation.bulk_id)
            waiting.fail(_nothing_said()) if found is None else waiting.tell(found)
        if said.nameless and len(said.answers) < len(batch):
            await self._doubt("The answers to a Bulk request don't name their operations.", at_once=True)
        elif not said.answers:
            await self._doubt("The answer to a Bulk request says nothing of its operations.")
        else:
            self._doubts = 0


def _alone(batch: Sequence[_Waiting]) -> None:
    for waiting in batch:
        waiting.tell(None)


def _too_much(answer: Answer) -> bool:
    return answer.status == 413 or (answer.status == 400 and scim_error(answer).scim_type == "tooMany")


def _nothing_said() -> Unknown:
    return Unknown("the answer to the Bulk request says nothing of this operation.")


def _cancel_when_nobody_waits(batch: Sequence[_Waiting], request: asyncio.Task[None]) -> None:
    """Who can't record an outcome must not go on: a pass that is abandoned takes its requests with it."""
    left = len(batch)

    def told(answer: asyncio.Future[Answer | None]) -> None:
        nonlocal left
        left -= answer.cancelled()
        if not left:
            request.cancel()

    for waiting in batch:
        waiting.answer.add_done_callback(told)
