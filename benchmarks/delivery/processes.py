"""Processes that a benchmark starts, and always stops: on loopback ports, with the processor's time they took."""

import os
import resource
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60
"""Seconds after which a process that was told to end is killed."""
TICKS = os.sysconf("SC_CLK_TCK")


class Failed(RuntimeError):
    """Something that a benchmark needs did not work; the text says what, and what to do."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def await_port(port: int, process: "subprocess.Popen[bytes]", *, seconds: float = 10) -> None:
    """Wait until something listens. Raises Failed when the process ends instead, or nothing comes."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise Failed(f"{process.args!r} ended with {process.returncode} before it listened")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.02)
    raise Failed(f"nothing listens on port {port}")


@contextmanager
def started(
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cores: set[int] | None = None,
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run it from the project's folder for as long as the block lasts; ``cores`` pins it. Its words go to ``log``."""
    with log.open("ab") as words:
        process = subprocess.Popen(
            pinned(command, cores), cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=words, stderr=words
        )
    try:
        yield process
    finally:
        stop(process)


def pinned(command: Sequence[str | Path], cores: set[int] | None) -> list[str]:
    """The command, bound to those cores from its first instruction."""
    words = [str(word) for word in command]
    return ["taskset", "-c", ",".join(str(core) for core in sorted(cores)), *words] if cores else words


def stop(process: "subprocess.Popen[Any]") -> None:
    """Tell it to end, and see that it does."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def cpu_seconds(pid: int) -> float:
    """What a running process, all its threads included, has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_of_family(pid: int) -> float:
    return sum(map(cpu_seconds, family(pid)))


def cpu_of_ended_children() -> float:
    """Seconds of processor time of all that we have started and waited for."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def peak_rss_mb(pid: int) -> float:
    """The most memory that a running process has ever held, in MB of 1,048,576 bytes (VmHWM)."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise Failed(f"process {pid} shows no VmHWM")


def family(pid: int) -> list[int]:
    """The process and its children's children."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text("ascii").split()]
    return found
