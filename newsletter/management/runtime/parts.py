"""The parts that a process is made of: web server, scheduler, delivery worker."""

import logging
import socket
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import connection

from newsletter import pipeline
from newsletter.conf import Config
from newsletter.delivery.servers import carrier_registry, stored_servers, transport_url
from newsletter.delivery.worker import delivery_worker
from newsletter.management.runtime.process_group import ProcessGroup, ProcessSpec
from newsletter.management.runtime.thread_group import Part
from newsletter.project.server.listening import listen
from newsletter.project.server.web_server import WebServer
from newsletter.scheduling import due
from newsletter.scheduling.runner import Runner
from subscribers import api as subscribers

HOW_TO_SET = "Add one: newsletter transports add; or set NEWSLETTER_SMTP_URL and start again."
MOST_SILENT = 15.0
"""Seconds without a sign of life after which a process is replaced; a delivery worker has its lease in addition."""
BY_DEFAULT = 4
"""Delivery processes at most: beyond, the database or the mail server is slower."""
MOST, MOST_ON_SQLITE = 256, 2
"""Delivery processes that somebody may ask for. On SQLite one process writes at a time: a third only waits."""
FORGET_EVERY = timedelta(hours=1)
"""How often people who never confirmed are purged."""
SWITCH_EVERY = 0.0005
"""Seconds that a thread of the web server may compute while others wait. With Python's 5 ms a one-click took a second
beside an import of 50 MB: a thread that asks the database gives the interpreter away at each statement."""

_log = logging.getLogger(__name__)


def web(config: Config, *, listener: socket.socket | None = None) -> Part:
    """The web server; listens at once, unless it is given a ``listener``. Raises errors.CannotListen."""
    listener = listener or listen(config.listen)

    def work(stop: threading.Event) -> None:
        from newsletter.project.wsgi import application
        from newsletter.staff import access

        proxies = config.trusted_proxies
        WebServer(application, listener=listener, trusted_proxies=proxies, is_signed_in=access.is_signed_in).run(stop)

    return Part(name="web server", work=work)


def tune_for_pages() -> None:
    """Settings of a whole process that does nothing but serve pages: called where it starts, before its threads."""
    sys.setswitchinterval(SWITCH_EVERY)


def scheduler() -> Part:
    """Releases what is due, at the instant it is due, and once an hour forgets who never confirmed (trust L1)."""
    runner = Runner(tick=_Tick(), next_time=due.next_time)
    return Part(name="scheduler", work=runner.run)


class _Tick:
    """What the scheduler does when it wakes. Forgetting comes second: it must not hold up a release."""

    def __init__(self) -> None:
        self._forgot_at: datetime | None = None

    def __call__(self, now: datetime) -> None:
        pipeline.tick(now)
        if self._forgot_at is None or now - self._forgot_at >= FORGET_EVERY:
            self._forgot_at = now
            subscribers.purge_pending(now=now)


def worker(config: Config, *, share: carrier_registry.Share = carrier_registry.ALL) -> Part:
    """Sends what was released and our own single mails; without a mail server it says so once, and waits for it."""

    def work(stop: threading.Event) -> None:
        if share.number == 0 and not stored_servers.every(config):
            _log.warning("No mail server is set: nothing is sent, nothing is lost. %s", HOW_TO_SET)
        delivery_worker.Worker(config, carrier_registry.CarrierRegistry(config, share=share)).run(stop)

    return Part(name="delivery worker", work=work)


def process_group_of(config: Config, *, processes: int, everything: bool) -> ProcessGroup:
    """Delivery workers, with ``everything`` the web server and the scheduler too: each a process of its own.

    Raises errors.CannotListen.
    """
    specs: list[ProcessSpec] = []
    listener: socket.socket | None = None
    if everything:
        listener = listen(config.listen)
        _import_pages()
        specs += [
            ProcessSpec(
                name="web server",
                work=_after(tune_for_pages, web(config, listener=listener).work),
                most_silent=MOST_SILENT,
            ),
            ProcessSpec(name="scheduler", work=_without(listener, scheduler().work), most_silent=MOST_SILENT),
        ]
    for number in range(processes):
        part = worker(config, share=carrier_registry.Share(number, of=processes))
        name = f"delivery worker {number + 1}" if processes > 1 else "delivery worker"
        # What it has leased is taken over by others once its lease is lost: never by two at a time.
        silent = config.lease_seconds + MOST_SILENT
        specs.append(
            ProcessSpec(
                name=name,
                work=_without(listener, _after(delivery_worker.tune_interpreter, part.work)),
                most_silent=silent,
            )
        )
    return ProcessGroup(specs)


def processes_for(config: Config, *, cores: int) -> int:
    """How many delivery processes pay: as many as cores, never more than a mail server may have connections.

    With SQLite, where they write in turns, two pay and a third does not (`docs/benchmarks.md`).
    """
    allowed = [row.max_connections for row in stored_servers.every(config) if row.enabled and row.host]
    return max(1, min([cores, BY_DEFAULT, most_processes(), *allowed]))


def most_processes() -> int:
    """How many delivery processes there may be."""
    return MOST_ON_SQLITE if connection.vendor == "sqlite" else MOST


def _after(tune: Callable[[], None], work: Callable[[threading.Event], None]) -> Callable[[threading.Event], None]:
    def tuned(stop: threading.Event) -> None:
        tune()
        work(stop)

    return tuned


def _without(
    listener: socket.socket | None, work: Callable[[threading.Event], None]
) -> Callable[[threading.Event], None]:
    """Work in a process that closes the web server's socket: held while draining, it would keep a new start away."""

    def closed(stop: threading.Event) -> None:
        if listener:
            listener.close()
        work(stop)

    return closed


def _import_pages() -> None:
    """What the web server needs for its first page, while all processes can still share it."""
    from django.urls import get_resolver

    from newsletter.project import wsgi

    _imported = (wsgi.application, get_resolver().url_patterns)


def work_once(config: Config, *, now: datetime) -> None:
    """Do what is due now, then return. Raises transport_url.NoMailServer."""
    if not stored_servers.every(config):
        raise transport_url.NoMailServer(f"No mail server is set. Nothing is lost. {HOW_TO_SET}")
    with delivery_worker.Worker(config, carrier_registry.CarrierRegistry(config)) as sender:
        while sender.work_once(now):
            now = datetime.now(UTC)
