"""The yardstick: Postfix's smtp-source, which sends one prepared message again and again over kept connections."""

import shutil
import subprocess
import time
from pathlib import Path

from benchmarks.delivery import processes

SESSIONS = 10


def rate(*, port: int, messages: int, message: Path) -> float:
    """Messages a second of `smtp-source -d -s 10`: the same bytes for everyone, from a file with bare line ends."""
    found = shutil.which("smtp-source", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if found is None:
        raise processes.Failed("There is no smtp-source: run .ci/system-packages bench")
    command = [found, "-d", "-s", str(SESSIONS), "-m", str(messages), "-F", str(message), f"127.0.0.1:{port}"]
    began = time.monotonic()
    subprocess.run(command, check=True, timeout=600, stdout=subprocess.DEVNULL)
    return messages / (time.monotonic() - began)


def size_of(message: Path) -> int:
    """Bytes of it on the wire, where each line ends in CRLF."""
    data = message.read_bytes()
    return len(data) + data.count(b"\n")
