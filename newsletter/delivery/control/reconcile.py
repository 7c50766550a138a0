"""Doubts are settled from the relay's own log: it knows which of our messages it took (trust B6, K5)."""

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from newsletter.conf import Config
from newsletter.delivery import alarms
from newsletter.delivery.control import relay_log, release_actions
from newsletter.delivery.control.relay_log import Format, Seen
from newsletter.delivery.ledger.chunking import CHUNK_SIZE
from newsletter.delivery.message import message_id
from newsletter.delivery.message.sender import Sender
from newsletter.delivery.message.verp import Verp
from newsletter.delivery.models import Release, Result
from newsletter.delivery.states import DeliveryState
from newsletter.errors import InvalidInput, NotAllowed, UserError
from newsletter.issues import queries as issue_queries
from newsletter.issues.models import Issue
from newsletter.staff import services as staff
from newsletter.translatable import Quantity
from newsletter.translatable import Translatable as _

GZIP = b"\x1f\x8b"
CONTROLS = 200
"""How many accepted messages are looked up: a log that knows none of them is another server's, or another day's."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the log made of the doubts."""

    doubts: int
    accepted: int = 0
    again: int = 0
    """Not in a log that is complete: not taken, so due once more."""
    later: dict[str, int] = field(default_factory=dict)
    """What the relay says became of those that it took."""
    lines: int = 0

    @property
    def left(self) -> int:
        """Still in doubt."""
        return self.doubts - self.accepted - self.again


def reconcile(
    issue_id: int,
    *,
    log: Path,
    form: Format,
    complete: bool,
    dry_run: bool,
    config: Config,
    by: str,
    now: datetime,
) -> Outcome:
    """Settle what the log shows; with ``complete``, a person vouches that it covers the whole time of the sending.

    Then what it does not show was not taken, and is sent again. Raises InvalidInput, UserError for a log that
    cannot be read, NotAllowed, NotFound; nothing was changed then.
    """
    issue = issue_queries.get_issue(issue_id)
    if not Release.objects.filter(pk=issue_id, frozen_at__isnull=False).exists():
        raise NotAllowed(_("This issue has not been sent, so nothing is in doubt."))
    names = _Names(issue, form=form, config=config)
    doubts = names.of(DeliveryState.UNCERTAIN)
    controls = names.of(DeliveryState.ACCEPTED, most=CONTROLS) if complete else {}
    with _lines(log) as lines:
        seen = relay_log.read(lines, form=form, wanted=[*doubts, *controls])
    _check(seen, log=log, form=form, controls=controls)
    taken = [subscriber for name, subscriber in doubts.items() if name in seen.taken]
    gone = _not_taken(issue_id, log, [doubts[name] for name in doubts if name not in seen.taken]) if complete else []
    later: dict[str, int] = {}
    for name, word in seen.later.items():
        if name in doubts:
            later[word] = later.get(word, 0) + 1
    if dry_run:
        return Outcome(doubts=len(doubts), accepted=len(taken), again=len(gone), later=later, lines=seen.lines)
    accepted = sum(
        release_actions.believe(issue_id, ids, attempt="in the relay's log", reply="Found in the relay's log.", now=now)
        for ids in _portions(taken)
    )
    again = sum(
        release_actions.due_again(issue_id, ids, was=DeliveryState.UNCERTAIN, by=by, now=now) for ids in _portions(gone)
    )
    detail: dict[str, object] = {"accepted": accepted, "again": again, "format": form.value, "complete": complete}
    staff.record(actor=by, action="issue.reconcile", subject=f"issue:{issue_id}", now=now, detail=detail)
    if not Result.objects.filter(issue_id=issue_id, state=DeliveryState.UNCERTAIN).exists():
        alarms.settle_alarm(key=f"uncertain:{issue_id}", now=now)
    return Outcome(doubts=len(doubts), accepted=accepted, again=again, later=later, lines=seen.lines)


class _Names:
    """What the messages of an issue are called in a log of this format; computed, since nobody stored it."""

    def __init__(self, issue: Issue, *, form: Format, config: Config) -> None:
        approval = issue_queries.approval_in_force(issue)
        if approval is None:
            raise NotAllowed(
                _(
                    "Issue %(number)s is not approved, so its messages have no Message-ID.",
                    number=Quantity(issue.number),
                )
            )
        sender = Sender(**approval.sender)
        self._issue, self._form = issue.pk, form
        self._message_id = message_id.of_issue(message_key=config.message_key, issue_id=issue.pk, sender=sender)
        self._verp = Verp(message_key=config.message_key, domain=sender.bounce_domain or sender.domain)

    def of(self, state: DeliveryState, *, most: int | None = None) -> dict[str, int]:
        """Name to subscriber, of those in that state."""
        rows = Result.objects.filter(issue_id=self._issue, state=state).order_by("subscriber")
        return {self._name(subscriber): subscriber for subscriber in rows.values_list("subscriber", flat=True)[:most]}

    def _name(self, subscriber: int) -> str:
        if self._form is Format.OPENSMTPD:
            return self._verp.address(issue=self._issue, subscriber=subscriber).lower()
        return self._message_id(subscriber)


def _check(seen: Seen, *, log: Path, form: Format, controls: dict[str, int]) -> None:
    """Refuse a log that proves nothing."""
    if not seen.understood:
        raise InvalidInput(
            _(
                "%(log)s contains no line about a message in the format %(value)s. Choose another --format. "
                "Nothing was changed.",
                log=log,
                value=form.value,
            ),
            field="log",
        )
    if controls and not seen.taken & controls.keys():
        raise UserError(
            _(
                "%(log)s is not the complete log of this sending: it contains none of the messages that the "
                "server accepted. Use the log of that time, or leave out --complete. Nothing was changed.",
                log=log,
            )
        )


def _not_taken(issue_id: int, log: Path, unseen: list[int]) -> list[int]:
    """The unseen subscribers whom the log would show: whoever was tried after its last line stays in doubt."""
    end = datetime.fromtimestamp(log.stat().st_mtime, UTC)
    late = set(
        Result.objects.filter(issue_id=issue_id, state=DeliveryState.UNCERTAIN, settled_at__gt=end).values_list(
            "subscriber", flat=True
        )
    )
    return [subscriber for subscriber in unseen if subscriber not in late]


def _portions(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), CHUNK_SIZE):
        yield ids[start : start + CHUNK_SIZE]


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[bytes]]:
    """The log's lines, a piece of the file at a time; gz or not."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(len(GZIP)) == GZIP
            raw.seek(0)
            file = io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=raw))) if packed else raw
            yield _pieces(file)
    except (OSError, EOFError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it is damaged, or cut off"
        raise UserError(_("%(path)s cannot be read: %(why)s. Nothing was changed.", path=path, why=why)) from error


def _pieces(file: BinaryIO | io.BufferedReader) -> Iterator[bytes]:
    while line := file.readline(relay_log.LONGEST_LINE):
        yield line
