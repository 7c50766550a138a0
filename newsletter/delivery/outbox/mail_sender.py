"""How a worker holds the outbox's mails: claimed under a token, marked before the dot, settled at once."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F

from newsletter.delivery.carrier import Message, Reply
from newsletter.delivery.models import OutboxMail
from newsletter.delivery.replies import classification
from newsletter.delivery.states import DeliveryState

BACKOFF = [timedelta(minutes=m) for m in (1, 5, 15, 60, 120, 240)]
"""A person is waiting for these, so they are tried sooner than an issue; the last step repeats until the life ends."""
SOON = timedelta(minutes=1)
"""When a try that cost none is made again."""
BATCH = 20
LOOK_UP = 1.0
"""Seconds after which a postman who waits for a server looks whether to stop."""
DRAIN = 20.0
"""Seconds that what is in flight has to end when we are told to stop."""

State = OutboxMail.State
CLEARED: dict[str, Any] = {"recipient": "", "sender": "", "message": b""}
_log = logging.getLogger("newsletter.delivery.outbox")


def expire(now: datetime) -> None:
    late = OutboxMail.objects.filter(state=State.WAITING, expires_at__lte=now)
    late.update(state=State.EXPIRED, settled_at=now, **CLEARED)


def take_back(now: datetime) -> None:
    """Rows whose holder gave no sign of life. The new token shuts the old holder out, should it wake."""
    left = OutboxMail.objects.filter(state=State.HELD, due__lt=now)
    left.filter(at_dot=True).update(
        state=State.UNCERTAIN,
        settled_at=now,
        reply="We stopped between the end of the message and the server's answer; it was not sent again.",
        **CLEARED,
    )
    left.filter(at_dot=False).update(state=State.WAITING, token=F("token") + 1, owner="", due=now)


def claim(*, now: datetime, worker_id: str, lease: timedelta) -> list[OutboxMail]:
    held = []
    for mail in OutboxMail.objects.filter(state=State.WAITING, due__lte=now).order_by("due", "pk")[:BATCH]:
        waiting = OutboxMail.objects.filter(pk=mail.pk, state=State.WAITING, token=mail.token)
        if waiting.update(state=State.HELD, owner=worker_id, token=mail.token + 1, due=now + lease, at_dot=False):
            mail.token += 1
            held.append(mail)
    return held


class Desk:
    """The gate of these mails: asked in the carrier's thread, answered by the thread that has the database."""

    def __init__(
        self, held: Sequence[OutboxMail], *, now: datetime, lease: timedelta, is_stopping: Callable[[], bool]
    ) -> None:
        self._is_stopping = is_stopping
        self._held = {mail.pk: mail for mail in held}
        self._lease = lease
        self._started = (now, time.monotonic())
        self._calls: queue.SimpleQueue[tuple[Callable[[], bool], Future[bool]] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self.told = 0

    # In the carrier's thread.

    def may_start(self, message: Message) -> bool:
        return not self._is_stopping() and self._now() < self._held[message.key].expires_at

    def may_still_start(self) -> bool:
        return True

    def before_dot(self, message: Message) -> bool:
        return self._ask(lambda: self._mark(self._held[message.key]))

    def after_reply(self, message: Message, reply: Reply) -> None:
        """Durable at once: these are few."""
        self._ask(lambda: self._settle(self._held.pop(reply.key), reply))

    def put_back(self, message: Message, *, seen: bool) -> None:
        """Nothing: it stays held, and `release` lets it wait again."""

    def _ask(self, call: Callable[[], bool]) -> bool:
        answer: Future[bool] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("The outbox has stopped.")
            self._calls.put((call, answer))
        return answer.result()

    # In the caller's thread.

    def serve(self, done: Future[None]) -> None:
        """Answer until the carrier is done, with a sign of life now and then; then raise what it raised.

        When told to stop, what is in flight has `DRAIN` to end.
        """
        done.add_done_callback(lambda _: self._calls.put(None))
        beat_every = self._lease.total_seconds() / 3
        beat_at, stop_at = time.monotonic() + beat_every, 0.0
        try:
            while True:
                with suppress(queue.Empty):
                    call = self._calls.get(timeout=min(max(beat_at - time.monotonic(), 0.01), LOOK_UP))
                    if call is None:
                        break
                    _answer(*call)
                if time.monotonic() >= beat_at:
                    self._beat()
                    beat_at = time.monotonic() + beat_every
                if self._is_stopping():
                    stop_at = stop_at or time.monotonic() + DRAIN
                    if time.monotonic() >= stop_at:
                        done.cancel()
        finally:
            self._close()
        with suppress(CancelledError):
            done.result()

    def _close(self) -> None:
        """Nobody answers any more: who still waits, or asks later, is told so."""
        with self._lock:
            self._closed = True
        while not self._calls.empty():
            if (call := self._calls.get()) is not None:
                call[1].cancel()

    def release(self, *, reason: str) -> None:
        """Let wait again what got no answer; a row marked for its dot stays, and becomes uncertain in time."""
        for mail in self._held.values():
            given = {"reply": reason[:500]} if reason else {}
            self._rows(mail).filter(state=State.HELD, at_dot=False).update(
                state=State.WAITING, owner="", due=self._now() + SOON, **given
            )
        self._held = {}

    def _now(self) -> datetime:
        at, tick = self._started
        return at + timedelta(seconds=time.monotonic() - tick)

    def _rows(self, mail: OutboxMail) -> models.QuerySet[OutboxMail]:
        return OutboxMail.objects.filter(pk=mail.pk, token=mail.token)

    def _beat(self) -> None:
        for mail in list(self._held.values()):
            self._rows(mail).filter(state=State.HELD).update(beat=F("beat") + 1, due=self._now() + self._lease)

    def _mark(self, mail: OutboxMail) -> bool:
        now = self._now()
        mine = self._rows(mail).filter(state=State.HELD, expires_at__gt=now)
        return mine.update(at_dot=True, due=now + self._lease) == 1

    def _settle(self, mail: OutboxMail, reply: Reply) -> bool:
        self.told += 1
        now = self._now()
        said: dict[str, Any] = {"code": reply.code, "reply": reply.text[:500], "owner": ""}
        # Trust B4: what the server wants of us is no refusal of this reader.
        if reply.state is DeliveryState.DEFERRED or classification.is_about_us(reply):
            tries = mail.tries + reply.counts_as_try
            wait = BACKOFF[min(tries, len(BACKOFF)) - 1] if tries else SOON
            waiting = self._rows(mail).filter(state=State.HELD)
            return bool(waiting.update(state=State.WAITING, at_dot=False, tries=tries, due=now + wait, **said))
        _log.info("mail %d (%s): %s", mail.pk, mail.kind, reply.state)
        # Somebody may have called it uncertain meanwhile: who heard the answer knows better.
        mine = self._rows(mail).filter(state__in=[State.HELD, State.UNCERTAIN])
        return bool(mine.update(state=_STATES[reply.state], tries=mail.tries + 1, settled_at=now, **said, **CLEARED))


_STATES = {
    DeliveryState.ACCEPTED: State.ACCEPTED,
    DeliveryState.REFUSED: State.REFUSED,
    DeliveryState.UNCERTAIN: State.UNCERTAIN,
}


def _answer(call: Callable[[], bool], answer: Future[bool]) -> None:
    try:
        answer.set_result(call())
    except BaseException as error:
        answer.set_exception(error)  # the carrier's thread waits for it
        raise
