"""`python -m tests.faults.worker`: a warmed parent that forks real workers to be killed, or mutants of them.

Everything is imported, no connection opened and no thread begun, before the first fork: a worker is there within
milliseconds. One JSON order a line on stdin, one JSON answer a line on stdout. What these tests know of the engine's
inside stands here and in `mutants`.
"""

import ctypes
import importlib
import json
import mmap
import os
import resource
import signal
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

from tests.faults import mutants

WARM = (
    "psycopg",
    "newsletter.delivery.ledger.audience_freeze",
    "newsletter.delivery.servers.carrier_registry",
    "newsletter.delivery.worker.delivery_worker",
)
"""Imported before anything is forked, so that each worker starts at once."""
PR_SET_PDEATHSIG = 1
PR_SET_PTRACER = 0x59616D61


def open_dots(directory: Path, issue: int) -> set[int]:
    """Subscribers of whom the journals there say: a dot was about to be written, and no answer came."""
    doubt: set[int] = set()
    for path in sorted(directory.glob("*.journal")):
        for line in path.read_bytes().split(b"\n")[:-1]:
            kind, *values = json.loads(line[9:])
            if kind not in {"open", "void", "reply"} or values[0] != issue:
                continue
            subscriber = values[3]
            if kind == "open" or (kind == "reply" and values[4] == "uncertain"):
                doubt.add(subscriber)
            else:
                doubt.discard(subscriber)
    return doubt


def answered(directory: Path, issue: int) -> int:
    """How many replies the journals there hold."""
    mark = b'["reply",%d,' % issue
    return sum(path.read_bytes().count(mark) for path in directory.glob("*.journal"))


def _clock(file: str) -> Callable[[], datetime]:
    """The time of day as the test wants it: ours, and as many seconds as the file says, which stays open."""
    with Path(file).open("rb") as opened:
        ahead = mmap.mmap(opened.fileno(), 8, access=mmap.ACCESS_READ)

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=struct.unpack("d", ahead[:8])[0])

    return now


def _resolve(name: str, file: str) -> None:
    """The name service as the test wants it: that host's addresses as the file says; empty: no answer."""
    usual = socket.getaddrinfo

    def lookup(host: Any, port: Any, *more: Any, **rest: Any) -> Any:
        if host != name:
            return usual(host, port, *more, **rest)
        addresses = Path(file).read_text().split()
        if not addresses:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (one, port)) for one in addresses]

    socket.getaddrinfo = lookup


def _work(order: dict[str, Any]) -> None:
    from newsletter import conf
    from newsletter.delivery.servers import carrier_registry
    from newsletter.delivery.smtp.settings import Timeouts
    from newsletter.delivery.worker import delivery_worker

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    delivery_worker.tune_interpreter()
    _say_ready()
    context = ssl.create_default_context(cafile=order["authority"]) if order["authority"] else None
    carriers = carrier_registry.CarrierRegistry(conf.config(), timeouts=Timeouts(scale=order["scale"]), context=context)
    delivery_worker.Worker(conf.config(), carriers, clock=_clock(order["clock"])).run(stop)


def _crew(order: dict[str, Any]) -> None:
    """All that `newsletter run` starts, by the same hand."""
    from newsletter import conf
    from newsletter.management.runtime import parts, thread_group

    parts.MOST_SILENT = order["most_silent"]
    stop = threading.Event()
    thread_group.stop_on_signals(stop)
    crew = parts.process_group_of(conf.config(), processes=order["processes"], everything=True)
    _say_ready()
    crew.run(stop)


def _freeze(order: dict[str, Any]) -> None:
    from newsletter.delivery.ledger import audience_freeze

    audience_freeze.SLICE = 500  # more commits, more instants to be killed at
    _say_ready()
    audience_freeze.freeze(order["issue"], by="staff:1", now=datetime.now(UTC))


def _say_ready() -> None:
    # From here on, to be told to stop is not to be killed.
    os.write(2, b"ready %d\n" % os.getpid())


def _child(order: dict[str, Any]) -> int:
    from django.conf import settings
    from django.db import connections

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for fd in (1, 2):
        os.dup2(log, fd)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for name, most in order["limits"].items():
        kind = getattr(resource, name)
        resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))
    config = order["config"]
    settings.NEWSLETTER = replace(settings.NEWSLETTER, **config | {"data_dir": Path(config["data_dir"])})
    connections.settings["default"]["NAME"] = order["database"]
    mutants.break_promise(order["mutant"])
    if order["host"]:
        _resolve(order["host"], order["addresses"])
    if order["patience"] and connections["default"].vendor == "sqlite":
        connections.settings["default"]["OPTIONS"]["timeout"] = order["patience"]
    if order["halt"]:
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, -1)  # anybody of ours may watch
        os.kill(os.getpid(), signal.SIGSTOP)
    {"worker": _work, "freezer": _freeze, "crew": _crew}[order["job"]](order)
    return 0


def _wait(pid: int, seconds: float) -> int | None:
    end = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= end:
            return None
        time.sleep(0.002)


def main() -> None:
    """Obey until stdin ends; whoever was forked ends with us."""
    django.setup()
    for name in WARM:
        importlib.import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer = _wait(order["wait"], order["seconds"])
        else:
            answer = os.fork()
            if not answer:
                code = 1
                try:
                    code = _child(order)
                except BaseException as error:
                    sys.excepthook(type(error), error, error.__traceback__)
                finally:
                    sys.stderr.flush()
                    os._exit(code)
        os.write(1, json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    main()
