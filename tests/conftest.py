"""Fixtures that every room may use."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright

from newsletter.articles.parser_process import budget

# How long an example takes says nothing where other tests run beside it.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")

# Tests wait for it; beside two others on two cores it would hardly ever get its turn.
budget.NICENESS = 0

FILES_OF_A_KIND = 3
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rate-seconds",
        type=float,
        default=float(os.environ.get("RATE_SECONDS", "8")),
        help="how long the rate limits are watched; the long form is 60",
    )
    parser.addoption(
        "--stored",
        action="store_true",
        help="only tests that use the database; of pages those that open every one, of files a few of each kind",
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where only tests with certain marks are wanted, files that name none of these are not read.

    Reading all takes seconds, and each worker of each call does it.
    """
    words = set(re.findall(r"\w+", config.option.markexpr or ""))
    if not words or "not" in words or collection_path.suffix != ".py":
        return None
    source = collection_path.read_text(encoding="utf-8")
    return True if not any(f"mark.{word}" in source for word in words) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--stored"):
        return
    shapes: Counter[str] = Counter()
    kept = [
        item
        for item in items
        if _uses_the_database(item) and not _is_one_page_more(item) and not _is_one_file_more(item, shapes)
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def _is_one_page_more(item: pytest.Item) -> bool:
    """A page or a command asks the database by functions that have tests of their own; that each page opens is enough.

    Attacks aim at what comes before any database; what erasure leaves behind is a matter of each. Limits are counted
    by a function that has tests of its own, too, and the parts of the worker work together in the tests of the whole.
    """
    enough = {
        "web": {"test_every_page.py"},
        "attacks": {"test_erasure.py"},
        "staff": {"test_pages.py"},
        "servers": {"test_server_health.py", "test_several_servers.py"},
        "worker": {"test_delivery_worker.py"},
    }
    return (
        item.path.name not in enough.get(item.path.parent.name, {item.path.name})
        or "command" in item.path.stem
        or item.path.parts[-3:] == ("articles", "text", "test_bounds.py")
    )


def _is_one_file_more(item: pytest.Item, seen: Counter[str]) -> bool:
    """What a file of people says is read before any database is asked; how it is kept is the same for each."""
    seen[name := item.nodeid.partition("[")[0]] += 1
    return "subscribers" in item.path.parts and seen[name] > FILES_OF_A_KIND


def _uses_the_database(item: pytest.Item) -> bool:
    names = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(names & {"db", "transactional_db"})


@pytest.fixture(autouse=True)
def _in_english() -> None:
    """A page that an earlier test opened in another language leaves that language to its thread."""
    translation.deactivate()


@pytest.fixture
def rate_seconds(request: pytest.FixtureRequest) -> float:
    return float(request.config.getoption("--rate-seconds"))


@pytest.fixture
def now() -> datetime:
    """A Thursday morning; rooms get their time passed in."""
    return datetime(2026, 11, 26, 7, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, one for the whole run: a second Playwright in this thread would find the first one's loop."""
    # For the same reason Django would take every query here for one from a coroutine.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()
