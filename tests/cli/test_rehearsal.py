"""fake-sp as a process: it says where it is, takes its token alone, and goes wrong as told."""

from __future__ import annotations

import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest

Start = Callable[..., subprocess.Popen[str]]


def status(url: str, token: str, prefix: str = "Bearer ") -> int:
    request = urllib.request.Request(url, headers={"Authorization": f"{prefix}{token}", "User-Agent": "test"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


@pytest.fixture
def fake_sp(start: Start) -> Callable[..., tuple[subprocess.Popen[str], str, str]]:
    def run(*words: str) -> tuple[subprocess.Popen[str], str, str]:
        process = start("fake-sp", "--port", "0", "--quiet", *words)
        assert process.stdout
        url, token = (process.stdout.readline().partition(": ")[2].strip() for _ in range(2))
        return process, url, token

    return run


def test_it_serves_with_a_token_of_its_own_until_it_is_stopped(
    fake_sp: Callable[..., tuple[subprocess.Popen[str], str, str]],
) -> None:
    process, url, token = fake_sp()
    assert status(f"{url}/Users", token) == 200
    assert status(f"{url}/Users", "another") == 401
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0


def test_it_goes_wrong_as_told(fake_sp: Callable[..., tuple[subprocess.Popen[str], str, str]]) -> None:
    words = (
        "--token",
        "mine",
        "--profile",
        "discovery=false",
        "--fault",
        "status,status=503,times=1,path_contains=/Users",
    )
    _process, url, token = fake_sp(*words)
    assert token == "as given"
    assert status(f"{url}/ServiceProviderConfig", "mine") == 404
    assert [status(f"{url}/Users", "mine") for _ in range(2)] == [503, 200]


def test_it_plays_a_known_provider(fake_sp: Callable[..., tuple[subprocess.Popen[str], str, str]]) -> None:
    words = ("--token", "mine", "--profile", "no-groups", "--profile", "limits=reads:2/1000,retry_after=date")
    _process, url, _token = fake_sp(*words)
    assert [status(f"{url}/{path}", "mine") for path in ("Groups", "Users", "Users")] == [404, 200, 429]


@pytest.mark.parametrize("profile", ["nobody", "nobody=1", "limits=fast", "paging=sideways", "bulk=many"])
def test_a_profile_that_cannot_be_read_is_refused(start: Start, profile: str) -> None:
    process = start("fake-sp", "--port", "0", "--profile", profile)
    assert process.wait(60) == 2


def test_it_plays_a_product_of_the_catalogue_with_its_own_way_to_sign_in(start: Start) -> None:
    process = start("fake-sp", "--port", "0", "--quiet", "--connector", "pagerduty", "--token", "t")
    assert process.stdout
    url = process.stdout.readline().partition(": ")[2].strip()
    assert process.stdout.readline() == "Token: as given\n"

    def answered(sign_in: str, path: str) -> int:
        return status(url + path, sign_in, prefix="")

    assert answered("Token token=t", "/Users") == 200
    assert answered("Bearer t", "/Users") == 401
    assert answered("Token token=t", "/Groups") == 404, "its file says that it has no groups"


def test_a_product_that_nobody_knows(start: Start, until: Callable[..., None]) -> None:
    process = start("fake-sp", "--connector", "pagerdutty")
    until(lambda: process.poll() is not None)
    assert process.returncode == 2
