"""What an SP says of its rate limit without Retry-After."""

from __future__ import annotations

import pytest

from provisor.scim.rate_headers import exhausted_for

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("headers", "throttled", "seconds"),
    [
        pytest.param({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}, False, 30, id="used up, in seconds"),
        pytest.param({"ratelimit-remaining": "0", "ratelimit-reset": "5"}, False, 5, id="without X-"),
        pytest.param({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "1800000007"}, False, 7, id="a moment"),
        pytest.param({"ratelimit": '"default";r=0;t=12'}, False, 12, id="the single header"),
        pytest.param({"ratelimit": '"default";r=3;t=12'}, False, None, id="something is left"),
        pytest.param({"x-ratelimit-remaining": "3", "x-ratelimit-reset": "30"}, False, None, id="three are left"),
        pytest.param({"x-ratelimit-reset": "30"}, True, 30, id="429 says enough"),
        pytest.param({"x-ratelimit-reset": "30"}, False, None, id="nothing said of what is left"),
        pytest.param({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1799999999"}, True, None, id="in the past"),
        pytest.param({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "90000"}, True, 3600, id="an hour at most"),
        pytest.param({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, True, None, id="no number"),
        pytest.param({}, True, None, id="no header"),
    ],
)
def test_when_there_is_more(headers: dict[str, str], throttled: bool, seconds: float | None) -> None:
    assert exhausted_for(headers, NOW, throttled=throttled) == seconds
