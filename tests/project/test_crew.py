"""A crew of processes: the dead and the silent are replaced, a stop drains all, and nobody outlives the parent."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection
from typer.testing import CliRunner

from newsletter import conf
from newsletter.delivery.models import Transport
from newsletter.delivery.servers import carrier_registry
from newsletter.mailbox.server import Server
from newsletter.mailbox.store import Mailbox
from newsletter.management.cli import serve
from newsletter.management.runtime import parts, process_group
from newsletter.management.runtime.process_group import MOST_DEATHS
from tests.project.conftest import Run, environment_of
from tests.project.visitor import Visitor


def _until(done: Callable[[], bool], *, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def _small(folder: Path, *kinds: str) -> "Iterator[subprocess.Popen[str]]":
    """See `tests.project.small_crew`."""
    command = [sys.executable, "-m", "tests.project.small_crew", str(folder), *kinds]
    (folder / "starts").touch()
    environment = environment_of(folder) | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _starts(folder: Path, kind: str) -> list[int]:
    """The processes of that kind, in order."""
    lines = [line.split() for line in (folder / "starts").read_text().splitlines()]
    return [int(pid) for one, pid in (line for line in lines if len(line) == 2) if one == kind]


def test_those_that_keep_dying_end_all_and_the_reason_is_told(tmp_path: Path) -> None:
    with _small(tmp_path, "dies") as process:
        out, log = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "exit code 3" in out
    assert len(_starts(tmp_path, "dies")) == MOST_DEATHS
    assert log.count("ended unexpectedly") == MOST_DEATHS - 1


def test_what_a_process_fails_of_stands_in_the_log(tmp_path: Path) -> None:
    with _small(tmp_path, "fails") as process:
        _out, log = process.communicate(timeout=60)
    assert "the disk is full" in log


def test_one_that_keeps_dying_lets_the_others_drain(tmp_path: Path) -> None:
    with _small(tmp_path, "dies", "steady") as process:
        process.communicate(timeout=60)
    assert (tmp_path / "drained").read_text().startswith("steady")


def test_one_that_keeps_dying_after_it_had_lived_ends_nobody_else(tmp_path: Path) -> None:
    """Ways out stay open, though every worker is killed as soon as it is there."""
    with _small(tmp_path, "tires", "steady") as process:
        _until(lambda: len(_starts(tmp_path, "tires")) > MOST_DEATHS)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert len(_starts(tmp_path, "steady")) == 1


def test_who_does_not_drain_in_time_is_killed(tmp_path: Path) -> None:
    with _small(tmp_path, "deaf", "steady") as process:
        _until(lambda: bool(_starts(tmp_path, "deaf") and _starts(tmp_path, "steady")))
        time.sleep(0.2)  # it has to have closed its ears
        process.send_signal(signal.SIGTERM)
        _out, log = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "did not end within 1 s and was killed" in log
    assert (tmp_path / "drained").exists()
    assert not any(_is_there(pid) for pid in _starts(tmp_path, "deaf"))


def test_who_gives_no_sign_of_life_is_replaced(tmp_path: Path) -> None:
    """As if code held the interpreter for ever, or somebody stopped the process."""
    with _small(tmp_path, "frozen", "steady") as process:
        _until(lambda: len(_starts(tmp_path, "frozen")) == 2)
        process.send_signal(signal.SIGTERM)
        _out, log = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "gave no sign of life for 2 s and was killed" in log
    assert len(_starts(tmp_path, "steady")) == 1


def test_a_dead_one_is_back_at_once(tmp_path: Path) -> None:
    with _small(tmp_path, "steady", "steady") as process:
        _until(lambda: len(_starts(tmp_path, "steady")) == 2)
        first, second = _starts(tmp_path, "steady")
        os.kill(first, signal.SIGKILL)
        _until(lambda: len(_starts(tmp_path, "steady")) == 3)
        assert _is_there(second)
        process.send_signal(signal.SIGINT)
        _out, log = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "killed by SIGKILL" in log


def test_nobody_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    """Not even who would not drain."""
    with _small(tmp_path, "steady", "deaf") as process:
        _until(lambda: bool(_starts(tmp_path, "steady") and _starts(tmp_path, "deaf")))
        children = _starts(tmp_path, "steady") + _starts(tmp_path, "deaf")
        process.kill()
        process.wait()
        _until(lambda: not any(_is_there(pid) for pid in children), seconds=30)


@contextmanager
def _started(data_dir: Path, log: Path, *command: str, **settings: str) -> "Iterator[subprocess.Popen[bytes]]":
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-m", "newsletter", *command],
            env=environment_of(data_dir, **settings),
            stderr=out,
            stdout=out,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def _children(pid: int) -> list[int]:
    """By whichever thread they were started."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(one) for task in tasks for one in (task / "children").read_text().split()]


