"""How hard the fault tests try: ``--kills N`` (or KILLS), ``--rounds N`` (ROUNDS) and ``--seed S`` (SEED)."""

import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from newsletter.issues.models import Issue
from tests.delivery import newsroom
from tests.delivery.scripted_smtp import ScriptedServer
from tests.faults.hunt import Hunt
from tests.faults.parent import Parent
from tests.faults.sink import Sink


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults")
    group.addoption("--kills", type=int, default=int(os.environ.get("KILLS", "15")), help="kills at random instants")
    group.addoption("--rounds", type=int, default=int(os.environ.get("ROUNDS", "1")), help="of every other fault")
    group.addoption("--seed", type=int, default=int(os.environ.get("SEED", "1")), help="what chance decides")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every fault is played as often as there are rounds; who asks for `rounds`, or has a table, minds that itself."""
    if "hunt" in metafunc.fixturenames and not {"rounds", "kills", "cell", "mutant"} & set(metafunc.fixturenames):
        metafunc.parametrize("turn", range(metafunc.config.getoption("--rounds")))


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--kills"))


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--rounds"))


@pytest.fixture
def turn() -> int:
    """Which time this test is played; see `pytest_generate_tests`."""
    return 0


@pytest.fixture
def seed(request: pytest.FixtureRequest, turn: int) -> int:
    """What the test's chances grow from; printed when it fails, so that it can be played again."""
    option = request.config.getoption
    say = f"replay it with --seed {option('--seed')} --kills {option('--kills')} --rounds {option('--rounds')}"
    request.node.add_report_section("setup", "faults", say)
    return int(option("--seed")) + 1_000 * turn


@pytest.fixture
def readers(now: datetime) -> newsroom.Readers:
    return newsroom.Readers.make(now=now - timedelta(days=30))


@pytest.fixture
def issue(readers: newsroom.Readers, now: datetime) -> Issue:
    return newsroom.approved_issue(list_id=readers.list_id, now=now - timedelta(hours=1))


@pytest.fixture(scope="session")
def parent(django_db_setup: None) -> Iterator[Parent]:
    """Warmed once: every worker of the run is forked from it."""
    one = Parent()
    yield one
    one.close()


@pytest.fixture
def hunt(parent: Parent, issue: Issue, tmp_path: Path, seed: int) -> Iterator[Callable[..., Hunt]]:
    """Makes hunts for this test's issue, each with a mail server that runs until the test ends."""
    with ExitStack() as stack:

        def make(server: ScriptedServer | None = None, **options: Any) -> Hunt:
            options = {"parent": parent, "issue": issue, "data_dir": tmp_path / "data", "seed": seed} | options
            return stack.enter_context(Hunt(sink=Sink(server), **options))

        yield make


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return path
