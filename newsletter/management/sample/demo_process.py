"""The demo from the inside: sets the sample newsroom up, runs every part, and tells what happens as a story."""

import logging.config
import threading
import time
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.urls import reverse

from newsletter.conf import Config, config
from newsletter.delivery.ledger import queries as ledger
from newsletter.delivery.servers import transport_url
from newsletter.issues import queries as issues
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.mailbox import server, store
from newsletter.management.cli import installation, output
from newsletter.management.cli.demo import LOG, DemoFailed
from newsletter.management.runtime import parts, thread_group
from newsletter.management.sample import newsroom, verify
from newsletter.staff import services as staff

AHEAD = timedelta(seconds=3)
"""How far in the future the first issue is scheduled."""
PERSIAN_AHEAD = timedelta(seconds=20)
PATIENCE = 120.0
"""Seconds in which the issue must be delivered with --once."""
LOOK_SECONDS = 0.2
STDIN = 0
WHY_NOT = {
    "pending": "have not confirmed yet",
    "unsubscribed": "have left",
    "suppressed": "must not be mailed",
}


def run(*, once: bool) -> None:
    """Everything in one process, until a stop; with ``once`` until the English issue is out. Raises DemoFailed."""
    ours = config()
    if ours.mailbox_dir is None or not ours.smtp_url:
        raise DemoFailed("This is the inside of the demo. Run `newsletter demo`.")
    _log_to_a_file(ours)
    output.say("Setting up: the Quillhaven Lantern, its two newsletters and 240 invented readers …")
    installation.migrate()
    room = newsroom.build(now=output.clock())
    english = newsroom.compose(room, room.english, now=output.clock())
    persian = newsroom.compose(room, room.persian, now=output.clock())
    mailbox = store.Mailbox(ours.mailbox_dir)
    stop = threading.Event()
    thread_group.stop_on_signals(stop)
    thread_group.stop_at_end_of(STDIN, stop)
    with server.Server(mailbox, port=transport_url.settings_of(ours.smtp_url).port):
        wanted = [parts.web(ours), parts.scheduler(), parts.worker(ours)]
        now = output.clock()
        newsroom.approve(room, english, now=now, send_at=now + AHEAD)
        if not once:
            newsroom.approve(room, persian, now=now, send_at=now + PERSIAN_AHEAD)
            newsroom.look_ahead(room, now=now)
            _tell_where(room, ours)
        told = [("English", english)] if once else [("English", english), ("Persian", persian)]
        story = thread_group.Part(name="demo", work=partial(_tell, told, once=once))
        reason = thread_group.run([*wanted, story], stop=stop)
    if reason:
        raise DemoFailed(reason)
    _end(english, mailbox, once=once)


def _log_to_a_file(config: Config) -> None:
    """The story is for people; what the parts log stands beside it, with the same care for addresses and secrets."""
    # In the settings too: the web server sets Django, and with it the log, up once more.
    handlers: Any = settings.LOGGING["handlers"]
    handlers["stderr"]["stream"] = (config.data_dir / LOG).open("a", encoding="utf-8")
    logging.config.dictConfig(settings.LOGGING)


def _tell_where(room: newsroom.Newsroom, config: Config) -> None:
    base, now = config.base_url, output.clock()
    output.say("")
    output.say(f"  Newsroom       {base}/")
    output.say(f"  Caught mails   {base}{reverse('mailbox')}")
    output.say(f"  Join the list  {base}{reverse('join', args=['harbour-letter'])}")
    output.say(f"  Log            {config.data_dir / LOG}")
    output.say("")
    output.say("  Sign in with one of these links. Each works once:")
    output.say(f"    Odile Brandt, admin and editor   {staff.sign_in_link(room.chief, now=now, by=output.ACTOR)}")
    output.say(f"    Ines Calloway, editor            {staff.sign_in_link(room.editor, now=now, by=output.ACTOR)}")
    output.say("")
    output.say("The English issue goes out in a few seconds, the Persian one soon after. Press Ctrl-C to stop.")


def _tell(told: list[tuple[str, Issue]], until: threading.Event, *, once: bool) -> None:
    """Say how each release goes; with ``once`` stop everything when it is over."""
    deadline = time.monotonic() + PATIENCE
    said: dict[str, str] = {}
    while not until.wait(LOOK_SECONDS):
        for name, issue in told:
            state = issues.get_issue(issue.pk).state
            if state != said.get(name):
                said[name] = state
                _say_state(name, issue, state)
        if all(said[name] == IssueState.FINISHED for name, _ in told):
            break
        if once and time.monotonic() > deadline:
            raise DemoFailed(f"The issue was not delivered within {PATIENCE:.0f} seconds. It is {said['English']}.")
    if once:
        until.set()
    elif not until.is_set():
        output.say("Look around as long as you like. Press Ctrl-C to stop.")
    until.wait()


def _say_state(name: str, issue: Issue, state: str) -> None:
    sums = ledger.ledger(issue.pk)
    if state == IssueState.SENDING:
        output.say(f"The {name} issue is going out to {sums['planned']:,} readers.")
    elif state == IssueState.FINISHED:
        output.say(f"The {name} issue is sent. The mail server took {sums['accepted']} of {sums['planned']} mails.")
        excluded = sums["excluded"]
        if isinstance(excluded, dict) and excluded:
            why = ", ".join(f"{n} {WHY_NOT.get(reason, reason)}" for reason, n in excluded.items())
            output.say(f"  {sum(excluded.values())} others on its list got none: {why}.")


def _end(english: Issue, mailbox: store.Mailbox, *, once: bool) -> None:
    if not once:
        caught = mailbox.count()
        output.say(f"Stopped. {caught:,} mails were sent, all of them into the mailbox on this machine.")
        return
    comparison = verify.compare(issues.get_issue(english.pk), mailbox)
    output.emit(comparison.as_json())
    if not comparison.ok:
        raise DemoFailed("The mailbox does not hold what the ledger says; the numbers are in the line above.")
    output.say(f"Checked: the mailbox holds {comparison.messages} mails, one for each reader, as the ledger says.")