def _is_there(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.process
def test_everything_runs_and_any_process_that_is_killed_is_back(
    installed: Path, tmp_path: Path, free_port: int
) -> None:
    log = tmp_path / "log"
    listen = f"127.0.0.1:{free_port}"
    with _started(installed, log, "run", NEWSLETTER_LISTEN=listen) as process:
        _until(lambda: "No mail server is set" in log.read_text())
        before = _children(process.pid)
        assert len(before) == 3, "web server, scheduler, delivery worker"
        assert _answers(listen)
        for victim in before:
            os.kill(victim, signal.SIGKILL)
        _until(lambda: len(_children(process.pid)) == 3 and not set(_children(process.pid)) & set(before))
        assert _answers(listen)
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0, log.read_text()
    told = re.findall(r"The (.+) ended unexpectedly \(killed by SIGKILL\)", log.read_text())
    assert sorted(told) == ["delivery worker", "scheduler", "web server"]


def _answers(listen: str) -> bool:
    with urllib.request.urlopen(f"http://{listen}/accounts/login/", timeout=30) as answer:
        return bool(answer.status == 200)


@pytest.mark.process
def test_two_workers_share_what_a_server_allows_and_end_well(installed: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with _started(installed, log, "worker", "--processes", "2") as process:
        _until(lambda: "No mail server is set" in log.read_text())
        assert len(_children(process.pid)) == 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0, log.read_text()
    assert log.read_text().count("No mail server is set") == 1


@pytest.mark.parametrize(("most", "processes"), [(5, 2), (50, 4), (7, 3), (4, 4), (1, 1)])
def test_the_shares_of_a_servers_connections_add_up(most: int, processes: int) -> None:
    shares = [carrier_registry.Share(number, of=processes).connections(most) for number in range(processes)]
    assert sum(shares) == most
    assert max(shares) - min(shares) <= 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cores", "connections", "relay", "expected"),
    [(1, 5, 0, 1), (2, 5, 0, 2), (16, 50, 0, 4), (16, 3, 0, 3), (16, 5, 2, 2), (0, 5, 0, 1)],
)
def test_there_is_a_process_for_each_core_as_far_as_servers_allow_it(
    cores: int, connections: int, relay: int, expected: int
) -> None:
    """``relay``: connections of a server that somebody added. With SQLite they write in turns: a third only waits."""
    settings = replace(conf.config(), smtp_url="smtp://127.0.0.1:25?tls=none", smtp_connections=connections)
    if relay:
        Transport.objects.create(name="relay", host="relay.example.org", max_connections=relay)
        Transport.objects.create(name="unused", host="unused.example.org", max_connections=1, enabled=False)
    found = parts.processes_for(settings, cores=cores)
    assert found == (expected if connection.vendor == "postgresql" else min(expected, 2))


def test_nobody_forks_beside_a_thread() -> None:
    """The child would have its locks, and nobody to open them."""
    over = threading.Event()
    other = threading.Thread(target=over.wait)
    other.start()
    try:
        with pytest.raises(RuntimeError, match="threads"):
            process_group.ProcessGroup([]).run(threading.Event())
    finally:
        over.set()
        other.join()


@pytest.mark.process
def test_the_help_says_how_many_processes_there_are(run: Run) -> None:
    for command in ("run", "worker"):
        told = " ".join(run(command, "--help").out.replace("│", " ").split())
        for words in ("one for each core that it may use", "at most four", "SQLite at most two", "[default: auto]"):
            assert words in told, told


MOST_MEGABYTES = 350
"""Of everything together, on two cores: what it takes of the machine, with what several share counted once."""


@pytest.mark.process
def test_everything_takes_little_memory_the_parser_included(
    run: Run, installed: Path, tmp_path: Path, free_port: int
) -> None:
    log, listen, story = tmp_path / "log", f"127.0.0.1:{free_port}", tmp_path / "tide.md"
    story.write_text("# The tide turns\n\nAt noon the tide turned, as it does. Nobody in the harbour saw it.\n")
    link = run("init", "--admin", "chief@example.org", NEWSLETTER_LISTEN=listen).out.strip()
    with (
        _two_cores(),
        Server(Mailbox(tmp_path / "mails")) as mails,
        _started(installed, log, "run", NEWSLETTER_LISTEN=listen, NEWSLETTER_SMTP_URL=mails.url) as process,
    ):
        _until(lambda: len(_children(process.pid)) == 3)
        person = Visitor(f"http://{listen}")
        person.open(link)
        person.send("csrfmiddlewaretoken")
        person.open("/articles/new/")
        person.send("file", upload=("file", story), button="file")
        person.open("/")
        person.close()
        family = _family(process.pid)
        assert sum("newsletter.articles.parser_process" in _command(member) for member in family) == 1
        assert len(family) == 5
        megabytes = [_pss(one) for one in family]
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0, log.read_text()
    assert sum(megabytes) <= MOST_MEGABYTES, megabytes


@contextmanager
def _two_cores() -> Iterator[None]:
    """Whoever is started meanwhile may use two cores."""
    all_ = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(all_)[:2])
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_)


def _family(pid: int) -> list[int]:
    return [pid, *(grandchild for child in _children(pid) for grandchild in _family(child))]


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def _pss(pid: int) -> float:
    """MB of memory of one process, with its share of what it has together with others."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no Pss")


@pytest.mark.process
@pytest.mark.parametrize("wrong", ["0", "-1", "many", "1.5", "٣"])
def test_a_number_of_processes_that_cannot_be_is_wrong_usage(run: Run, installed: Path, wrong: str) -> None:
    refused = run("worker", f"--processes={wrong}")
    assert refused.code == 2
    assert "auto" in refused.err


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["run", "worker"])
def test_no_more_processes_are_started_on_sqlite_than_help(command: str) -> None:
    """PR3: three would only wait for each other. What is wrong is said before anything starts."""
    refused = CliRunner().invoke(serve.app, [command, "--processes", "3" if parts.most_processes() == 2 else "257"])
    assert refused.exit_code == 2
    said = " ".join(refused.output.replace("│", " ").split())
    assert f"a number from 1 to {parts.most_processes()}, or auto" in said
    assert ("PostgreSQL takes more" in said) is (connection.vendor == "sqlite")
