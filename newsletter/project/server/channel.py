"""A connection, and the question who sends a long body on it."""

import functools
import logging
from typing import Any

from django.db import Error as DatabaseError
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.utilities import Error, RequestEntityTooLarge

from newsletter.project.server.dispatcher import Dispatcher
from newsletter.project.server.refusals import Refusal, ServiceUnavailable
from newsletter.project.server.request import NOT_SIGNED_IN, Request, session_of
from subscribers import api as subscribers

CANNOT_LOOK = "The database does not answer. Nothing was kept. Try again in a minute."

_log = logging.getLogger("newsletter.project.server")


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection of a client, which waitress reads and writes."""

    error_task_class = Refusal
    parser_class = Request
    request: Any
    """The `Request` that is coming in, or None."""

    def service(self) -> None:
        dispatcher: Dispatcher = self.server.task_dispatcher
        request = self.requests[0]
        try:
            super().service()
        finally:
            dispatcher.answered(request)

    def received(self, data: bytes) -> bool:
        went_on = bool(super().received(data))
        if went_on and self.request and self.request.awaits_admission:
            self.server.add_task(Admission(self, self.request))
        return went_on

    def readable(self) -> bool:
        return bool(super().readable()) and not (self.request and self.request.awaits_admission)

    def writable(self) -> bool:
        """Whether the loop may write; not while a thread just sends what it answers, which needs no help.

        Waitress would ask again and again whether that thread is done, and so keep it from going on: at Python's five
        milliseconds a turn, a hundred clients got half as many pages.
        """
        if not super().writable():
            return False
        if not self.outbuf_lock.acquire(blocking=False):
            return False
        self.outbuf_lock.release()
        return True

    def write_soon(self, data: bytes) -> int:
        written = int(super().write_soon(data))
        if self.total_outbufs_len:
            self.server.pull_trigger()  # its reader is slow: the loop sends the rest when there is room
        return written

    def admit(self, request: Request) -> None:
        """Go on reading the request. May be called in any thread."""
        request.is_admitted = True
        self.server.pull_trigger()

    def handle_close(self) -> None:
        super().handle_close()
        if self.request:
            self.request.close()  # deletes the file of what had come

    @property
    def is_silent(self) -> bool:
        """Nothing has come on this connection since it was opened."""
        return bool(self.last_activity == self.creation_time)

    @property
    def awaits_request(self) -> bool:
        """A whole request is due on this connection, and is not here."""
        return not self.requests and (self.request is not None or self.is_silent)

    @property
    def long_bodies(self) -> list[Request]:
        """Requests with long bodies that were admitted; the request that is coming in now is the last."""
        known = [*self.requests, *([self.request] if self.request else [])]
        return [request for request in known if request.is_admitted and not request.error]

    @functools.cached_property
    def network(self) -> str:
        """The network that the connection comes from, be that a proxy's."""
        return subscribers.network_of(self.addr[0])

    def client(self, request: HTTPRequestParser) -> str:
        """The network that a request comes from, as the proxies before us tell."""
        forwarded = request.headers.get("X_FORWARDED_FOR") if self.adj.trusted_proxy else None
        return subscribers.network_of(forwarded) if forwarded else self.network

    def refuse(self, error: Error) -> None:
        """Answer the request that is coming in now, unread."""
        with self.requests_lock:
            self.request.refuse(error)
            self.requests.append(self.request)
            self.request = None
            if len(self.requests) == 1:
                self.server.add_task(self)


class Admission:
    """The question who sends a long body; it asks the database, and waits for its turn as a request does."""

    def __init__(self, channel: Channel, request: Request) -> None:
        self._channel = channel
        self.requests = [request]

    def client(self, request: HTTPRequestParser) -> str:
        return self._channel.client(request)

    def service(self) -> None:
        (request,) = self.requests
        server = self._channel.server
        refused: Error | None = ServiceUnavailable(CANNOT_LOOK)
        try:
            # Thousands who hung up may wait here: nobody else shall wait for the answers that they would get.
            is_there = self._channel.connected
            refused = (
                None if is_there and server.is_signed_in(session_of(request)) else RequestEntityTooLarge(NOT_SIGNED_IN)
            )
        except DatabaseError as error:
            _log.error("who sends a large file could not be looked up: %s", error)
        finally:
            server.task_dispatcher.answered(request)
            if refused is None:
                self._channel.admit(request)
            elif self._channel.connected:
                self._channel.refuse(refused)

    def cancel(self) -> None:
        self._channel.cancel()
