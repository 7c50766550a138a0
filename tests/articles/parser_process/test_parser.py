"""The parser process: what ends a call, and that nobody else notices."""

import json
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

import nh3
import pytest

import newsletter
from newsletter.articles import drafts
from newsletter.articles.fetching import http_client
from newsletter.articles.parser_process import answers, budget, child, parser, process
from newsletter.articles.pictures import recode
from newsletter.articles.reading import extract, feeds
from newsletter.articles.text import language
from newsletter.errors import InvalidInput, UserError
from newsletter.translatable import Translatable as _

pytestmark = pytest.mark.filterwarnings("error")

FOR_EVER = (re.match, "(a+)+b", "a" * 60)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[parser.Parser]:
    """A parser of this test's own, that waits no longer than it must."""
    monkeypatch.setattr(budget, "SECONDS", 1)
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


def test_it_is_late_to_get_a_core_and_the_first_to_go(own: parser.Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the very last: at 19, half a second beside one busy process takes a minute."""
    monkeypatch.setattr(budget, "NICENESS", 10)
    assert own.run(os.getpriority, os.PRIO_PROCESS, 0) == 10
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


def test_what_waits_for_ever_is_ended_too_and_nobody_says_that_it_took_the_seconds_of_an_article(
    own: parser.Parser,
) -> None:
    with pytest.raises(parser.OutOfTime, match="not done in time"):
        own.run(_with_a_short_wait)
    assert own.run(len, "x") == 1


def _with_a_short_wait() -> None:
    budget.MOST_SECONDS = 1
    child.within_budget(60, 700, lambda: time.sleep(60))


def test_what_takes_too_much_memory_is_refused(own: parser.Parser) -> None:
    own.run(len, "x")
    with pytest.raises(parser.TooCostly, match="more than 700 MB"):
        own.run(bytearray, 2_000_000_000)
    assert own.run(len, "x") == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT])
def test_what_ends_for_want_of_memory_is_too_large_and_no_fault_to_report(
    number: signal.Signals, own: parser.Parser
) -> None:
    """Libraries in Rust abort where they are given none; the kernel kills."""
    with pytest.raises(parser.TooCostly, match="of memory"):
        own.run(_kill_itself, number)


def _kill_itself(number: int) -> None:
    os.kill(os.getpid(), number)


def test_an_html_that_its_cleaner_has_no_memory_for_is_too_large(
    own: parser.Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.run(len, "x")
    monkeypatch.setattr(budget, "MEGABYTES", 60)
    monkeypatch.setattr(budget, "SECONDS", 10)
    with pytest.raises(parser.TooCostly, match="more than 60 MB"):
        own.run(nh3.clean, "<p>a<b>b" * 600_000)


def test_a_process_that_grew_is_replaced_after_its_answer(own: parser.Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "SECONDS", 10)  # so much memory takes its time where other tests want it, too
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

    threads = [threading.Thread(target=ask) for _number in range(budget.MOST_WAITING + 4)]
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


def test_one_deadline_holds_for_all_that_is_read_within_it(own: parser.Parser) -> None:
    own.run(len, "x")
    with parser.deadline(1), parser.deadline(100):
        own.run(time.sleep, 0.7)
        with pytest.raises(parser.OutOfTime):
            own.run(time.sleep, 30)
    with parser.deadline(0), pytest.raises(parser.OutOfTime):
        own.run(len, "x")
    assert own.run(len, "x") == 1


@pytest.mark.parametrize("limit", ["a turn", "a deadline"])
def test_nobody_waits_for_a_turn_without_an_end(
    limit: str, own: parser.Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.run(len, "x")
    monkeypatch.setattr(budget, "SECONDS_FOR_A_TURN", 0.2 if limit == "a turn" else 60)
    first = threading.Thread(target=own.run, args=(time.sleep, 3))
    first.start()
    while not own._turn.locked():
        time.sleep(0.01)
    with (
        parser.deadline(0.2 if limit == "a deadline" else 60),
        pytest.raises(parser.ParserBusy, match="Other articles"),
    ):
        own.run(len, "x")
    assert first.is_alive()
    first.join()


def test_an_answer_of_any_size_is_not_kept(own: parser.Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(parser.TooCostly, match="More than 50 MB were read"):
        own.run(bytes, 60_000_000)
    # Nor that of a process which does not count itself any more.
    monkeypatch.setattr(budget, "MOST_ANSWER_BYTES", 1_000)
    with pytest.raises(parser.TooCostly, match="were read out of this"):
        own.run(bytes, 10_000)


class _Caller:
    """Calls what it likes in whoever unpickles it."""

    def __init__(self, *call: object) -> None:
        self.call = call

    def __reduce__(self) -> tuple[object, ...]:
        return self.call[0], self.call[1:]


@pytest.mark.parametrize(
    "call",
    [
        (os.system, "true"),
        (eval, "1"),
        (getattr, "", "join"),
        (subprocess.Popen, "true"),
        (child.serve, 1, 2),
        (process.ChildProcess,),
        (SystemExit, 3),
        (KeyboardInterrupt,),
        (extract.file, b"", "a"),
    ],
)
def test_an_answer_calls_nothing(call: tuple[object, ...], own: parser.Parser) -> None:
    """A process that a hole in a library gave away answers what it likes."""
    answer = pickle.dumps((True, "returned", _Caller(*call)))
    with pytest.raises(pickle.UnpicklingError, match="no part of an answer"):
        answers.read(answer)
    with pytest.raises(parser.TooCostly, match=r"broke off \(0\)"):
        own.run(_answer_by_itself, answer)
    assert own.run(len, "x") == 1


def test_an_answer_changes_nothing_for_others() -> None:
    """As where our pictures lie, which is a property of their class."""
    change = b"\x80\x04cnewsletter.articles.pictures.recode\nEncoded\n(N}\x8c\x04fileK\x01stb."
    kept = recode.Encoded.__dict__["file"]
    with pytest.raises(pickle.UnpicklingError, match="changes no classes"):
        answers.read(change)
    assert recode.Encoded.__dict__["file"] is kept


@pytest.mark.parametrize("answer", [b"", b"rubbish", pickle.dumps((True, "raised", "words")), pickle.dumps(3)])
def test_rubbish_is_no_answer(answer: bytes, own: parser.Parser) -> None:
    with pytest.raises(parser.TooCostly, match=r"broke off \(0\)"):
        own.run(_answer_by_itself, answer)


def _answer_by_itself(answer: bytes) -> None:
    """Past all that the process does with answers."""
    for descriptor in os.listdir("/proc/self/fd"):
        if int(descriptor) > 2 and os.path.realpath(f"/proc/self/fd/{descriptor}").startswith("/proc/"):
            os.write(int(descriptor), len(answer).to_bytes(8, "big") + answer)
    time.sleep(60)


def test_what_cannot_travel_says_what_it_was(own: parser.Parser) -> None:
    with pytest.raises(RuntimeError, match="cannot travel") as refused:
        own.run(json.loads, "{")
    assert "JSONDecodeError" in "".join(refused.value.__notes__)


def test_a_process_that_does_not_listen_is_ended(own: parser.Parser) -> None:
    own.run(len, "x")
    assert own.pid
    os.kill(own.pid, signal.SIGSTOP)
    with parser.deadline(0.5), pytest.raises(parser.OutOfTime):
        own.run(len, b"x" * 1_000_000)
    assert own.run(len, "x") == 1


def test_nothing_of_the_folder_in_which_it_starts_is_run(tmp_path: Path) -> None:
    """An editor adds articles in a folder of downloads."""
    for name in ("nh3", "lxml", "PIL", "json", "feedparser", "random"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'was-run')!r}, 'w')\n")
    script = (
        "import sys; sys.path[:] = [path for path in sys.path if path]; "
        "from newsletter.articles.parser_process import parser; from newsletter.articles.reading import extract; "
        "print(parser.run(extract.file, b'# A\\n\\nb', name='a.md').title)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "A\n"
    assert not (tmp_path / "was-run").exists()


def test_whatever_starts_our_modules_does_not_look_for_them_in_the_working_directory() -> None:
    start = re.compile(r'sys\.executable, ((?:"-\w+", )*)"-[mc]"')
    sources = Path(newsletter.__file__).parent.rglob("*.py")
    starts = [found for path in sources for found in start.findall(path.read_text())]
    assert len(starts) == 3
    assert set(starts) == {'"-P", '}


def test_it_is_given_no_secret(own: parser.Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NEWSLETTER_SECRET_KEY", "NEWSLETTER_DATABASE_URL", "NEWSLETTER_SMTP_URL", "AWS_KEY", "PGPASSWORD"):
        monkeypatch.setenv(name, "a secret")
    own.run(len, "x")
    given = Path(f"/proc/{own.pid}/environ").read_bytes()
    assert b"secret" not in given
    assert b"NEWSLETTER" not in given


def test_it_ends_when_whoever_asks_is_killed() -> None:
    script = (
        "import os; from newsletter.articles.parser_process import parser; "
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
        recode.TooSmall,
        recode.UnusablePicture,
        language.UnknownLanguage,
        InvalidInput,
    ],
)
def test_an_error_keeps_its_field_and_its_words_on_the_way(kind: type[InvalidInput]) -> None:
    error = pickle.loads(pickle.dumps(kind(_("%(n)s is wrong.", n=3), field="file")))  # noqa: S301  (our own)
    assert (type(error), error.field, error.args[0].message) == (kind, "file", "%(n)s is wrong.")


def test_nothing_that_it_imports_needs_django_or_a_socket() -> None:
    """It holds no connection to the database, and no key."""
    script = (
        "import sys; from newsletter.articles.parser_process import child; child.warm_up(); print(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert "django" not in done.stdout
    assert "httpx" not in done.stdout
    assert UserError.__module__ in done.stdout
    assert http_client.__name__ not in done.stdout
