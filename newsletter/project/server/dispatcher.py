"""The threads that answer requests."""

from typing import Any

from waitress.task import ThreadedTaskDispatcher

from newsletter.project.server.request import Request, session_in
from newsletter.project.server.request_queue import RequestQueue
from newsletter.staff import access


class Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Threads that answer the requests of a `RequestQueue`."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = RequestQueue()

    def answered(self, request: Request) -> None:
        """Free the thread of a request."""
        with self.lock:
            self.queue.answered(request)

    def learning(self, application: Any) -> Any:
        """Wrap the application: the queue learns from its pages who is signed in."""

        def answer(environ: dict[str, Any], start: Any) -> Any:
            answered = application(environ, start)
            session, found = session_in(environ.get("HTTP_COOKIE", "")), environ.get(access.FOUND)
            if session and found is not None:
                with self.lock:
                    self.queue.learn(session, is_signed_in=found)
            return answered

        return answer

    def shutdown(self, cancel_pending: bool = True, timeout: int = 5) -> bool:
        with self.lock:
            for task in self.queue.clear():
                task.cancel()
        return bool(super().shutdown(cancel_pending, timeout))
