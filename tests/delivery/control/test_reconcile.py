"""Doubts, settled from the relay's own log by names that nobody stored."""

import gzip
import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from newsletter import conf
from newsletter.conf import Config
from newsletter.delivery import alarms
from newsletter.delivery.carrier import Message, Reply
from newsletter.delivery.control import reconcile
from newsletter.delivery.control.reconcile import Outcome
from newsletter.delivery.control.relay_log import Format
from newsletter.delivery.ledger import audience_freeze, queries
from newsletter.delivery.smtp.memory_carrier import MemoryCarrier, accept
from newsletter.delivery.worker.delivery_worker import Worker
from newsletter.errors import InvalidInput, NotAllowed, UserError
from newsletter.issues.models import Issue
from newsletter.management.cli import deliveries
from tests.delivery import lines, newsroom
from tests.delivery.lines import Line

pytestmark = pytest.mark.django_db(transaction=True)

Hire = Callable[..., Worker]


@pytest.fixture
def sent(readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime) -> list[Message]:
    """The messages of an issue, in order; of the last three of six nobody knows whether they were taken."""
    people = readers.join(6)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)

    def answer(message: Message) -> Reply:
        return lines.lost(message) if message.key in people[3:] else accept(message)

    line = Line(answer=answer)
    newsroom.work_off(hire(line), now=now)
    assert newsroom.assert_balanced(issue) == {"accepted": 3, "uncertain": 3}
    return sorted(line.dots, key=lambda message: message.key)


def name_of(message: Message) -> str:
    """The Message-ID as it stands in the message, not as we compute it."""
    head = message.data.partition(b"\r\n\r\n")[0].decode()
    return (
        next(line for line in head.split("\r\n") if line.startswith("Message-ID:")).removeprefix("Message-ID:").strip()
    )


def postfix(*messages: Message) -> str:
    said = []
    for n, message in enumerate(messages):
        said.append(f"Nov 28 06:00:0{n} mx postfix/cleanup[1]: ABCDEF{n}: message-id={name_of(message)}\n")
        said.append(f"Nov 28 06:00:0{n} mx postfix/qmgr[2]: ABCDEF{n}: from=<{message.sender}>, size=4, nrcpt=1\n")
        said.append(f"Nov 28 06:00:0{n} mx postfix/smtp[3]: ABCDEF{n}: to=<x@y.example>, status=sent (250 ok)\n")
    return "".join(said)


def exim(*messages: Message) -> str:
    return "".join(
        f"2026-11-28 06:00:0{n} 1tGabc-000000001A{n}-0bcd <= {message.sender} H=x S=4 id={name_of(message)[1:-1]}\n"
        for n, message in enumerate(messages)
    )


def opensmtpd(*messages: Message) -> str:
    return "".join(
        f"Nov 28 06:00:01 mx smtpd[9]: 1 smtp envelope evpid=000000000000000{n} from=<{message.sender}> to=<x@y>\n"
        for n, message in enumerate(messages)
    )


def plain(*messages: Message) -> str:
    return "".join(f"{name_of(message)}\n" for message in messages)


def run(
    issue: Issue,
    log: Path,
    *,
    now: datetime,
    form: Format = Format.POSTFIX,
    complete: bool = False,
    dry_run: bool = False,
    config: Config | None = None,
) -> Outcome:
    return reconcile.reconcile(
        issue.pk,
        log=log,
        form=form,
        complete=complete,
        dry_run=dry_run,
        config=config or conf.config(),
        by="staff:1",
        now=now,
    )


@pytest.fixture
def log(tmp_path: Path, now: datetime) -> Callable[[str], Path]:
    """Writes a log whose last line is an hour later than the sending."""

    def write(text: str, *, packed: bool = False, at: datetime | None = None) -> Path:
        path = tmp_path / ("mail.log.gz" if packed else "mail.log")
        path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
        moment = (at or now + timedelta(hours=1)).timestamp()
        os.utime(path, (moment, moment))
        return path

    return write


@pytest.mark.parametrize(
    ("form", "written"),
    [
        (Format.POSTFIX, postfix),
        (Format.EXIM, exim),
        (Format.OPENSMTPD, opensmtpd),
        (Format.PLAIN, plain),
    ],
    ids=lambda value: str(getattr(value, "value", "")),
)
@pytest.mark.parametrize("packed", [False, True])
def test_what_the_log_shows_was_taken_and_the_rest_stays_in_doubt(
    sent: list[Message],
    issue: Issue,
    log: Callable[..., Path],
    now: datetime,
    form: Format,
    written: Callable[..., str],
    packed: bool,
) -> None:
    """K5."""
    path = log("a line of something else\n" + written(sent[0], sent[3], sent[4]), packed=packed)
    found = run(issue, path, form=form, now=now)
    assert (found.doubts, found.accepted, found.again, found.left) == (3, 2, 0, 1)
    assert newsroom.assert_balanced(issue) == {"accepted": 5, "uncertain": 1}
    assert newsroom.state_of(issue, sent[5].key).value == "uncertain"
    assert run(issue, path, form=form, now=now).accepted == 0


