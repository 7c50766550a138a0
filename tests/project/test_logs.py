"""What stands in the log, as text and as JSON lines: events with stable names, no secret, and nobody's address."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from newsletter.delivery import events
from newsletter.project import environment
from newsletter.project.logs import HideSecrets, JsonLines, Text
from tests.project.conftest import Run, environment_of

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize(
    "path", ["/accounts/open/s3cret/", "/u/s3cret/", "/c/s3cret/", "/accounts/password/reset/key/s3cret/"]
)
def test_a_secret_of_a_path_is_not_logged(path: str) -> None:
    record = logging.LogRecord(
        "django.security.csrf", logging.WARNING, "", 0, "Forbidden (%s): %s", ("why", path), None
    )
    assert HideSecrets().filter(record)
    assert "s3cret" not in record.getMessage()
    assert path.removesuffix("s3cret/") in record.getMessage()


def test_other_lines_stay_as_they_are() -> None:
    record = logging.LogRecord("newsletter", logging.INFO, "", 0, "chunk %d of issue %d", (3, 4), None)
    assert HideSecrets().filter(record)
    assert record.getMessage() == "chunk 3 of issue 4"


def failed() -> logging.LogRecord:
    """A record whose words and whose traceback name somebody."""
    try:
        raise ValueError("no mailbox for reader@example.org")
    except ValueError:
        return logging.LogRecord(
            "newsletter", logging.ERROR, "", 0, "<%s> cannot be reached", ("reader@example.org",), sys.exc_info()
        )


@pytest.mark.parametrize("formatter", [Text(), JsonLines()])
def test_no_address_leaves_whoever_wrote_the_record(formatter: logging.Formatter) -> None:
    """I6: also not in a traceback."""
    line = formatter.format(failed())
    assert "reader" not in line
    assert "example.org" not in line
    assert "no mailbox for …" in line
    assert "cannot be reached" in line


def test_an_event_is_words_for_people_and_fields_for_machines(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "newsletter.delivery"):
        events.say(
            "chunk.closed", issue=3, chunk=4, worker="worker-1", done=True, seconds=1.25, why="a <b@c.example> d"
        )
    record = caplog.records[0]
    text = Text().format(record)
    assert text.endswith('chunk.closed issue=3 chunk=4 worker=worker-1 done=yes seconds=1.250 why="a … d"')
    said = json.loads(JsonLines().format(record))
    assert said.pop("at").endswith("+00:00")
    assert said.pop("text").startswith("chunk.closed issue=3")
    assert said == {
        "level": "info",
        "logger": "newsletter.delivery",
        "event": "chunk.closed",
        "issue": 3,
        "chunk": 4,
        "worker": "worker-1",
        "done": True,
        "seconds": 1.25,
        "why": "a … d",
    }


def test_nothing_left_out_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "newsletter.delivery"):
        events.say("release.paused", issue=3, why=None)
    assert caplog.records[0].getMessage() == "release.paused issue=3"
    assert "why" not in json.loads(JsonLines().format(caplog.records[0]))


def test_another_format_is_refused() -> None:
    with pytest.raises(environment.BadSetting, match="E031"):
        environment.read({"NEWSLETTER_LOG_FORMAT": "xml"}, message_key=bytes(32))


class Server:
    """Takes some, refuses some and defers some, and names each of them when it does."""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:
        number = int("".join(filter(str.isdigit, address)) or 0)
        if number % 3 == 0:
            return f"550 5.1.1 <{address}>: nobody is called {address} here"
        if number % 3 == 1:
            return f"451 4.7.1 {address} is greylisted"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, *_: Any) -> str:
        return "250 2.0.0 taken"


@pytest.fixture
def server(free_port: int) -> Iterator[int]:
    controller = Controller(Server(), hostname="127.0.0.1", port=free_port)
    controller.start()
    yield free_port
    controller.stop()


PREPARE = """
import django; django.setup()
from datetime import timedelta
from django.utils import timezone
from newsletter import conf
from newsletter.delivery.ledger import audience_freeze, journal, leases
from tests.delivery import newsroom
now = timezone.now()
def released(count, domain):
    readers = newsroom.Readers.make(now=now - timedelta(days=30))
    readers.join(count, domain=domain)
    issue = newsroom.approved_issue(list_id=readers.list_id, now=now)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    return issue.pk
# One chunk of a worker that died, and one for the next worker.
released(3, "first.example")
owner = journal.Journal.create(conf.config().journal_dir).worker_id
leases.claim(owner=owner, host=journal.boot_id(), now=now, states=leases.SENDING)
released(12, "second.example")
"""


@pytest.mark.process
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_the_log_of_a_whole_run_names_nobody(log_format: str, run: Run, installed: Path, server: int) -> None:
    """I6: freezing, sending, refusing, deferring, taking over from a dead worker."""
    settings = {
        "NEWSLETTER_LOG_FORMAT": log_format,
        "NEWSLETTER_SMTP_URL": f"smtp://127.0.0.1:{server}?tls=none",
        "NEWSLETTER_SMTP_CONNECTIONS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", PREPARE],
        env=environment_of(installed, DJANGO_SETTINGS_MODULE="newsletter.project.settings", **settings),
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    worked = run("worker", "--once", **settings)
    assert worked.code == 0, worked.err
    sums = json.loads(run("issues", "status", "2", "--json").out)
    assert (sums["accepted"], sums["refused"], sums["deferred"]) == (4, 4, 4)
    log = done.stderr + worked.err
    assert "@" not in log
    assert "reader" not in log
    assert ".example" not in log
    said = [line for line in log.splitlines() if line.strip()]
    if log_format == "json":
        found = {json.loads(line).get("event") for line in said}
        assert found >= {"release.frozen", "chunk.claimed", "chunk.taken-over", "chunk.closed"}
        assert found - {None} <= set(get_args(events.Name))
    else:
        assert any(": release.frozen issue=1 " in line for line in said)
        assert any(": chunk.taken-over issue=1 " in line for line in said)
        assert any(": chunk.closed issue=" in line and " done=yes seconds=" in line for line in said)
