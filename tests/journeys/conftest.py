"""The whole product running: pages, scheduler, worker and mailbox on real ports, and Debian's Chromium."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, Page

from newsletter import pipeline
from newsletter.conf import Config
from newsletter.delivery.servers import carrier_registry
from newsletter.delivery.worker import delivery_worker
from newsletter.mailbox.server import Server
from newsletter.mailbox.store import Mailbox
from newsletter.management.runtime import thread_group
from newsletter.scheduling import due
from newsletter.scheduling.runner import Runner


@dataclass(frozen=True)
class House:
    """The running product."""

    url: str
    mailbox: Mailbox


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh person at the computer: no cookie of another."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    yield context.new_page()
    context.close()


@pytest.fixture
def another_page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    yield context.new_page()
    context.close()


@pytest.fixture
def house(transactional_db: None, live_server: object, settings: LazySettings, tmp_path: Path) -> Iterator[House]:
    """Web server, scheduler, worker and mailbox; they drain before the database is emptied."""
    url = str(live_server)
    mailbox = Mailbox(tmp_path / "mailbox")
    stop = threading.Event()
    with Server(mailbox) as smtp:
        config: Config = replace(
            settings.NEWSLETTER, base_url=url, smtp_url=smtp.url, mailbox_dir=tmp_path / "mailbox", data_dir=tmp_path
        )
        settings.NEWSLETTER = config
        settings.SUBSCRIBERS = {**settings.SUBSCRIBERS, "BASE_URL": url}
        worker = delivery_worker.Worker(config, carrier_registry.CarrierRegistry(config))
        parts = [
            thread_group.Part(name="scheduler", work=Runner(tick=pipeline.tick, next_time=due.next_time).run),
            thread_group.Part(name="worker", work=worker.run),
        ]
        died: list[str | None] = []
        thread = threading.Thread(target=lambda: died.append(thread_group.run(parts, stop=stop)))
        thread.start()
        try:
            yield House(url=url, mailbox=mailbox)
        finally:
            stop.set()
            thread.join(timeout=40)
    assert died == [None]


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Wait for something that happens by itself; fails after two and a half minutes."""

    def wait(happened: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 150
        while not happened():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.2)

    return wait
