"""The parser process: what ends a call, and that nobody else notices."""

import os
import pickle
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.articles import drafts, extract, feeds, fetch, images, language, parser
from newsletter.errors import InvalidInput, NewsletterError
from newsletter.translatable import Translatable as _

pytestmark = pytest.mark.filterwarnings("error")

FOR_EVER = (re.match, "(a+)+b", "a" * 60)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[parser.Parser]:
    """A parser of this test's own, that waits no longer than it must."""
    monkeypatch.setattr(parser, "SECONDS", 1)
    made = parser.Parser()
    yield made
    made.end()


def test_what_a_function_answers_and_raises_comes_back(own: parser.Parser) -> None:
    draft = own.run(extract.file, b"# A headline\n\nThe story.", name="story.md")
    assert (draft.title, draft.body) == ("A headline", "<p>The story.</p>\n")
    with pytest.raises(language.UnknownLanguage) as refused:
        own.run(language.tag, "no tag")
    assert refused.value.field == "language"
    assert isinstance(refused.value.args[0], type(_("")))
    with pytest.raises(ZeroDivisionError) as unforeseen:
        own.run(divmod, 1, 0)
    assert "Traceback" in unforeseen.value.__notes__[0]


def test_it_stays_warm(own: parser.Parser) -> None:
    assert len({own.run(os.getpid) for _number in range(3)}) == 1
    assert own.run(os.getpid) == own.pid != os.getpid()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_of_everything_lets_whoever_asked_finish(own: parser.Parser, number: signal.Signals) -> None:
    """A service manager, and Ctrl-C in a terminal, tell every process; this one ends with its owner."""
    first = own.run(os.getpid)
    os.kill(first, number)
    assert own.run(os.getpid) == first


def test_it_is_the_last_to_get_a_core_and_the_first_to_go(own: parser.Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "NICENESS", 19)
    assert own.run(os.getpriority, os.PRIO_PROCESS, 0) == 19
    with open(f"/proc/{own.pid}/oom_score_adj", encoding="ascii") as score:
        assert score.read().strip() == "1000"


def test_what_takes_too_long_is_ended_by_the_kernel_and_the_next_is_read(own: parser.Parser) -> None:
    """No signal handler of Python's would ever run: the regular expression never comes back."""
    first = own.run(os.getpid)
    before = os.times().children_user
    with pytest.raises(parser.TooCostly, match="more than 1 seconds"):
        own.run(*FOR_EVER)
    assert 1 <= os.times().children_user - before < 4
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    assert own.run(len, "x") == 1


def test_what_waits_for_ever_is_ended_too(own: parser.Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(parser.TooCostly):
        own.run(_with_a_short_wait)


def _with_a_short_wait() -> None:
    parser.MOST_SECONDS = 1
    parser._within(60, 700, lambda: time.sleep(60))


def test_what_takes_too_much_memory_is_refused(own: parser.Parser) -> None:
    own.run(len, "x")
    with pytest.raises(parser.TooCostly, match="more than 700 MB"):
        own.run(bytearray, 2_000_000_000)
    assert own.run(len, "x") == 1


def test_a_process_that_grew_is_replaced_after_its_answer(own: parser.Parser) -> None:
    grown = own.run(os.getpid)
    assert own.run(_grow) == 400_000_000
    assert own.pid is None
    assert own.run(os.getpid) != grown


def _grow() -> int:
    return len(bytearray(b"x") * 400_000_000)


def test_one_that_dies_of_something_else_says_how(own: parser.Parser) -> None:
    with pytest.raises(parser.TooCostly, match="broke off"):
        own.run(os._exit, 3)
    assert own.run(len, "x") == 1


def test_many_who_wait_are_told_so_and_keep_no_thread(own: parser.Parser, tmp_path: Path) -> None:
    """They are told while the others still wait: what is read ends only after that."""
    refused: queue.Queue[Exception] = queue.Queue()
    told = tmp_path / "told"

    def ask() -> None:
        try:
            own.run(_until_it_is_there, str(told))
        except parser.ParserBusy as error:
            refused.put(error)

    threads = [threading.Thread(target=ask) for _number in range(parser.MOST_WAITING + 4)]
    for thread in threads:
        thread.start()
    try:
        for _number in range(3):
            refused.get(timeout=60)
    finally:
        told.touch()
        for thread in threads:
            thread.join()
    assert refused.empty()
    assert own.run(len, "x") == 1


def _until_it_is_there(path: str) -> None:
    while not os.path.exists(path):
        time.sleep(0.02)


def test_it_ends_when_whoever_asks_is_killed() -> None:
    script = (
        "import os; from newsletter.articles import parser; "
        "print(parser.run(os.getpid), flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    pid = int(done.stdout)
    for _number in range(100):
        if not os.path.exists(f"/proc/{pid}") or _is_zombie(pid):
            return
        time.sleep(0.05)
    pytest.fail("it is still there")


def _is_zombie(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize(
    "kind",
    [
        drafts.UnusableArticle,
        feeds.UnusableFeed,
        images.TooSmall,
        images.UnusablePicture,
        language.UnknownLanguage,
        InvalidInput,
    ],
)
def test_an_error_keeps_its_field_and_its_words_on_the_way(kind: type[InvalidInput]) -> None:
    error = pickle.loads(pickle.dumps(kind(_("%(n)s is wrong.", n=3), field="file")))  # noqa: S301  (our own)
    assert (type(error), error.field, error.args[0].message) == (kind, "file", "%(n)s is wrong.")


def test_nothing_that_it_imports_needs_django_or_a_socket() -> None:
    """It holds no connection to the database, and no key."""
    script = "import sys; from newsletter.articles import parser; parser._warmed(); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert "django" not in done.stdout
    assert "httpx" not in done.stdout
    assert NewsletterError.__module__ in done.stdout
    assert fetch.__name__ not in done.stdout
