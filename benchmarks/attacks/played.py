"""The attacks, each for as long as a block lasts. They come from loopback addresses other than the visitors'."""

import http.server
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from benchmarks.attacks import payloads
from benchmarks.attacks.visitors import Editor
from benchmarks.delivery import processes

ATTACKERS_NICENESS = 10
"""They would be on another machine, and take none of this one's time."""
EDITORS = 3
"""Who send at once what strangers wrote."""


@dataclass(frozen=True)
class Scene:
    """Who and what there is to attack."""

    port: int
    editor: Editor
    hostile: str
    """The address of a web site that has every payload."""
    list_name: str
    list_id: int
    mail: str
    """The number of a caught one."""
    rows: int
    """Of an import."""


Told = Counter[str]
Play = Callable[[Scene], AbstractContextManager[Told]]


@contextmanager
def _flood(
    scene: Scene, kind: str, *, count: int, path: str = "/join/{}/", sources: int = 1, first: int = 2
) -> Iterator[Told]:
    """By the attacker of the tests."""
    told: Told = Counter()
    words = [kind, "127.0.0.1", str(scene.port), "--count", str(count), "--sources", str(sources)]
    words += ["--first", str(first)]
    attacker = subprocess.Popen(
        [sys.executable, "-m", "tests.attacks.attacker", *words, "--path", path.format(scene.list_name)],
        cwd=processes.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.nice(ATTACKERS_NICENESS) and None,
    )
    if attacker.stdin is None or attacker.stdout is None:
        raise processes.Failed("an attacker without pipes")
    try:
        attacker.stdout.readline()
        yield told
        attacker.stdin.close()
        said = json.loads(attacker.stdout.readline())
        told.update({"connections": said["opened"], **said["answers"]})
    finally:
        attacker.stdin.close()
        attacker.wait(60)


@contextmanager
def _by_editors(scene: Scene, send: Callable[[Scene, str], int], *, at_once: int = EDITORS) -> Iterator[Told]:
    """Again and again; a name that is new each time tells what is sent from what was sent before."""
    told, stop, names = Counter[str](), threading.Event(), payloads.names()

    def go_on() -> None:
        while not stop.is_set():
            told[str(send(scene, next(names)))] += 1
            stop.wait(0.02)  # an editor who is refused at once does not flood

    threads = [threading.Thread(target=go_on, daemon=True) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    try:
        yield told
    finally:
        stop.set()
        for thread in threads:
            thread.join(160)


def _pasted(text: str, scene: Scene, _name: str) -> int:
    return scene.editor.send("/articles/pasted/", {"room": "1000000"}, [("html", "x", text.encode())])


def _typed(text: str, scene: Scene, name: str) -> int:
    return scene.editor.send("/articles/new/", {"way": "text", "title": name, "body": text})


def _file(suffix: str, data: bytes, scene: Scene, name: str) -> int:
    return scene.editor.send("/articles/new/", {"way": "file"}, [("file", f"{name}.{suffix}", data)])


def _picture(data: bytes, scene: Scene, name: str) -> int:
    return scene.editor.send(
        "/articles/new/", {"way": "text", "title": name, "body": "x"}, [("picture", "x.png", data)]
    )


def _address(what: str, scene: Scene, name: str) -> int:
    return scene.editor.send("/articles/new/", {"way": "url", "url": f"{scene.hostile}/{what}?{name}"})


def _people(scene: Scene, name: str) -> int:
    data = payloads.people(scene.rows) + f"{name}@example.org,x\n".encode()
    return scene.editor.send(f"/lists/{scene.list_id}/import/", {}, [("file", f"{name}.csv", data)])


def _read_mailbox(scene: Scene, _name: str) -> int:
    return min(scene.editor.open("/mailbox/"), scene.editor.open(f"/mailbox/{scene.mail}/"))


def _editors(send: Callable[[Scene, str], int], *, source: str = "127.0.0.2", **how: Any) -> Play:
    return lambda scene: _by_editors(replace(scene, editor=replace(scene.editor, source=source)), send, **how)


def _flooded(kind: str, **how: Any) -> Play:
    return lambda scene: _flood(scene, kind, **how)


ATTACKS: dict[str, Play] = {
    "65 pasted bytes": _editors(partial(_pasted, payloads.share_bar())),
    "65 typed bytes": _editors(partial(_typed, payloads.share_bar())),
    "a share bar": _editors(partial(_pasted, payloads.natural_share_bar())),
    "empty comments": _editors(partial(_file, "html", payloads.page(payloads.comments()))),
    "a feed of comments": _editors(partial(_address, "feed")),
    "many doctypes": _editors(partial(_address, "doctypes")),
    "many headings": _editors(partial(_file, "html", payloads.page(payloads.headings()))),
    "deep nesting": _editors(partial(_file, "html", payloads.page(payloads.nesting()))),
    "a megabyte of &": _editors(partial(_pasted, payloads.ampersands())),
    "megabytes of Markdown": _editors(partial(_file, "md", payloads.markdown().encode())),
    "a picture bomb": _editors(partial(_picture, payloads.picture())),
    "a 400 kB Subject": _editors(_read_mailbox),
    "an import": _editors(_people, at_once=1),
    "a huge POST": _flooded("huge_post", count=8),
    "110 half-open connections": _flooded("silent", count=110),
    "1,000 half-open connections": _flooded("silent", count=1_000),
    "3,000 half-open connections": _flooded("silent", count=3_000, sources=100),
    "half a header": _flooded("half_headers", count=1_000),
    "slow headers": _flooded("slow_headers", count=1_000),
    "slow bodies": _flooded("slow_body", count=1_000),
    "slow readers": _flooded("slow_reader", count=300),
    "idle connections": _flooded("idle", count=1_000),
    "pipelining": _flooded("pipelining", count=10),
    "a header of 1 MB": _flooded("long_header", count=10),
    "a chunk's length of 8 MB": _flooded("long_chunk", count=4),
    "uploads with made-up cookies": _flooded("forged_uploads", count=8),
    "a proof of nested brackets": _flooded("one_form", count=20),
    "a flood of one page": _flooded("one_page", count=50),
    "a flood of one page from the same address": _flooded("one_page", count=50, first=1),
    "deep nesting from the same address": _editors(
        partial(_file, "html", payloads.page(payloads.nesting())), source="127.0.0.1"
    ),
    "uploads that are announced": _flooded("announced_uploads", count=20),
    "a flood from 100 addresses": _flooded("one_page", count=100, sources=100),
}


@contextmanager
def hostile_site() -> Iterator[str]:
    """A web site whose pages are payloads."""
    pages = {
        "/feed": ("application/rss+xml", payloads.feed(payloads.comments())),
        "/doctypes": ("text/html", payloads.doctypes().encode() + payloads.page("text")),
    }

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, data = pages.get(self.path.partition("?")[0], ("text/plain", b""))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
