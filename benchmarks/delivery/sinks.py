"""The servers that take the mail: Postfix's smtp-sink, and one of our own in C that costs next to nothing."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.delivery import processes

FAST = Path(__file__).with_name("fast_sink.c")


@dataclass(frozen=True, kw_only=True)
class Sink:
    """A running one."""

    port: int
    pid: int

    @property
    def cpu(self) -> float:
        """Seconds of processor time so far."""
        return processes.cpu_seconds(self.pid)


def compiled(folder: Path) -> Path:
    """The fast sink as a program in ``folder``."""
    program = folder / "fast_sink"
    if not program.exists():
        compiler = shutil.which("cc")
        if compiler is None:
            raise processes.Failed("There is no C compiler: run .ci/system-packages bench")
        subprocess.run([compiler, "-O2", "-Wall", "-Wextra", "-o", str(program), str(FAST)], check=True)
    return program


@contextmanager
def smtp_sink(folder: Path, *, cores: set[int] | None = None) -> Iterator[Sink]:
    """Postfix's, with its defaults."""
    found = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if found is None:
        raise processes.Failed("There is no smtp-sink: run .ci/system-packages bench")
    port = processes.free_port()
    # Root must name whom to become.
    become = ["-u", "nobody"] if os.geteuid() == 0 else []
    with _running([found, *become, f"127.0.0.1:{port}", "256"], folder, port=port, cores=cores) as sink:
        yield sink


@contextmanager
def fast_sink(folder: Path, *, cores: set[int] | None = None) -> Iterator[Sink]:
    """Ours."""
    port = processes.free_port()
    with _running([compiled(folder), str(port)], folder, port=port, cores=cores) as sink:
        yield sink


@contextmanager
def _running(command: list[str | Path], folder: Path, *, port: int, cores: set[int] | None) -> Iterator[Sink]:
    with processes.started(command, log=folder / "sink.log", cores=cores) as process:
        processes.await_port(port, process)
        yield Sink(port=port, pid=process.pid)
