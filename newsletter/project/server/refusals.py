"""Answers that are given before any page is asked."""

from waitress.task import ErrorTask
from waitress.utilities import Error


class ServiceUnavailable(Error):  # type: ignore[misc]  # waitress has no types
    """The answer 503; no exception."""

    code = 503
    reason = "Service Unavailable"


class Refusal(ErrorTask):  # type: ignore[misc]
    """The task that answers with the request's ``error``; to HEAD without a body."""

    def execute(self) -> None:
        if not self.request.is_head:
            super().execute()
            return
        status, headers, body = self.request.error.to_response(self.channel.server.adj.ident)
        self.status = status
        self.response_headers.extend(headers)
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(b"")
