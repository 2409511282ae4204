"""Jobs of these tests. They leave traces in files. The test knows them to defer them, `worker_process` to do them."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from provisor import jobs

TICKS = "PROVISOR_TEST_TICKS"  # a file to which `sample_tick` adds a line


def note(path: str, line: str) -> None:
    with Path(path).open("a") as file:
        file.write(f"{line}\n")


@jobs.job("sample_event")
def event(text: str) -> None:
    """With the ORM, in a transaction."""
    from provisor.audit import events

    events.record("sample", actor={"kind": "system", "id": "system", "name": "Provisor"}, message=text)


@jobs.job("sample_hold")
def hold(path: str) -> None:
    """Begins, and ends once a file says so."""
    note(path, f"began in {os.getpid()}")
    while not Path(f"{path}.go").exists():
        threading.Event().wait(0.02)
    note(path, f"ended in {os.getpid()}")


@jobs.job("sample_long", long=True)
def long(path: str) -> None:
    note(path, f"began in {os.getpid()}")
    while not Path(f"{path}.go").exists():
        threading.Event().wait(0.02)
        jobs.checkpoint()
    note(path, f"ended in {os.getpid()}")


@jobs.job("sample_alone", alone=True)
def alone(path: str) -> None:
    note(path, "in")
    threading.Event().wait(0.2)
    note(path, "out")


@jobs.job("sample_sole", alone=True)
def sole(path: str, fails: bool) -> None:
    note(path, "tried")
    if fails:
        raise ValueError("not now")


@jobs.job("sample_fail", retries=1)
def fail(path: str, secret: str) -> None:
    note(path, "tried")
    raise ValueError("it can't be done\nDETAIL: " + secret)


@jobs.job("sample_twice")
def twice(path: str) -> None:
    note(path, "tried")
    if len(Path(path).read_text().splitlines()) == 1:
        raise ValueError("not yet")


if TICKS in os.environ:

    @jobs.every("* * * * * */2", "sample_tick")
    def tick() -> None:
        note(os.environ[TICKS], str(os.getpid()))
