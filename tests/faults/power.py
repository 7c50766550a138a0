"""What a disk holds after a power cut: of each file what had been written when it was last synced, and no more.

strace writes down every write and every sync of a worker; the rest is arithmetic.
"""

import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.parent import Worker

CALLS = "write,pwrite64,ftruncate,fsync,fdatasync"
_LINE = re.compile(r"(\d+) +([\d.]+) (.*)")
_CALL = re.compile(r'(\w+)\(\d+<([^>]*)>(?:, "((?:\\x[0-9a-f]{2})*)")?((?:, \d+)*)\) += (-?\d+).*<([\d.]+)>$')
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>")


@dataclass
class File:
    """As it is, and as it would be found after a power cut."""

    written: bytearray = field(default_factory=bytearray)
    synced: bytes = b""


@dataclass(frozen=True)
class Call:
    """One write or sync of the worker."""

    ended: float
    name: str
    path: Path
    data: bytes
    numbers: tuple[int, ...]


@contextmanager
def recorded(worker: Worker, tape: Path) -> Iterator[None]:
    """Write down what a worker that stands still (``halt``) writes, from before its first step."""
    how = ["-f", "-qq", "-y", "-xx", "-s", str(1 << 24), "-ttt", "-T", "-e", f"trace={CALLS}"]
    with subprocess.Popen(["strace", *how, "-o", tape, "-p", str(worker.pid)], stderr=subprocess.PIPE) as strace:
        while f"TracerPid:\t{strace.pid}\n" not in Path(f"/proc/{worker.pid}/status").read_text():
            assert strace.poll() is None, strace.stderr and strace.stderr.read()
            time.sleep(0.01)
        yield
        strace.wait(30)


def calls(tape: Path) -> list[Call]:
    """The worker's writes and syncs, in the order in which they ended."""
    begun: dict[str, str] = {}
    found = []
    for line in tape.read_text(errors="replace").splitlines():
        match = _LINE.match(line)
        if not match:
            continue
        thread, at, text = match[1], float(match[2]), match[3]
        if text.endswith("<unfinished ...>"):
            begun[thread] = text.removesuffix("<unfinished ...>").rstrip()
            continue
        resumed = _RESUMED.match(text)
        if resumed:
            text = begun.pop(thread, "") + text[resumed.end() :]
        call = _CALL.match(text)
        if call and int(call[5]) >= 0:
            numbers = tuple(int(one) for one in re.findall(r"\d+", call[4]))
            # A call that was interrupted by another's line ends where it is resumed.
            ended = at if resumed else at + float(call[6])
            path = bytes.fromhex(call[2].replace("\\x", "")).decode() if "\\x" in call[2] else call[2]
            found.append(Call(ended, call[1], Path(path), bytes.fromhex((call[3] or "").replace("\\x", "")), numbers))
    return sorted(found, key=lambda one: one.ended)


def after_a_cut(
    made: Sequence[Call], before: dict[Path, bytes], *, at: float = float("inf"), syncs: bool = True
) -> dict[Path, bytes]:
    """Each file of ``before`` as it is found again when the power went at that moment.

    ``syncs`` False: on a machine whose syncs do nothing.
    """
    files = {path: File(bytearray(content), content) for path, content in before.items()}
    for call in made:
        file = files.get(call.path)
        if file is None or call.ended > at:
            continue
        if call.name == "pwrite64":
            _put(file.written, call.data, call.numbers[-1])
        elif call.name == "write":
            file.written += call.data
        elif call.name == "ftruncate":
            _put(file.written, b"", call.numbers[0])
            del file.written[call.numbers[0] :]
        elif syncs:
            file.synced = bytes(file.written)
    return {path: file.synced for path, file in files.items()}


def _put(content: bytearray, data: bytes, place: int) -> None:
    content += bytes(max(place + len(data) - len(content), 0))
    content[place : place + len(data)] = data
