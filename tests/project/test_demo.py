"""The demo, as a newcomer runs it: an issue through everything, held against the mailbox."""

import json
from pathlib import Path

import pytest

from newsletter.mailbox.store import Mailbox
from newsletter.management.sample import people
from tests.project.conftest import Run

pytestmark = pytest.mark.process


def test_once_delivers_an_issue_and_proves_it(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    done = run("demo", "--once", "--data-dir", str(folder), NEWSLETTER_SMTP_URL="smtp://real.example.org")
    assert done.code == 0, done.out + done.err
    assert done.out.count("\n") == 1
    report = json.loads(done.out)
    states = [report[s] for s in ["pending", "accepted", "deferred", "refused", "uncertain", "withdrawn", "expired"]]
    assert report["ok"] is True
    assert sum(states) == report["planned"] == report["accepted"] >= 200
    assert sum(report["excluded"].values()) >= 30
    assert report["candidates"] == report["planned"] + sum(report["excluded"].values()) == 240
    mailbox = Mailbox(folder / "mailbox")
    recipients = [recipient for caught in mailbox.list() for recipient in caught.recipients]
    assert len(recipients) == len(set(recipients)) == report["planned"]


def test_a_folder_with_something_in_it_is_not_touched(run: Run, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    refused = run("demo", "--once", "--data-dir", str(tmp_path))
    assert refused.code == 1
    assert "--data-dir" in refused.err
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_the_sample_has_240_people_of_whom_at_least_30_get_nothing() -> None:
    everyone = people.everyone()
    kinds = [person.standing for person in everyone]
    assert len({person.address for person in everyone}) == 240
    assert kinds.count(people.Standing.CONFIRMED) >= 200
    for kind in people.Standing:
        assert kind in kinds
    assert len(kinds) - kinds.count(people.Standing.CONFIRMED) >= 30
