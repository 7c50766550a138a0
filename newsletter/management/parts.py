"""The parts that a process is made of: web server, scheduler, delivery worker."""

import logging
import threading
from datetime import UTC, datetime, timedelta

from newsletter import pipeline
from newsletter.conf import Config
from newsletter.delivery import fleet, send, transport, transports
from newsletter.management.crew import Crew
from newsletter.management.supervise import Part
from newsletter.project import server
from newsletter.scheduling import due
from newsletter.scheduling.runner import Runner
from subscribers import api as subscribers

HOW_TO_SET = "Add one: newsletter transports add; or set NEWSLETTER_SMTP_URL and start again."
FORGET_EVERY = timedelta(hours=1)

_log = logging.getLogger(__name__)


def web(config: Config) -> Part:
    """The web server; listens at once. Raises server.CannotListen."""
    from newsletter.project.wsgi import application

    listening = server.WebServer(application, listen=config.listen, trusted_proxies=config.trusted_proxies)
    return Part(name="web server", work=listening.run)


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


def worker(config: Config) -> Part:
    """Sends what was released and our own single mails; without a mail server it says so once, and waits for one."""
    sender = send.Worker(config, fleet.Fleet(config))

    def work(stop: threading.Event) -> None:
        if not transports.every(config):
            _log.warning("No mail server is set: nothing is sent, nothing is lost. %s", HOW_TO_SET)
        sender.run(stop)

    return Part(name="delivery worker", work=work)


def workers(count: int) -> Part:
    """Several delivery workers, each a process of its own, with the settings of this one."""
    return Part(name="delivery workers", work=Crew(count).run)


def work_once(config: Config, *, now: datetime) -> None:
    """Do what is due now, then return. Raises transport.NoTransport."""
    if not transports.every(config):
        raise transport.NoTransport(f"No mail server is set. Nothing is lost. {HOW_TO_SET}")
    with send.Worker(config, fleet.Fleet(config)) as sender:
        while sender.work_once(now):
            now = datetime.now(UTC)
