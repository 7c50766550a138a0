"""The demo, as a newcomer runs it: an issue through everything, held against the mailbox."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newsletter.mailbox.store import Mailbox
from newsletter.management.sample import people
from tests.project.conftest import Run, environment_of

pytestmark = pytest.mark.process
LOG_LINE = re.compile(r"\d\d:\d\d:\d\d|\b(DEBUG|INFO|WARNING|ERROR)\b|newsletter\.")
GONE = "The demo has removed its data; nothing is left of it."


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """A demo in a session of its own, as a terminal has it; what it would leave behind is in `tmp`."""
    started: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        (tmp_path / "tmp").mkdir()
        process = subprocess.Popen(
            [sys.executable, "-m", "newsletter", "demo"],
            env=environment_of(tmp_path / "unused", TMPDIR=str(tmp_path / "tmp")),
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _read_until(process: subprocess.Popen[str], words: str) -> list[str]:
    lines: list[str] = []
    assert process.stderr is not None
    for line in process.stderr:
        lines.append(line.rstrip("\n"))
        if words in line:
            return lines
    raise AssertionError(f"it ended without saying “{words}”: {lines}")


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
    story = done.err.splitlines()
    assert not [line for line in story if LOG_LINE.search(line)], done.err
    assert story[-2:] == [
        f"Checked: the mailbox holds {report['planned']} mails, one for each reader, as the ledger says.",
        f"Everything is kept in {folder}.",
    ]
    assert "release.finished" in (folder / "demo.log").read_text()


def test_ctrl_c_ends_it_with_a_word_and_nothing_is_left(
    start: Callable[[], subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = start()
    story = _read_until(process, "The English issue is sent.")
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to all of them
    _, rest = process.communicate(timeout=60)
    ends = rest.splitlines()
    assert process.returncode == 0, rest
    assert ends[-1] == GONE
    assert re.fullmatch(r"Stopped\. \d+ mails were sent, all of them into the mailbox on this machine\.", ends[-2])
    assert "Traceback" not in rest
    links = [line for line in story if "/accounts/open/" in line]
    assert len(links) == 2
    assert not [line for line in [*story, *ends] if LOG_LINE.search(line)]
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_while_it_sets_up_leaves_nothing_either(
    start: Callable[[], subprocess.Popen[str]], tmp_path: Path, number: signal.Signals
) -> None:
    process = start()
    _read_until(process, "Setting up")
    os.killpg(process.pid, number)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 0, rest
    assert rest.splitlines()[-1] == GONE
    assert "Traceback" not in rest
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_port_that_is_taken_is_told_with_the_way_to_another(run: Run, taken_port: int) -> None:
    refused = run("demo", "--port", str(taken_port))
    assert refused.code == 1
    assert refused.err.count("\n") == 1
    assert "make demo PORT=" in refused.err


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
