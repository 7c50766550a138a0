"""The inside of an installation under measurement: a process that is asked on its standard input, a line of JSON each.

`python -m benchmarks.delivery.newsroom`, with the environment of the installation. It ends with its input.
"""

import json
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import django

PATIENCE, SLOWEST = 120, 200
"""Seconds that a delivery may take, and besides one for so many messages; then it has failed."""
FIRST_LOOK, SHORTEST, LONGEST, FIRST_WAIT = 0.002, 0.003, 0.25, 0.05
"""Seconds between two looks at the ledger, which is another process's, so nobody could ring. ``FIRST_WAIT``: while no
chunk is done, so that nothing can be told yet."""


class Newsroom:
    """What may be asked; each answer is plain data."""

    def __init__(self) -> None:
        self._stories: dict[int, list[Any]] = {}

    def durability(self) -> dict[str, str]:
        """What a committed row is worth here, as the database says itself."""
        from django.db import connection

        names = {
            "sqlite": ("PRAGMA {}", ("journal_mode", "synchronous", "mmap_size", "cache_size")),
            "postgresql": ("SHOW {}", ("fsync", "synchronous_commit", "full_page_writes", "server_version")),
        }
        form, wanted = names[connection.vendor]
        found = {}
        with connection.cursor() as cursor:
            for name in wanted:
                cursor.execute(form.format(name))
                found[name] = str(cursor.fetchone()[0])
        return found

    def people(self, *, name: str, count: int) -> int:
        """A list with that many readers and a publication of its own; how many there are."""
        from benchmarks.delivery import digest, people

        now = datetime.now(UTC)
        list_id = people.fill(name=name, count=count, now=now - timedelta(days=1))
        digest.publication(list_id=list_id, slug=name, by=self._editor(), now=now)
        return count

    def approve(self, *, name: str, stories: int) -> int:
        """One more issue for that list, approved; its id."""
        from benchmarks.delivery import digest
        from newsletter.issues.models import Publication

        now = datetime.now(UTC)
        if not self._stories:
            self._stories[0] = digest.write_articles(now=now)
        chosen = self._stories[0][:stories]
        return digest.approved(Publication.objects.get(slug=name), chosen, by=self._editor(), now=now).pk

    def release(self, *, issue: int) -> dict[str, float]:
        """Freeze it: workers begin. How many are planned, and how long it took."""
        from newsletter import pipeline

        began = time.monotonic()
        release = pipeline.release(issue, by=self._editor().actor, now=datetime.now(UTC))
        return {"planned": release.planned, "seconds": time.monotonic() - began}

    def rendition(self, *, issue: int) -> dict[str, str]:
        """What was approved, with {{name}} and {{link}} where a reader's values go: as rivals send it."""
        from newsletter.issues.models import Rendition
        from newsletter.rendering import personalise, results

        row = results.frozen(Rendition.objects.get(issue_id=issue))
        values = personalise.values_for(name="{{name}}", unsubscribe_url="{{link}}")
        return {
            "subject": row.tokens.fill_text(row.subject, values),
            "html": row.tokens.fill_html(row.html, values),
            "text": row.tokens.fill_text(row.text, values),
        }

    def watch(self, *, issue: int, planned: int, pid: int) -> dict[str, float]:
        """Wait until everything is settled. Seconds from the first claim to the last settle's commit, as seen here,
        and what the worker with that process id, its children included, took of the processor meanwhile.

        Few and cheap looks, at the chunks: each waits for a quarter of what seems to be left, where that can be told.
        """
        from django.db.models import Sum

        from benchmarks.delivery import processes
        from newsletter.delivery.models import Chunk, Result

        until = time.monotonic() + PATIENCE + planned / SLOWEST
        while not Chunk.objects.filter(issue_id=issue).exclude(state="waiting").exists():
            _in_time(until)
            time.sleep(FIRST_LOOK)
        began, before = time.monotonic(), processes.cpu_of_family(pid)
        unfinished = Chunk.objects.filter(issue_id=issue).exclude(state="done")
        while open_ := unfinished.aggregate(n=Sum("size"))["n"]:
            now, done = _in_time(until), planned - open_
            left = open_ * (now - began) / done if done > 0 else 0.0
            # The ledger is another process's, so nobody rings; a quarter, so that the end is not seen late.
            time.sleep(min(max(left / 4, SHORTEST if done > 0 else FIRST_WAIT), LONGEST))
        ended, after = time.monotonic(), processes.cpu_of_family(pid)
        accepted = Result.objects.filter(issue_id=issue, state="accepted").count()
        return {"seconds": ended - began, "accepted": accepted, "cpu": after - before}

    def carrier_settings(self, *, name: str) -> list[str]:
        """The paths by which the readers of that list leave."""
        from subscribers import conf, tokens
        from subscribers.models import Subscription

        keys = conf.settings().token_keys
        ids = Subscription.objects.filter(list__slug=name).values_list("public_id", flat=True)
        return [f"/u/{tokens.make(bytes(one), tokens.Scope.LEAVE, keys=keys)}/" for one in ids]

    def open_to_all(self, *, name: str) -> int:
        """Whoever wants may join that list by its page; its number."""
        from subscribers.models import List

        List.objects.filter(slug=name).update(consent_text="Yes, write to me.", language="en")
        return List.objects.get(slug=name).pk

    def session(self) -> str:
        """A browser's session in which the editor is signed in."""
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
        from django.contrib.sessions.backends.db import SessionStore

        editor, store = self._editor(), SessionStore()
        editor.is_editor = editor.is_admin = True
        editor.save()
        store[SESSION_KEY] = str(editor.pk)
        store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        store[HASH_SESSION_KEY] = editor.get_session_auth_hash()
        store.create()
        return str(store.session_key)

    def freeze_pair(self, *, name: str, plain_first: bool) -> dict[str, float]:
        from benchmarks.delivery import raw

        return raw.freeze_pair(self.approve(name=name, stories=1), plain_first=plain_first, by=self._editor().actor)

    def settle_pair(self, *, issue: int, rows: int, plain_first: bool) -> dict[str, float]:
        from benchmarks.delivery import raw

        return raw.settle_pair(issue, rows=rows, plain_first=plain_first)

    def _editor(self) -> Any:
        from newsletter.staff.models import User

        return User.objects.get(email="editor@harbour.example")


def _in_time(until: float) -> float:
    now = time.monotonic()
    if now > until:
        raise TimeoutError("not everything was settled in time; is a server or the worker gone?")
    return now


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks ends us, by ending our input
    django.setup()
    room = Newsroom()
    for line in sys.stdin:
        question = json.loads(line)
        call: Callable[..., Any] = getattr(room, question.pop("do"))
        try:
            answer = {"answer": call(**question)}
        except Exception as error:  # told to whoever asked, who ends everything
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