def test_a_complete_log_sends_again_what_it_does_not_show(
    sent: list[Message],
    issue: Issue,
    log: Callable[..., Path],
    carrier: MemoryCarrier,
    hire: Hire,
    now: datetime,
) -> None:
    """K5: with the same Message-ID; then nothing is in doubt and the alarm is over."""
    found = run(issue, log(postfix(*sent[:4])), complete=True, now=now)
    assert (found.accepted, found.again, found.left, found.later) == (1, 2, 0, {"sent": 1})
    assert alarms.standing().filter(key__startswith="uncertain").count() == 0
    newsroom.work_off(hire(carrier), now=now + timedelta(minutes=1))
    again = sorted(carrier.sent, key=lambda message: message.key)
    assert [name_of(message) for message in again] == [name_of(message) for message in sent[4:]]
    assert newsroom.assert_balanced(issue) == {"accepted": 6}
    assert queries.ledger(issue.pk)["state"] == "finished"


def test_a_dry_run_changes_nothing(sent: list[Message], issue: Issue, log: Callable[..., Path], now: datetime) -> None:
    found = run(issue, log(postfix(*sent[:4])), complete=True, dry_run=True, now=now)
    assert (found.accepted, found.again) == (1, 2)
    assert newsroom.assert_balanced(issue) == {"accepted": 3, "uncertain": 3}


def test_a_log_of_another_day_is_never_complete(
    sent: list[Message], issue: Issue, log: Callable[..., Path], now: datetime
) -> None:
    """It must know a message that the server took; and nothing is concluded about what came after its end."""
    other = postfix(sent[5]).replace(name_of(sent[5]), "<somebody@else.example>")
    with pytest.raises(UserError, match="none of the messages"):
        run(issue, log(other), complete=True, now=now)
    early = log(postfix(*sent[:4]), at=now - timedelta(minutes=1))
    assert run(issue, early, complete=True, now=now).left == 2
    assert newsroom.assert_balanced(issue) == {"accepted": 4, "uncertain": 2}


def test_a_log_that_proves_nothing_is_refused(
    sent: list[Message], issue: Issue, log: Callable[..., Path], tmp_path: Path, now: datetime
) -> None:
    with pytest.raises(InvalidInput, match="format exim"):
        run(issue, log(postfix(*sent)), form=Format.EXIM, now=now)
    with pytest.raises(UserError, match="cannot be read"):
        run(issue, tmp_path / "none.log", now=now)
    cut = log(postfix(*sent) * 200, packed=True)
    cut.write_bytes(cut.read_bytes()[:-20])
    with pytest.raises(UserError, match="cut off"):
        run(issue, cut, now=now)
    assert newsroom.assert_balanced(issue) == {"accepted": 3, "uncertain": 3}


def test_an_issue_that_was_not_sent_has_no_doubts(issue: Issue, log: Callable[..., Path], now: datetime) -> None:
    with pytest.raises(NotAllowed):
        run(issue, log("x"), now=now)


def test_the_command_tells_numbers_and_no_addresses(
    sent: list[Message], issue: Issue, log: Callable[..., Path]
) -> None:
    path = str(log(postfix(sent[0], sent[3])))
    words = ["reconcile", str(issue.pk), "--log", path]
    tried = CliRunner().invoke(deliveries.app, [*words, "--format", "postfix", "--dry-run", "--json"])
    assert tried.exit_code == 0, tried.output
    data = json.loads(tried.stdout)
    assert (data["doubts"], data["accepted"], data["left"], data["later"]) == (3, 1, 2, {"sent": 1})
    done = CliRunner().invoke(deliveries.app, words)
    assert done.exit_code == 0
    assert "Settled 1 of 3 doubtful mails" in done.output
    assert "example.org" not in tried.output + done.output
    assert newsroom.assert_balanced(issue) == {"accepted": 4, "uncertain": 2}
    assert CliRunner().invoke(deliveries.app, [*words, "--format", "sendmail"]).exit_code == 2
    assert CliRunner().invoke(deliveries.app, [*words[:-1], "/nowhere"]).exit_code == 1
