"""`newsletter run` as it is: web server, scheduler and workers under one parent, any of which is stopped or killed."""

import contextlib
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.delivery.models import Chunk
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from tests.delivery import newsroom
from tests.faults import scenarios
from tests.faults.hunt import Hunt
from tests.faults.parent import Worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.timeout(1200)]

SLOWLY = 0.1
"""Seconds for each answer: so the server sets the rate, far below what any machine can do."""
MEANWHILE = 20
"""Mails that go out while the web server stands still: two seconds' worth, of the fifteen that it is given."""
BACK = 20.0
"""Seconds in which a process must be back: ten times what is promised, for a machine that does much else."""


@dataclass(frozen=True)
class Crew:
    """The parent, and its children in the order in which they were started."""

    parent: Worker
    hunt: Hunt

    @property
    def children(self) -> list[int]:
        found = Path(f"/proc/{self.parent.pid}/task/{self.parent.pid}/children").read_text().split()
        return [int(one) for one in found if _is_there(int(one))]

    def answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://{self.hunt.listen}/healthz", timeout=2) as page,
        ):
            return bool(page.status == 200)
        return False

    def replaced(self, victim: int, *, among: set[int]) -> int:
        """Wait for whoever takes its place."""

        def newcomers() -> set[int]:
            return set(self.children) - among - {victim}

        self.hunt.until(lambda: len(self.children) == len(among) and bool(newcomers()), self.parent, seconds=BACK)
        return newcomers().pop()

    def kill(self, victim: int) -> None:
        """At once; what was open then may be in doubt."""
        os.kill(victim, signal.SIGSTOP)
        self.hunt.open_at_kills += self.hunt.sink.server.connections
        os.kill(victim, signal.SIGKILL)


