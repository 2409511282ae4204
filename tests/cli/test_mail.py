"""mail list, mail test, and what doctor says of mail and jobs."""

from __future__ import annotations

import json

from tests.mail.server import postbox


def test_a_test_mail_says_what_the_server_answered(provisor):
    provisor("migrate")
    with postbox() as server:
        done = provisor("mail", "test", "bob@example.org", PROVISOR_EMAIL_URL=server.url)
        assert done.returncode == 0, done.stderr
        assert f"{server.url.removeprefix('smtp://')} took the mail to bob@example.org." in done.stdout
        assert server.recipients() == ["bob@example.org"]
        server.refuse["eve@example.org"] = "550 5.1.1 nobody of that name"
        refused = provisor("mail", "test", "eve@example.org", PROVISOR_EMAIL_URL=server.url)
        assert refused.returncode == 1
        assert "550 5.1.1 nobody of that name" in refused.stderr
        looked = provisor("doctor", "--json", PROVISOR_EMAIL_URL=server.url)
        steps = {step["name"]: step for step in json.loads(looked.stdout)["steps"]}
        assert steps["mail"]["ok"]
        assert "takes mail" in steps["mail"]["message"]
        assert steps["jobs"]["ok"]
    none = provisor("mail", "test", "bob@example.org")
    assert none.returncode == 1
    assert "PROVISOR_EMAIL_URL is empty" in none.stderr
    assert json.loads(provisor("mail", "list", "--json").stdout) == []
    assert "There are waiting, sending" in provisor("mail", "list", "--status", "lost").stderr


def test_doctor_tells_of_a_server_that_is_away_without_its_password(provisor, free_port):
    url = f"smtp://ada:canary@127.0.0.1:{free_port}"
    looked = provisor("doctor", "--json", PROVISOR_EMAIL_URL=url)
    [mail] = [step for step in json.loads(looked.stdout)["steps"] if step["name"] == "mail"]
    assert not mail["ok"]
    assert "Connection refused" in mail["message"]
    assert "canary" not in looked.stdout + looked.stderr
