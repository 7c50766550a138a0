"""The wheel, installed as a newcomer installs it: without the lock file, far from the checkout, each way through it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import venv
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import dkim
import pytest
from PIL import Image

from newsletter.mailbox.server import Server
from newsletter.mailbox.store import Mail, Mailbox
from tests import postgres
from tests.project.conftest import environment_of
from tests.project.visitor import Visitor

ROOT = Path(__file__).resolve().parent.parent.parent
BAD_WORD = re.compile(r"warning|deprecat|traceback|\berror\b", re.IGNORECASE)
"""None of them stands in what is said on the way when all goes well."""
PATIENCE = 60.0

pytestmark = pytest.mark.wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the checkout with the build tools of the lock file."""
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    (built,) = target.glob("newsletter_publisher-*.whl")
    return built


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`newsletter`, installed from the wheel with what it declares to need, at whatever versions there are today."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    venv.create(folder, with_pip=False)
    # The pip of our own environment installs into that one: it knows where this machine's package index is.
    pip = (sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"))
    told = {name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"}
    install = (*pip, "install", "--quiet", "--disable-pip-version-check", "--no-compile", str(wheel))
    done = subprocess.run(install, env=told, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout + done.stderr == "", "pip has nothing to warn of"
    # Whatever each package asks for is there, and of a version that suits all.
    subprocess.run((*pip, "check"), env=told, check=True, capture_output=True, timeout=60)
    return folder / "bin" / "newsletter"


@dataclass(frozen=True)
class Product:
    """An installation of its own, and the command."""

    command: Path
    folder: Path
    environment: dict[str, str]

    def __call__(self, *arguments: str) -> str:
        """What a command says on stdout; it must succeed, and warn of nothing."""
        done = subprocess.run(
            [self.command, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        assert not BAD_WORD.search(done.stderr), f"{arguments}: {done.stderr}"
        return done.stdout

    @contextmanager
    def running(self) -> Iterator[str]:
        """`newsletter run`, told to stop at the end; what it says meanwhile holds no warning. Gives its address."""
        said = self.folder / "run.log"
        with said.open("wb") as file:
            process = subprocess.Popen(
                [self.command, "run"], cwd=self.folder, env=self.environment, stdout=file, stderr=file
            )
        try:
            _until(lambda: "Listening on" in said.read_text() or process.poll() is not None)
            yield f"http://{self.environment['NEWSLETTER_LISTEN']}"
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=PATIENCE) == 0, said.read_text()
        finally:
            process.kill()
            process.wait()
        assert not BAD_WORD.search(said.read_text()), said.read_text()


def _product(command: Path, folder: Path, **settings: str) -> Product:
    environment = environment_of(folder / "data", PATH=os.defpath, **settings)
    environment.pop("PYTHONPATH", None)
    return Product(command=command, folder=folder, environment=environment)


def _until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def test_the_wheel_carries_templates_styles_words_and_the_sample(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for start, end in (
        ("newsletter/_templates/email/", ".html"),
        ("newsletter/_templates/web/", ".html"),
        ("newsletter/web/static/newsletter/", ".css"),
        ("newsletter/locale/fa/", ".mo"),
        ("subscribers/locale/fa/", ".mo"),
        ("newsletter/management/sample/en/", ".md"),
        ("newsletter/management/sample/fa/", ".jpg"),
        ("newsletter/migrations/", "0001_initial.py"),
    ):
        assert any(name.startswith(start) and name.endswith(end) for name in names), f"{start}…{end}"
    assert not [name for name in names if name.startswith("tests/") or "__pycache__" in name]


def test_installed_elsewhere_it_sets_up_is_healthy_and_runs_the_demo(command: Path, tmp_path: Path) -> None:
    call = _product(command, tmp_path)
    assert call("init", "--admin", "chief@example.org").startswith("http://127.0.0.1:8000/")
    assert json.loads(call("doctor", "--json"))["ok"] is True
    report = json.loads(call("demo", "--once"))
    assert report["ok"] is True
    assert report["accepted"] >= 200


def test_it_sets_up_postgresql_too(command: Path, tmp_path: Path) -> None:
    with postgres.server() as url:
        call = _product(command, tmp_path, NEWSLETTER_DATABASE_URL=url)
        call("init", "--admin", "chief@example.org")
        assert json.loads(call("doctor", "--json"))["ok"] is True


PAGE = """<!doctype html><html lang="en"><head><title>The quay is dry again | Quay Post</title>
<meta property="og:title" content="The quay is dry again"><meta property="og:image" content="/quay.jpg">
<meta name="description" content="After nine days the water has left the market square."></head>
<body><nav><a href="/">Home</a></nav><article><h1>The quay is dry again</h1><p>By Nell Harper</p>
<p>After nine days the water has left the market square, and the fishmongers were the first to come back. They swept
for a whole morning, and by noon the first crates of herring stood where they always stand.</p>
<p>The harbour master says that the new gate held. It closed on the second evening, an hour before the tide, and the
old town behind it stayed as dry as a library.</p><p><img src="/quay.jpg" alt="Brooms on the quay"></p>
<p>On Saturday the market opens at seven, as it has for two hundred years, and the band plays whatever happens.</p>
</article></body></html>"""
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Quay Post</title><link>{site}/</link>
<description>News of the quay</description>
<item><title>A choir for the night shift</title><link>{site}/choir</link><guid>choir-1</guid>
<pubDate>Thu, 26 Nov 2026 06:00:00 GMT</pubDate>
<description>Those who work at night sing at six in the morning, before they go to bed.</description></item>
</channel></rss>"""
MARKDOWN = """---
title: Forty lanterns for the long pier
description: The pier is lit from end to end again.
author: Nell Harper
image: lantern.jpg
image_alt: A lantern at dusk
---
The last of forty lanterns was hung on Friday, and nobody has walked into the sea since.

![The pier at night](pier.png)

Each burns for a name that somebody wanted remembered.
"""
HTML = """<html><head><title>Bread at midnight</title></head><body><h1>Bread at midnight</h1>
<p>The oven behind the station bakes through the night, and whoever cannot sleep may help with the dough.</p>
<p>It takes two hours from flour to loaf, which is long enough for most troubles.</p></body></html>"""


def _picture(colour: str, kind: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (640, 360), colour).save(file, kind)
    return file.getvalue()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A newspaper's site on this machine, as host:port."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "quay.html").write_text(PAGE)
    (folder / "quay.jpg").write_bytes(_picture("navy", "JPEG"))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        address = f"127.0.0.1:{server.server_port}"
        (folder / "feed.xml").write_text(FEED.format(site=f"http://{address}"))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield address
        server.shutdown()
        thread.join()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """What lies on an editor's disk."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "lanterns.md").write_text(MARKDOWN)
    (folder / "lantern.jpg").write_bytes(_picture("orange", "JPEG"))
    (folder / "pier.png").write_bytes(_picture("black", "PNG"))
    (folder / "bread.html").write_text(HTML)
    (folder / "note.txt").write_text("A note from the ferry\n\nIt ran on time, which had not happened since May.\n")
    (folder / "readers.csv").write_text("email;name\nada@example.org;Ada\nbo@example.org;Bø\n", encoding="cp1252")
    (folder / "more.csv").write_text("email,name\ncleo@example.org,Cleo\n")
    return folder


def test_every_way_through_the_product_is_open_in_a_fresh_installation(
    command: Path, tmp_path: Path, site: str, files: Path, free_port: int
) -> None:
    """Articles by address, file and feed; people by CSV; an issue made, shown, approved, signed, sent and left."""
    mailbox = Mailbox(tmp_path / "caught")
    with Server(mailbox) as mail_server:
        call = _product(
            command,
            tmp_path,
            NEWSLETTER_LISTEN=f"127.0.0.1:{free_port}",
            NEWSLETTER_SMTP_URL=mail_server.url,
            NEWSLETTER_FETCH_ALLOW=site,
            NEWSLETTER_METRICS_TOKEN="m" * 32,
            NEWSLETTER_TIME_ZONE="Asia/Tehran",
        )
        link = call("init", "--admin", "chief@example.org").strip()
        call("django", "check")
        _set_up(call)
        records = json.loads(call("dkim", "create", "example.org", "--json"))
        with call.running() as base:
            visitor = Visitor(base)
            visitor.open(link)
            assert "Articles" in visitor.send("csrfmiddlewaretoken"), "the link's button leads into the newsroom"
            _bring_in(visitor, call, site=site, files=files)
            issue = _send_an_issue(visitor, call, tmp_path)
            _until(lambda: mailbox.count() == 3)
            _look_around(visitor, issue)
            mails = [mailbox.get(caught.id) for caught in mailbox.list()]
            assert sorted(mail.caught.recipients[0].split("@")[0] for mail in mails) == ["ada", "bo", "cleo"]
            for mail in mails:
                _is_signed(mail, records)
            _leave(visitor, mails[0])
            visitor.close()
        assert json.loads(call("lists", "show", "--json"))[0]["unsubscribed"] == 1
    assert json.loads(call("issues", "status", str(issue), "--json"))["accepted"] == 3


def _set_up(call: Product) -> None:
    call("lists", "create", "Quay Letter")
    sender = ("--sender-address", "letter@example.org", "--sender-name", "Quay Post")
    law = ("--postal-address", "1 Quay Street, Harbour", "--reason", "You asked for it on our site.")
    call("publications", "create", "Quay Letter", "--list", "quay-letter", *sender, *law, "--language", "en")


def _bring_in(visitor: Visitor, call: Product, *, site: str, files: Path) -> None:
    """Articles and people, by pages and by commands."""
    for address in (f"http://{site}/quay.html", f"http://{site}/feed.xml"):
        visitor.open("/articles/new/")
        visitor.send("url", url=address, button="url")
    for name in ("bread.html", "note.txt"):
        visitor.open("/articles/new/")
        visitor.send("file", upload=("file", files / name), button="file")
    call("articles", "add", str(files / "lanterns.md"))
    call("sources", "add", f"http://{site}/feed.xml")
    call("sources", "fetch")
    titles = {article["title"] for article in json.loads(call("articles", "list", "--json"))}
    assert titles == {
        "The quay is dry again",
        "A choir for the night shift",
        "Bread at midnight",
        "A note from the ferry",
        "Forty lanterns for the long pier",
    }
    visitor.open("/lists/1/import/")
    visitor.send("file", upload=("file", files / "readers.csv"))
    visitor.send("basis", basis="Asked at the quay", button="commit")
    call("lists", "import", "quay-letter", str(files / "more.csv"), "--basis", "Asked at the quay")
    assert json.loads(call("lists", "show", "--json"))[0]["confirmed"] == 3


def _send_an_issue(visitor: Visitor, call: Product, folder: Path) -> int:
    """Made of all that there is; rendered, shown, approved on its page, sent."""
    made = json.loads(call("issues", "suggest", "quay-letter", "--json"))
    issue = int(made["id"])
    call("issues", "check", str(issue))
    call("issues", "render", str(issue), "--out", str(folder / "rendered"))
    assert "Forty lanterns" in (folder / "rendered" / "issue.html").read_text()
    assert "Forty lanterns" in (folder / "rendered" / "issue.txt").read_text()
    for page in ("", "preview/", "preview/frame/", "approve/"):
        visitor.open(f"/issues/{issue}/{page}")
    visitor.send("digest")
    call("issues", "release", str(issue))
    return issue


def _look_around(visitor: Visitor, issue: int) -> None:
    """Every page that a library of its own makes: numbers, calendars, metrics, and the same in Persian."""
    for language in ("en", "fa"):
        for page in ("/", "/issues/", f"/issues/{issue}/", f"/issues/{issue}/recipients/", "/articles/", "/lists/1/"):
            visitor.open(page)
        for page in (
            "/newsletters/quay-letter/",
            "/settings/",
            "/settings/servers/",
            "/activity/",
            "/join/quay-letter/",
        ):
            visitor.open(page)
        visitor.open("/")
        if language == "en":
            visitor.send("language", button="fa")
    assert 'dir="rtl"' in visitor.open("/")


def _is_signed(mail: Mail, records: list[dict[str, str]]) -> None:
    """dkimpy accepts every signature, with the records that were printed to be published."""
    answers = {record["name"].rstrip("."): record["text"].encode() for record in records}
    signatures = mail.message.get_all("DKIM-Signature", [])
    assert len(signatures) == 2
    verifier = dkim.DKIM(mail.data)
    for index in range(len(signatures)):
        assert verifier.verify(idx=index, dnsfunc=lambda name, timeout=5: answers.get(name.decode().rstrip(".")))


def _leave(visitor: Visitor, mail: Mail) -> None:
    """By the button of the link that the mail names."""
    found = re.search(r"<(http[^>]+)>", mail.message["List-Unsubscribe"].replace("\r\n", ""))
    assert found
    visitor.open(found[1])
    visitor.send("action")
