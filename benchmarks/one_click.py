"""Can people always leave? One-click POSTs on SQLite while 100,000 rows are imported and an issue goes out.

A real `newsletter run` on an empty data directory, the real import command beside it, a sink that takes the mails.
Each tenth reader leaves by the link in the mail as soon as it has come. Exits 1 when a POST failed or took 2 s.
"""

import argparse
import asyncio
import csv
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import httpx
from aiosmtpd.smtp import SMTP

from benchmarks.delivery.command import summed_up

LIMIT = 2.0
"""Seconds; RFC 8058 senders expect an answer at once (trust U2)."""
LINK = re.compile(rb"List-Unsubscribe: <(https?://[^>]+)>")
ARTICLE = """---
title: The ferry runs an hour longer
byline: Ada Quill
language: en
---
The last boat now leaves at eleven, so that people who work late can get home.

The harbour office asked two hundred passengers, and nine of ten wanted it.
"""


class Sink:
    """Takes every mail; hands on the way out of each tenth."""

    def __init__(self, links: SimpleQueue[str]) -> None:
        self.taken = 0
        self._links = links

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken += 1
        if self.taken % 10 == 0:
            found = LINK.search(envelope.content.replace(b"\r\n ", b" ").replace(b": \r\n", b": "))
            if found:
                self._links.put(found[1].decode())
        return "250 2.0.0 taken"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def serve(sink: Sink, port: int) -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(loop.create_server(lambda: SMTP(sink, loop=loop), "127.0.0.1", port))
    loop.run_forever()


def post(link: str) -> tuple[int, float]:
    """Status and seconds of one RFC 8058 POST; 0 when nobody answered."""
    began = time.monotonic()
    try:
        status = httpx.post(link, data={"List-Unsubscribe": "One-Click"}, timeout=30, trust_env=False).status_code
    except httpx.TransportError:
        status = 0
    return status, time.monotonic() - began


def people(path: Path, rows: int, name: str) -> Path:
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["email", "name"])
        out.writerows([f"{name}{i}@d{i % 150}.example", f"Reader {i}"] for i in range(rows))
    return path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the import")
    parser.add_argument("--readers", type=int, default=5_000, help="deliveries of the release")
    wanted = parser.parse_args()
    links: SimpleQueue[str] = SimpleQueue()
    sink, smtp, web = Sink(links), free_port(), free_port()
    threading.Thread(target=serve, args=(sink, smtp), daemon=True).start()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("NEWSLETTER_")} | {
            "NEWSLETTER_DATA_DIR": str(folder / "data"),
            "NEWSLETTER_LISTEN": f"127.0.0.1:{web}",
            "NEWSLETTER_SMTP_URL": f"smtp://127.0.0.1:{smtp}?tls=none",
        }

        def newsletter(*words: str) -> Any:
            done = subprocess.run(
                [sys.executable, "-m", "newsletter", *words], env=environment, check=True, stdout=subprocess.PIPE
            )
            text = done.stdout.decode().strip()
            return json.loads(text) if text.startswith(("{", "[")) else text

        newsletter("init", "--admin", "editor@example.org")
        for slug in ("readers", "archive"):
            newsletter("lists", "create", slug.title(), "--slug", slug)
        basis = ("--basis", "Paper forms, collected for this measurement", "--json")
        newsletter("lists", "import", "readers", str(people(folder / "a.csv", wanted.readers, "reader")), *basis)
        newsletter(
            *("publications", "create", "Harbour Letter", "--slug", "harbour", "--list", "readers"),
            *("--sender-address", "letter@harbour.example", "--postal-address", "1 Quay Street, Harbour"),
            *("--reason", "You joined on our site."),
        )
        (folder / "ferry.md").write_text(ARTICLE)
        newsletter("articles", "add", str(folder / "ferry.md"))
        article = newsletter("articles", "list", "--json")[0]["id"]
        issue = str(newsletter("issues", "create", "harbour", "--subject", "One more boat", "--json")["id"])
        newsletter("issues", "add", issue, str(article))
        newsletter("issues", "approve", issue, "--by", "editor@example.org")

        running = subprocess.Popen([sys.executable, "-m", "newsletter", "run"], env=environment)
        try:
            while post(f"http://127.0.0.1:{web}/u/nothing/")[0] == 0:
                time.sleep(0.2)  # until the web server answers
            file = people(folder / "b.csv", wanted.rows, "other")
            command = [sys.executable, "-m", "newsletter", "lists", "import", "archive", str(file), *basis]
            began = time.monotonic()
            importing = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
            newsletter("issues", "release", issue, "--by", "editor@example.org")
            answers: list[tuple[int, float]] = []
            status: dict[str, Any] = {"state": "sending"}
            import_seconds = 0.0
            while not import_seconds or status["state"] != "finished" or not links.empty():
                while not links.empty():
                    answers.append(post(links.get()))
                    if not import_seconds and importing.poll() is not None:
                        import_seconds = time.monotonic() - began
                if importing.poll() is not None:
                    import_seconds = import_seconds or time.monotonic() - began
                    status = newsletter("issues", "status", issue, "--json")
                time.sleep(0.05)  # between two looks for links, so that we are not the load
        finally:
            running.terminate()
            running.wait(timeout=40)
    seconds = sorted(taken for _, taken in answers)
    failed = sum(code not in {200, 202} for code, _ in answers)
    result = {
        "posts": len(answers),
        "failed": failed,
        "slowest_s": round(seconds[-1], 3),
        "median_s": round(statistics.median(seconds), 3),
        "import_rows": wanted.rows,
        "import_s": round(import_seconds, 1),
        "import_exit": importing.returncode,
        "accepted": status["accepted"],
        "withdrawn": status["withdrawn"],
    }
    return summed_up(result, ok=not failed and seconds[-1] < LIMIT and importing.returncode == 0)


if __name__ == "__main__":
    sys.exit(main())
