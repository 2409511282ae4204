"""The provider as a process of its own: it says where it listens and what it sees, and stops when told."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from provisor.testing import Finding, Recorded, describe

PROGRAM = """
from provisor.testing import describe, run
run(0, token="open sesame", on_start=lambda sp: print(sp.base_url, flush=True),
    on_request=lambda request: print(describe(request), flush=True))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True)
    with process, process.stdout as lines:
        try:
            headers = {"Authorization": "Bearer open sesame"}
            request = urllib.request.Request(lines.readline().strip() + "/Users/7?x=open", headers=headers)
            with pytest.raises(urllib.error.HTTPError, match="404") as answered:
                urllib.request.urlopen(request, timeout=10)
            answered.value.close()
            seen = lines.readline()
            process.send_signal(number)
            assert process.wait(10) == 0
        finally:
            process.kill()
    assert seen.startswith("404 GET /Users/7  T3: Accept must name")
    assert "open" not in seen


def test_a_request_is_told_in_one_line() -> None:
    plain = Recorded(0.0, "POST", "/Users", "/scim/v2/Users", {}, {}, {"userName": "ada"}, status=201)
    assert describe(plain) == "201 POST /Users"
    lost = Recorded(0.0, "GET", "/Users", "", {}, {}, None, fault="lost_answer", findings=(Finding("T4", "Who?"),))
    assert describe(lost) == "--- (lost_answer) GET /Users  T4: Who?"
