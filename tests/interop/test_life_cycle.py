"""The whole life cycle against scim2-server, a real process: the steps of script/interop, one test each.

They build on each other, so they run in order, against one provider and one installation.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.interop.providers import SCIM2_SERVER, WITH_CURSORS
from tests.interop.steps import STEPS
from tests.interop.walk import Step, Walk, walking


@pytest.fixture(scope="module", params=[SCIM2_SERVER, WITH_CURSORS], ids=lambda provider: provider.name)
def walk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    with walking(request.param, tmp_path_factory.mktemp("data")) as walk:
        yield walk


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_step(walk: Walk, step: Step):
    cell = walk.run(step)
    assert cell.result == "ok", cell.note
