"""The command as people run it: a process of its own, with a data directory of its own."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


def environment_of(data_dir: Path, **settings: str) -> dict[str, str]:
    """The caller's environment without any of our settings, then these."""
    rest = {k: v for k, v in os.environ.items() if not k.startswith(("NEWSLETTER_", "DJANGO_", "COV_"))}
    return rest | {"NEWSLETTER_DATA_DIR": str(data_dir), "NO_COLOR": "1", "COLUMNS": "200"} | settings


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One installation, made once; tests get copies of it."""
    folder = tmp_path_factory.mktemp("installation") / "data"
    subprocess.run(
        [sys.executable, "-m", "newsletter", "init", "--admin", "chief@example.org"],
        env=environment_of(folder),
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder


@pytest.fixture
def installed(_template: Path, data_dir: Path) -> Path:
    """The data directory of this test, as `newsletter init` leaves it."""
    shutil.copytree(_template, data_dir)
    return data_dir


@pytest.fixture
def run(data_dir: Path) -> Run:
    """Call `newsletter` with arguments, and settings as keywords."""

    def call(*arguments: str, **settings: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "newsletter", *arguments],
            env=environment_of(data_dir, **settings),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
