"""Engines with one promise broken on purpose, each of which the oracle must catch (trust §4).

They patch by name. A name that is gone stops the worker with a word about it, and its test fails.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any


def break_promise(kind: str) -> None:
    """Turn this process's engine into that mutant; the sound engine for an empty name."""
    if kind:
        MUTANTS[kind]()


def _patch(owner: object, name: str, changed: Callable[[Any], object]) -> None:
    """Put something else in its place, made from what is there."""
    if not hasattr(owner, name):
        raise SystemExit(f"The mutant is out of date: {owner!r} has no {name}.")
    setattr(owner, name, changed(getattr(owner, name)))


def _no_fence() -> None:
    """Whoever wakes up late still thinks that the chunk is theirs."""
    from newsletter.delivery.ledger import statements

    _patch(statements, "FENCE", lambda _: "issue_id = %s AND number = %s AND %s IS NOT NULL")


def _settle_before_reply() -> None:
    """What was handed over is taken for accepted before the server has said so."""
    from newsletter.delivery.carrier import Phase, Reply
    from newsletter.delivery.states import DeliveryState
    from newsletter.delivery.worker import dot_gate

    def believing(before_dot: Any) -> Any:
        def before(self: Any, message: Any) -> bool:
            allowed = bool(before_dot(self, message))
            if allowed:
                yes = Reply(message.key, DeliveryState.ACCEPTED, Phase.DOT, 250, "", "")
                self._journal.reply(self._key, message.key, yes)
            return allowed

        return before

    _patch(dot_gate.ChunkGate, "before_dot", believing)


def _cursor() -> None:
    """A place in the list instead of a row for each: whoever stands before it counts as done."""
    from newsletter.delivery.ledger import results
    from newsletter.delivery.models import Result

    def by_cursor(open_deliveries: Any) -> Any:
        def rows(lease: Any) -> Any:
            there = Result.objects.filter(issue_id=lease.issue).order_by("-subscriber")
            last = there.values_list("subscriber", flat=True).first() or 0
            return [row for row in open_deliveries(lease) if row.subscriber > last]

        return rows

    _patch(results, "open_deliveries", by_cursor)


def _consent_not_read_again() -> None:
    """Whoever was planned gets it, whatever they said since."""
    from newsletter.delivery.worker import chunk_loader, consent_watch
    from newsletter.issues.states import IssueState

    def all_willing(recipients: Any) -> Any:
        return lambda audience, ids: {
            one: replace(person, barred=None) for one, person in recipients(audience, ids).items()
        }

    _patch(consent_watch, "_read", lambda _: lambda chunk: ({}, IssueState.SENDING))
    _patch(chunk_loader.subscribers, "recipients", all_willing)


def _missing_journal_is_empty() -> None:
    """Where no record can be read, nothing was sent."""
    from newsletter.delivery.ledger import journal

    def trusting(read: Any) -> Any:
        def found(directory: Any, worker_id: Any, keys: Any) -> Any:
            keys = list(keys)
            return read(directory, worker_id, keys) or {key: journal.LeaseRecord() for key in keys}

        return found

    _patch(journal, "read", trusting)


def _no_deadline() -> None:
    """The dot is written however long ago the lease ran out, as long as nobody has said that it is lost."""
    from newsletter.delivery.worker import dot_gate

    _patch(dot_gate.ChunkGate, "has_lease", lambda _: property(lambda self: self.halted != "lost"))
    _patch(dot_gate.ChunkGate, "_may_send", lambda _: lambda self, subscriber: subscriber not in self.barred)


def _retry_result_dropped() -> None:
    """What is there stays: the result of a second try is lost in the conflict, without a word."""
    from newsletter.delivery.ledger import results
    from newsletter.delivery.models import Result

    def dropping(upsert: Any) -> Any:
        def write(lease: Any, group: Any, places: Any, *, now: datetime) -> int:
            there = set(Result.objects.filter(issue_id=lease.issue).values_list("subscriber", flat=True))
            upsert(lease, [one for one in group if one.subscriber not in there], places, now=now)
            return len(group)

        return write

    _patch(results, "_upsert", dropping)


def _everything_uncertain() -> None:
    """No journal is ever believed."""
    from newsletter.delivery.ledger import journal

    _patch(journal, "read", lambda _: lambda directory, worker_id, keys: None)


MUTANTS: dict[str, Callable[[], None]] = {
    "no-fence": _no_fence,
    "settle-before-reply": _settle_before_reply,
    "cursor": _cursor,
    "consent-not-read-again": _consent_not_read_again,
    "missing-journal-is-empty": _missing_journal_is_empty,
    "no-deadline": _no_deadline,
    "retry-result-dropped": _retry_result_dropped,
    "everything-uncertain": _everything_uncertain,
}