def _is_there(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def _at_work(under_fire: Hunt, *, processes: int = 1, most_silent: float = 15.0) -> Iterator[Crew]:
    """A crew whose every process is at work."""
    under_fire.listen = f"127.0.0.1:{_free_port()}"
    with under_fire.worker("crew", processes=processes, most_silent=most_silent) as parent:
        crew = Crew(parent, under_fire)
        under_fire.until(lambda: len(crew.children) == 2 + processes and crew.answers(), parent, seconds=60)
        yield crew


def test_a_web_server_that_stands_still_slows_no_release_and_is_replaced(
    hunt: Callable[..., Hunt], readers: newsroom.Readers
) -> None:
    """The mails go out while nobody answers for the pages, and those come back."""
    under_fire = hunt()
    under_fire.sink.script(DOT=lambda *_: SLOWLY)
    planned = scenarios.release(under_fire.issue, readers, count=600)
    with _at_work(under_fire) as crew:
        web, *others = crew.children
        under_fire.until(lambda: len(under_fire.sink.copies) > 20, crew.parent)
        os.kill(web, signal.SIGSTOP)
        before = len(under_fire.sink.copies)
        under_fire.until(lambda: len(under_fire.sink.copies) >= before + MEANWHILE, crew.parent)
        assert web in crew.children, "it was replaced before they were sent"
        assert not crew.answers()
        under_fire.until(lambda: web not in crew.children, crew.parent, seconds=60)
        under_fire.until(crew.answers, crew.parent, seconds=60)
        assert set(others) < set(crew.children), "nobody else was replaced"
        under_fire.to_the_end(crew.parent, seconds=60)
    scenarios.judge(under_fire, planned, doubts=0)
    assert "web server gave no sign of life" in under_fire.log_text()


def test_each_kind_of_process_that_is_killed_is_back_and_nothing_is_lost(
    hunt: Callable[..., Hunt], readers: newsroom.Readers
) -> None:
    """Two workers, scheduler and web server, one after another; the parent has one thread and no connection."""
    under_fire = hunt()
    under_fire.sink.script(DOT=lambda *_: 0.02)
    planned = scenarios.release(under_fire.issue, readers, count=800)
    with _at_work(under_fire, processes=2) as crew:
        web, scheduler, *workers = crew.children
        for turn, victim in enumerate((workers[0], scheduler, web, workers[1])):
            goal = (turn + 1) * 120
            under_fire.until_or_over(lambda goal=goal: len(under_fire.sink.copies) >= goal, crew.parent)
            among = set(crew.children)
            began = time.monotonic()
            crew.kill(victim)
            crew.replaced(victim, among=among)
            assert time.monotonic() - began < BACK
            assert len(list(Path(f"/proc/{crew.parent.pid}/task").iterdir())) == 1
            assert _sockets(crew.parent.pid) == 1, "the door of the web server"
        under_fire.until(crew.answers, crew.parent)
        under_fire.to_the_end(crew.parent, seconds=90)
    scenarios.judge(under_fire, planned, doubts=under_fire.open_at_kills)


def _sockets(pid: int) -> int:
    found = [os.readlink(one) for one in Path(f"/proc/{pid}/fd").iterdir()]
    assert not [one for one in found if "sqlite" in one]
    return sum(one.startswith("socket:") for one in found)


def test_a_scheduler_that_came_in_anothers_place_takes_up_what_is_due(hunt: Callable[..., Hunt]) -> None:
    """It decides about an issue whose time has come: the sample was changed since its approval, so it holds it."""
    under_fire = hunt()
    with _at_work(under_fire) as crew:
        among = set(crew.children)
        _web, scheduler, _worker = crew.children
        crew.kill(scheduler)
        crew.replaced(scheduler, among=among)
        mine = Issue.objects.filter(pk=under_fire.issue.pk)
        mine.update(state=IssueState.SCHEDULED, send_at=datetime.now(UTC))
        under_fire.until(lambda: mine.get().state == IssueState.HELD, crew.parent)
        crew.parent.stop()


def test_nobody_outlives_a_parent_that_is_killed_and_nothing_is_sent_twice(
    hunt: Callable[..., Hunt], readers: newsroom.Readers
) -> None:
    """Another crew starts at once, as a service manager does; the first ends what it has in hand."""
    under_fire = hunt()
    under_fire.sink.script(DOT=lambda *_: 0.02)
    planned = scenarios.release(under_fire.issue, readers, count=600)
    with _at_work(under_fire, processes=2) as crew:
        under_fire.until(lambda: len(under_fire.sink.copies) > 100, crew.parent)
        orphans = crew.children
        crew.parent.kill()
        with _at_work(under_fire, processes=2) as second:
            under_fire.until(lambda: not any(map(_is_there, orphans)), second.parent, seconds=60)
            under_fire.to_the_end(second.parent, seconds=90)
    scenarios.judge(under_fire, planned, doubts=0)


def test_a_port_is_free_again_as_soon_as_the_web_server_has_ended(
    hunt: Callable[..., Hunt], readers: newsroom.Readers
) -> None:
    """No worker that still drains keeps a new start from listening."""
    under_fire = hunt()
    scenarios.release(under_fire.issue, readers, count=60)
    with _at_work(under_fire) as crew:
        (door,) = {one for one in map(_inode, _fds(crew.parent.pid)) if one}
        web, *others = crew.children
        assert door in map(_inode, _fds(web))
        under_fire.until(lambda: not any(door in map(_inode, _fds(one)) for one in others), crew.parent)
        crew.parent.stop()


def _fds(pid: int) -> list[Path]:
    return list(Path(f"/proc/{pid}/fd").iterdir())


def _inode(fd: Path) -> str:
    with contextlib.suppress(OSError):
        target = os.readlink(fd)
        return target if target.startswith("socket:") else ""
    return ""


@pytest.mark.parametrize("to_all", [False, True], ids=["the parent", "everybody"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_drains_whether_the_parent_is_told_or_everybody(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, number: signal.Signals, to_all: bool
) -> None:
    """Service managers, and Ctrl-C in a terminal, tell all processes, and then the parent tells them once more."""
    under_fire = hunt()
    under_fire.sink.script(DOT=lambda *_: SLOWLY * 5)  # so that there is something in hand
    planned = scenarios.release(under_fire.issue, readers, count=200)
    with _at_work(under_fire, processes=2) as crew:
        under_fire.until(lambda: len(under_fire.sink.copies) > 10, crew.parent)
        told = [*crew.children, crew.parent.pid] if to_all else [crew.parent.pid]
        for one in told:
            os.kill(one, number)
        assert crew.parent.wait(60) == 0, under_fire.words()
        assert not any(map(_is_there, told))
    under_fire.sink.drain()
    assert not Chunk.objects.filter(state="held").exists()
    assert under_fire.owed == 0, "a mail was cut off at its answer"
    assert "killed" not in under_fire.log_text()
    under_fire.sink.script(DOT=None)
    scenarios.go_on(under_fire)
    scenarios.judge(under_fire, planned, doubts=0)


def test_a_worker_that_stands_still_is_replaced_once_its_lease_is_lost(
    hunt: Callable[..., Hunt], readers: newsroom.Readers
) -> None:
    """Not before: it might wake up and write what another one writes."""
    under_fire = hunt(lease_seconds=5)
    under_fire.sink.script(DOT=lambda *_: 0.02)
    planned = scenarios.release(under_fire.issue, readers, count=300)
    with _at_work(under_fire, most_silent=1.5) as crew:
        _web, _scheduler, worker = crew.children
        under_fire.until(lambda: len(under_fire.sink.copies) > 50, crew.parent)
        os.kill(worker, signal.SIGSTOP)
        stopped = time.monotonic()
        doubts = under_fire.sink.server.connections
        under_fire.until(lambda: not _is_there(worker), crew.parent, seconds=60)
        assert time.monotonic() - stopped >= under_fire.lease_seconds
        under_fire.to_the_end(crew.parent, seconds=90)
    scenarios.judge(under_fire, planned, doubts=doubts)
    assert "delivery worker gave no sign of life" in under_fire.log_text()
