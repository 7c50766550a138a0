"""From the bytes of a server's reply to the ledger, the alarm and the page: over a real socket."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from newsletter.delivery.control import release_actions
from newsletter.delivery.ledger import audience_freeze
from newsletter.delivery.models import Alarm, Attempt, Result
from newsletter.delivery.progress import recipient_search
from newsletter.delivery.worker.delivery_worker import Worker
from newsletter.issues.models import Issue
from tests.delivery import newsroom, smtp_help
from tests.delivery.scripted_smtp import Script, ScriptedServer

pytestmark = pytest.mark.django_db(transaction=True)

Hire = Callable[..., Worker]
GMAIL = (
    b"550-5.7.26 Your email has been blocked because the sender is unauthenticated.\r\n"
    b"550-5.7.26 Gmail requires all senders to authenticate with either SPF or DKIM.\r\n"
    b"550 5.7.26 reader0@example.org a1-20020a05si123 - gsmtp\r\n"
)


@contextmanager
def listening(script: Script) -> Iterator[ScriptedServer]:
    """The server in a thread of its own, as another process would be."""
    server, up, over = ScriptedServer(script), threading.Event(), threading.Event()

    async def serve() -> None:
        async with server.running():
            up.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=[serve()])
    thread.start()
    up.wait()
    try:
        yield server
    finally:
        over.set()
        thread.join()


def test_each_reply_is_kept_with_its_kind_and_without_the_address(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """B4, B5: six readers, six answers, and only their own lot for each."""
    people = readers.join(6)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    answers = [
        b"550 5.1.1 <reader0@example.org>: no such user\r\n",
        b"452-4.2.2 The mailbox of reader1@example.org\r\n452 4.2.2 is over its quota\r\n",
        b"451 4.7.1 Greylisting in action, please come back\r\n",
        b"550 5.2.2 4.7.1 Mailbox full\r\n",
        b"450 5.1.1 said twice differently\r\n",
        None,
    ]
    with listening({"RCPT": answers}) as server:
        newsroom.work_off(hire(smtp_help.carrier(server)), now=now)

    kept = dict(Result.objects.order_by("subscriber").values_list("subscriber", "kind"))
    assert [kept[one] for one in people] == ["recipient", "full", "greylisted", "full", "other", ""]
    assert newsroom.assert_balanced(issue) == {"accepted": 1, "deferred": 3, "refused": 2}
    assert set(Attempt.objects.values_list("kind", flat=True)) == {"recipient", "full", "greylisted", "other"}
    replies = [*Result.objects.values_list("reply", flat=True), *Attempt.objects.values_list("reply", flat=True)]
    assert not any("@example.org" in reply for reply in replies)
    due = {row.subscriber: row.due for row in recipient_search.page(issue.pk, recipient_search.Wanted()).rows}[
        people[2]
    ]
    assert due is not None
    assert timedelta(minutes=5) <= due - now <= timedelta(minutes=16)


def test_a_provider_that_refuses_us_pauses_the_issue_in_words_and_a_person_gets_everybody_served(
    readers: newsroom.Readers, issue: Issue, hire: Hire, now: datetime
) -> None:
    """A2: nobody is marked; after it was mended, a complete set, each once."""
    people = readers.join(30)
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    with listening({"DOT": [None, None, GMAIL]}) as server:
        worker = hire(smtp_help.carrier(server))
        newsroom.work_off(worker, now=now)
        issue.refresh_from_db()
        assert issue.state == "paused"
        assert issue.state_reason.startswith("Gmail says that our mail is not authenticated")
        alarm = Alarm.objects.get(settled_at__isnull=True)
        assert "@example.org" not in alarm.text + issue.state_reason
        assert "refused" not in newsroom.assert_balanced(issue)

        release_actions.resume(issue.pk, by="staff:1", now=now)
        newsroom.work_off(worker, now=now + timedelta(minutes=10))
        assert newsroom.assert_balanced(issue) == {"accepted": len(people)}
        assert len(server.accepted) == len(people)
