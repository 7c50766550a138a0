"""What delivery says to the log: events with stable names and plain numbers, for people and for machines.

A name is a promise: alerts and dashboards are built on it. What is said names issues, chunks and workers, never people.
"""

import logging
from typing import Literal

Name = Literal[
    "chunk.claimed",  # issue, chunk, worker, retry, open: a worker took it
    "chunk.settled",  # issue, chunk, worker, and a count for each state; at DEBUG, for there are many
    "chunk.closed",  # issue, chunk, worker, done, seconds
    "chunk.lost",  # issue, chunk, worker: another worker took it
    "chunk.taken-over",  # issue, chunk, worker, owner, settled, uncertain: its owner was gone
    "chunk.stuck",  # issue, chunk: it cannot be taken over
    "release.frozen",  # issue, candidates, planned, excluded, seconds
    "release.failed",  # issue, why
    "release.paused",  # issue, why
    "release.resumed",  # issue
    "release.cancelled",  # issue
    "release.unbalanced",  # issue, why: it is not shown as finished
    "release.finished",  # issue, and a count for each state
    "database.held",  # why
    "database.released",  # uncertain, mails
    "transport.paused",  # transport, why: until a person resumes it
    "transport.sleeping",  # transport, seconds, why
    "transport.resumed",  # transport
]
Value = str | int | float | bool | None

_log = logging.getLogger("newsletter.delivery")


def say(event: Name, *, level: int = logging.INFO, **fields: Value) -> None:
    """Log an event. Text that comes from elsewhere is fine as a value: the log takes addresses out of it."""
    if not _log.isEnabledFor(level):
        return
    words = " ".join([event, *(f"{name}={_plain(value)}" for name, value in fields.items() if value is not None)])
    _log.log(level, "%s", words, extra={"event": event, "fields": fields})


def _plain(value: Value) -> str:
    """A value of a single word as it is, others in quotes."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}"
    text = " ".join(str(value).split())
    return f'"{text}"' if " " in text or not text else text
