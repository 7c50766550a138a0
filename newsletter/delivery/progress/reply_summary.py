"""What mail servers said last about a release, other than a plain yes: grouped, counted, and without addresses."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from newsletter.delivery import redact
from newsletter.delivery.models import Attempt, Release
from newsletter.delivery.progress import recipient_search
from newsletter.delivery.states import DeliveryState

LOOKED_AT = 500
"""The last so many tries, of whichever release: a walk down the primary key, however large the table."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """One kind of reply."""

    code: int | None
    enhanced: str
    text: str
    """Without addresses and queue ids; an example of the replies that were counted together."""
    state: DeliveryState
    count: int
    last_at: datetime

    @property
    def codes(self) -> str:
        return " ".join(part for part in (str(self.code or ""), self.enhanced) if part)


OF_EACH = 200
"""Rows of each state from which the reasons of an ended release are told."""

_Row = tuple[int | None, str, str, str, datetime]


def last(issue_id: int, *, limit: int) -> list[Said]:
    """The kinds of replies among the last tries, the most frequent first."""
    newest = Attempt.objects.order_by("-pk").values_list("issue_id", "code", "enhanced", "reply", "state", "at")
    mine = [
        (code, enhanced, reply, state, at)
        for issue, code, enhanced, reply, state, at in newest[:LOOKED_AT]
        if issue == issue_id
    ]
    return _grouped(mine)[:limit]


def known(replies: Iterable[Said], counts: Mapping[DeliveryState, int]) -> list[Said]:
    """The replies that the counts know of: a sample is some seconds older than the last replies. Pure."""
    tried = any(n for state, n in counts.items() if state is not DeliveryState.PENDING)
    return [reply for reply in replies if (tried if reply.state is DeliveryState.DEFERRED else counts[reply.state])]


def reasons(issue_id: int, *, limit: int) -> list[Said]:
    """Why mails of a release that is over were not taken, from the first rows of each state in its ledger."""
    release = Release.objects.filter(pk=issue_id).first()
    if release is None:
        return []
    rows: list[_Row] = []
    for state in (DeliveryState.REFUSED, DeliveryState.UNCERTAIN, DeliveryState.EXPIRED, DeliveryState.DEFERRED):
        wanted = recipient_search.Wanted(states=[state])
        rows += [
            (row.code, row.enhanced, row.reply, row.state, row.settled_at or release.started_at)
            for row in recipient_search.page(issue_id, wanted, limit=OF_EACH).rows
        ]
    return _grouped(rows)[:limit]


def _grouped(rows: Iterable[_Row]) -> list[Said]:
    counts: Counter[tuple[int | None, str, str, str]] = Counter()
    latest: dict[tuple[int | None, str, str, str], datetime] = {}
    for code, enhanced, reply, state, at in rows:
        key = (code, enhanced, redact.generalised(reply), state)
        counts[key] += 1
        latest[key] = max(at, latest.get(key, at))
    return [
        Said(code=key[0], enhanced=key[1], text=key[2], state=DeliveryState(key[3]), count=n, last_at=latest[key])
        for key, n in counts.most_common()
    ]
