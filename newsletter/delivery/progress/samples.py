"""How a release goes, while it goes: numbers that cost the database little, from samples that a worker takes.

`sample` is the worker's part, `look` the page's. A page that is asked every two seconds reads the last sample; when
no worker takes any, it counts by itself (see `tally`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.delivery.ledger import tally
from newsletter.delivery.ledger.tally import Group
from newsletter.delivery.models import Release, ReleaseSample
from newsletter.delivery.states import OPEN, DeliveryState
from newsletter.issues.states import IssueState

D = DeliveryState

EVERY = 5.0
"""Seconds between two samples of one release."""
FRESH = timedelta(seconds=1.5 * EVERY)
"""A sample of this age still stands for the present."""
COUNTED = 5_000
"""A release of at most so many is counted whenever somebody looks: it is quick, and nothing on the page lags behind."""
THINNED = ((timedelta(minutes=15), 60), (timedelta(hours=3), 900))
"""From this age on, a single sample in so many seconds is kept: of four days of retries some 600, not 70,000."""
SHORT, LONG = timedelta(seconds=10), timedelta(seconds=60)
"""The spans over which the rate is told."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """The counts of an instant."""

    at: datetime
    counts: Mapping[DeliveryState, int]

    @property
    def accepted(self) -> int:
        return self.counts[D.ACCEPTED]

    @property
    def pending(self) -> int:
        return self.counts[D.PENDING]


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look at a release."""

    planned: int
    candidates: int
    excluded: Mapping[str, int]
    now: Point
    groups: Sequence[Group]
    rate_short: float
    """Messages taken a second, over the last ten seconds."""
    rate_long: float
    """Messages taken a second, over the last minute."""
    eta: datetime | None
    """When every delivery will have been tried once, at the last minute's pace; None when that cannot be told."""
    points: Sequence[Point]
    """From the start to now, oldest first."""
    started_at: datetime
    finished_at: datetime | None

    @property
    def settled(self) -> int:
        """Neither pending nor to be tried again."""
        return self.planned - sum(self.now.counts[state] for state in OPEN)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is to be said of an issue first."""

    state: IssueState
    again: int
    """Every mail was tried once, and only so many are being tried again; 0 while first tries wait, and afterwards."""


def standing(state: IssueState, counts: Mapping[DeliveryState, int]) -> Standing:
    """Where an issue stands, by its state and the counts of its deliveries. Pure.

    A full mailbox is tried again for days: until then the issue is as good as sent, and must not look stuck.
    """
    all_tried = state is IssueState.SENDING and not counts[D.PENDING]
    return Standing(state=state, again=counts[D.DEFERRED] if all_tried else 0)


# The worker's part.


def sample(*, now: datetime, is_last: bool = False) -> int:
    """Note how far each release is that goes out just now; how many changed since the last note.

    For the worker's housekeeping, every ``EVERY`` seconds; any number of workers may do it. Cheap: it counts chunks,
    what was not taken, and the rows of chunks that are begun. ``is_last``: a worker ends, and what was taken since its
    last sample would else stand at the time of the next start.
    """
    every = 0.0 if is_last else EVERY
    at = now.replace(microsecond=0)
    sending = Release.objects.filter(frozen_at__isnull=False, issue__state=IssueState.SENDING).order_by("pk")
    written = 0
    for issue_id in list(sending.values_list("pk", flat=True)):
        last = _last(issue_id)
        if last is not None and (at - last.at).total_seconds() < every - 1:
            continue  # another worker was faster
        tallied = tally.take(issue_id)
        if last is None or last.counts != tallied.counts:
            groups = [[group.number, group.planned, group.settled, group.again] for group in tallied.groups]
            counts = {state.value: n for state, n in tallied.counts.items()}
            row = ReleaseSample(issue_id=issue_id, at=at, groups=groups, **counts)
            ReleaseSample.objects.bulk_create([row], ignore_conflicts=True)
            written += 1
        for age, keep in THINNED:
            _thin(issue_id, before=at - age, keep=keep)
    return written


def _thin(issue_id: int, *, before: datetime, keep: int) -> None:
    """Delete samples that have just become older than ``before``, but for the first in each ``keep`` seconds."""
    recent = ReleaseSample.objects.filter(
        issue_id=issue_id, at__lt=before, at__gte=before - timedelta(seconds=2 * keep)
    )
    seen: set[int] = set()
    extra: list[datetime] = []
    for at in recent.order_by("at").values_list("at", flat=True):
        turn = int(at.timestamp()) // keep
        if turn in seen:
            extra.append(at)
        seen.add(turn)
    if extra:
        ReleaseSample.objects.filter(issue_id=issue_id, at__in=extra).delete()


# The page's part.


def look(issue_id: int, *, now: datetime) -> Look | None:
    """How far a release is; None before it is frozen."""
    release = Release.objects.select_related("issue").filter(pk=issue_id, frozen_at__isnull=False).first()
    if release is None:
        return None
    points = _points(issue_id)
    running = release.issue.state == IssueState.SENDING
    if running and release.planned > COUNTED and points and now - points[-1].at <= FRESH:
        present, groups = points[-1], _groups(issue_id, at=points[-1].at)
    else:
        tallied = tally.take(issue_id)
        at = now if running else release.finished_at or now
        present, groups = Point(at=at, counts=tallied.counts), tallied.groups
        if running or not points or points[-1].counts != present.counts:
            points.append(present)
    began = release.frozen_at or release.started_at
    start = Point(at=began, counts={**dict.fromkeys(DeliveryState, 0), D.PENDING: release.planned})
    points = [start, *(point for point in points if point.at > began)]
    pace = -_rate([(p.at, p.pending) for p in points], span=LONG, until=present.at) if running else 0.0
    left = present.pending
    return Look(
        planned=release.planned,
        candidates=release.candidates,
        excluded=dict(release.excluded),
        now=present,
        groups=groups,
        rate_short=_rate([(p.at, p.accepted) for p in points], span=SHORT, until=present.at) if running else 0.0,
        rate_long=_rate([(p.at, p.accepted) for p in points], span=LONG, until=present.at) if running else 0.0,
        eta=present.at + timedelta(seconds=left / pace) if left and pace > 0 else None,
        points=points,
        started_at=release.started_at,
        finished_at=release.finished_at,
    )


def _rate(values: Sequence[tuple[datetime, int]], *, span: timedelta, until: datetime) -> float:
    """Change a second over the last ``span``. Nothing is noted while nothing changes, so an old note is still true."""
    base = next((v for v in reversed(values) if v[0] <= until - span), values[0])
    seconds = min((until - base[0]).total_seconds(), span.total_seconds() + EVERY)
    return (values[-1][1] - base[1]) / seconds if seconds > 0 else 0.0


_COLUMNS = [state.value for state in DeliveryState]


def _points(issue_id: int) -> list[Point]:
    return _read(ReleaseSample.objects.filter(issue_id=issue_id).order_by("at").values_list("at", *_COLUMNS))


def _groups(issue_id: int, *, at: datetime) -> list[Group]:
    rows = ReleaseSample.objects.filter(issue_id=issue_id, at=at).values_list("groups", flat=True)[0]
    return [Group(number=n, planned=planned, settled=settled, again=again) for n, planned, settled, again in rows]


def _last(issue_id: int) -> Point | None:
    rows = ReleaseSample.objects.filter(issue_id=issue_id).order_by("-at").values_list("at", *_COLUMNS)[:1]
    return next(iter(_read(rows)), None)


def _read(rows: Iterable[tuple[datetime, *tuple[int, ...]]]) -> list[Point]:
    return [Point(at=at, counts=dict(zip(DeliveryState, counts, strict=True))) for at, *counts in rows]


# What is drawn.

STEPS = [
    timedelta(seconds=n) for n in (5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400)
]
BARS = 48
"""At most so many intervals in a chart."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """What was taken within a while."""

    start: datetime
    end: datetime
    accepted: int


def intervals(points: Sequence[Point], *, steps: Sequence[timedelta] = STEPS) -> list[Interval]:
    """How many were taken in each interval from the first point to the last; intervals have the same length."""
    if not points:
        return []
    first, last = points[0].at, points[-1].at
    step = next((step for step in steps if (last - first) / step <= BARS), (last - first) / BARS)
    found: list[Interval] = []
    at, place, before = first, 0, points[0].accepted
    while at < last or not found:
        end = at + step
        while place + 1 < len(points) and points[place + 1].at <= end:
            place += 1
        found.append(Interval(start=at, end=end, accepted=max(points[place].accepted - before, 0)))
        at, before = end, points[place].accepted
    return found
