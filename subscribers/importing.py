"""Brings people from a CSV file onto a list: checked first, then committed in small steps that a kill cannot spoil.

An import only ever adds. It never raises a state: who left stays away, who has not confirmed is still asked, who must
not be mailed is not even stored (trust threat 24). The same file again changes nothing.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Model, QuerySet

from subscribers import services, staging, tokens
from subscribers.errors import InvalidInput
from subscribers.models import ConsentEvent, ImportRun, List, Subscriber, Subscription, Suppression
from subscribers.results import ImportReport
from subscribers.staging import Person, Staged
from subscribers.states import SubscriptionState

AT_ONCE = 1_000
"""Rows in one transaction: well below 200 ms of SQLite's one write lock."""

S = SubscriptionState
Progress = Callable[[str, int, int], None]
"""Told the stage (`check`, `compare` or `commit`), how far, and of how much."""

CHECKED, COMMITTING, DONE = "checked", "committing", "done"


@dataclass(slots=True)
class _Sorted:
    """One step's people, by what an import may do for them."""

    known: dict[str, int]
    """Index to id, of those who are known from any list."""
    states: dict[str, str]
    """Index to state, of those who are on this list."""
    suppressed: set[str]

    def fate(self, person: Person) -> str:
        """The line of the report that this person counts in."""
        if person.index in self.suppressed:
            return "suppressed"
        state = self.states.get(person.index, "joined")
        return "already" if state == S.CONFIRMED else state


def run_file(
    list_: List,
    path: Path,
    *,
    basis: str,
    now: datetime,
    actor: str,
    name: str = "",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> tuple[ImportReport, Staged]:
    """Check the file and commit it, or only say what that would do. Resumes where a killed run stopped.

    Raises InvalidInput, also without a declared basis. The staging file stays for the rejected rows: the caller takes
    them from `staging.report` and then calls `staging.discard`.
    """
    tell = progress or (lambda stage, done, total: None)
    basis = basis if dry_run else services.basis_of(basis)
    name = name or path.name
    found = staging.check(path, list_id=list_.pk, name=name, progress=lambda done, total: tell("check", done, total))
    if dry_run:
        return preview(list_, found, progress=lambda done, total: tell("compare", done, total)), found
    run = begin(list_, found, basis=basis, now=now, actor=actor)
    began = time.monotonic()
    while step(run, found, now=now):
        tell("commit", run.committed, found.usable)
        _let_others_write(time.monotonic() - began)
        began = time.monotonic()
    return report_of(run, found), found


def _let_others_write(seconds: float) -> None:
    """SQLite's write lock is no queue: whoever waits for it only looks now and then whether it is free.

    A pause as long as the commit just made keeps someone who leaves meanwhile from waiting (trust U2).
    """
    if connection.vendor == "sqlite":
        time.sleep(min(seconds, 0.3))


def import_file(
    list_: List,
    path: Path,
    *,
    basis: str,
    now: datetime,
    actor: str,
    dry_run: bool = False,
    rejected_to: Path | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """`run_file` from a file on this machine; the rows that cannot be used go to a file beside it."""
    if not path.is_file():
        raise InvalidInput(f"There is no file “{path.name}”.", field=path.name)
    report, found = run_file(list_, path, basis=basis, now=now, actor=actor, dry_run=dry_run, progress=progress)
    target = rejected_to or path.with_name(path.name + ".rejected.csv")
    if found.rejected:
        try:
            staging.write_report(found, target)
        except OSError:
            # The import itself is done: a folder that cannot be written must not make it look failed.
            target = found.path.with_suffix(".rejected.csv")
            staging.write_report(found, target)
    staging.discard(found)
    return replace(report, rejected_file=str(target) if found.rejected else "")


def begin(list_: List, found: Staged, *, basis: str, now: datetime, actor: str) -> ImportRun:
    """Start to commit a checked file, or take up the run of the same file that did not end."""
    basis = services.basis_of(basis)
    with transaction.atomic():
        waiting: QuerySet[ImportRun] = ImportRun.objects.filter(list=list_, digest=found.digest).exclude(state=DONE)
        run = waiting.select_for_update().first()
        if run is None:
            run = ImportRun(list=list_, digest=found.digest, file_name=found.name[:255], started_at=now, actor=actor)
        if run.state != COMMITTING:
            run.state, run.basis, run.rows = COMMITTING, basis, found.rows
            run.counts = {"usable": found.usable, "repeated": found.repeated, "rejected": found.rejected}
        run.save()
        return run


def note_checked(list_: List, found: Staged, *, counts: dict[str, Any], now: datetime, actor: str) -> ImportRun:
    """Remember a checked file and what committing it would do, until somebody says on what basis."""
    waiting = ImportRun.objects.filter(list=list_, digest=found.digest).exclude(state=DONE).first()
    if waiting is not None and waiting.state == COMMITTING:
        return waiting
    run = waiting or ImportRun(list=list_, digest=found.digest)
    run.file_name, run.state, run.rows = found.name[:255], CHECKED, found.rows
    run.counts = {**counts, "usable": found.usable}
    run.started_at, run.actor = now, actor
    run.save()
    return run


def step(run: ImportRun, found: Staged, *, now: datetime) -> bool:
    """Commit the next rows in one transaction; False when there were none left, and the run is done."""
    people = staging.people(found, after=run.committed, most=AT_ONCE)
    if not people:
        run.state, run.finished_at = DONE, now
        run.save(update_fields=["state", "finished_at"])
        return False
    with transaction.atomic():
        # Taken first: on SQLite it is the write lock, elsewhere the row that a second process would need.
        counts = Counter(run.counts)
        moved = ImportRun.objects.filter(pk=run.pk, committed=run.committed, state=COMMITTING).update(
            committed=F("committed") + len(people)
        )
        if not moved:
            raise InvalidInput("This file is being imported by another process just now. Nothing was done twice.")
        counts.update(_commit(run, people, now=now))
        ImportRun.objects.filter(pk=run.pk).update(counts=dict(counts))
    run.committed += len(people)
    run.counts = dict(counts)
    return True


def preview(list_: List, found: Staged, *, progress: Callable[[int, int], None] | None = None) -> ImportReport:
    """What committing would do, without writing anything."""
    counts: Counter[str] = Counter()
    done = 0
    while people := staging.people(found, after=done, most=AT_ONCE):
        sorted_ = _sorted(list_.pk, people)
        counts.update(sorted_.fate(person) for person in people)
        counts["new_people"] += sum(
            person.index not in sorted_.known and person.index not in sorted_.suppressed for person in people
        )
        done = people[-1].n
        if progress:
            progress(done, found.usable)
    return _report(found, counts, run=None, dry_run=True)


def report_of(run: ImportRun, found: Staged) -> ImportReport:
    """What a run has done so far."""
    return _report(found, Counter(run.counts), run=run.pk, dry_run=False)


def _report(found: Staged, counts: Counter[str], *, run: int | None, dry_run: bool) -> ImportReport:
    return ImportReport(
        run=run,
        file=found.name,
        rows=found.rows,
        new_people=counts["new_people"],
        joined=counts["joined"],
        already=counts["already"],
        pending=counts["pending"],
        unsubscribed=counts["unsubscribed"],
        suppressed=counts["suppressed"],
        repeated=found.repeated,
        rejected=found.rejected,
        rejected_file="",
        dry_run=dry_run,
    )


def _sorted(list_id: int, people: Sequence[Person]) -> _Sorted:
    indexes = [person.index for person in people]
    known = Subscriber.objects.filter(address_index__in=indexes).values_list("address_index", "pk")
    here = Subscription.objects.filter(list_id=list_id, subscriber__address_index__in=indexes)
    barred = Suppression.objects.filter(address_index__in=indexes).values_list("address_index", flat=True)
    return _Sorted(
        known=dict(known),
        states=dict(here.values_list("subscriber__address_index", "state")),
        suppressed=set(barred),
    )


def _commit(run: ImportRun, people: Sequence[Person], *, now: datetime) -> Counter[str]:
    before = _sorted(run.list_id, people)
    counts = Counter(before.fate(person) for person in people)
    # In one order everywhere, so that two imports at once never wait for each other in a circle.
    joining = sorted((p for p in people if before.fate(p) == "joined"), key=lambda person: person.index)
    counts["joined"] = 0
    if not joining:
        return counts
    unknown = [person for person in joining if person.index not in before.known]
    language = run.list.language
    _insert(
        Subscriber,
        [{**p.columns, "name": p.name, "language": p.language or language, "created_at": now} for p in unknown],
    )
    _fill_names([person for person in joining if person.name and person.index in before.known])
    ids = dict(
        Subscriber.objects.filter(address_index__in=[p.index for p in joining]).values_list("address_index", "pk")
    )
    counts["new_people"] += len(unknown)
    added = _subscribe(run, sorted(ids.values()), now=now)
    counts["joined"] += added
    # Someone who asked to join in this very moment keeps what they have.
    counts["pending"] += len(joining) - added
    return counts


def _subscribe(run: ImportRun, subscribers: Sequence[int], *, now: datetime) -> int:
    public_ids = {subscriber: tokens.new_public_id() for subscriber in subscribers}
    same = {"list_id": run.list_id, "state": S.CONFIRMED.value, "basis": run.basis, "confirmations_sent": 0}
    times = {"created_at": now, "confirmed_at": now}
    _insert(Subscription, [{"subscriber_id": s, "public_id": public_ids[s], **same, **times} for s in subscribers])
    stored = Subscription.objects.filter(list_id=run.list_id, subscriber_id__in=subscribers)
    ours = [
        subscriber
        for subscriber, public_id in stored.values_list("subscriber_id", "public_id")
        if bytes(public_id) == public_ids[subscriber]
    ]
    event = {
        "list_id": run.list_id,
        "kind": ConsentEvent.Kind.IMPORTED.value,
        "at": now,
        "text": run.basis,
        "text_version": services.text_version(run.basis),
        "language": "",
        "method": "import",
        "form_url": "",
        "token_id": "",
        "source": run.digest,
        "actor": run.actor,
    }
    _insert(ConsentEvent, [{"subscriber_id": subscriber, **event} for subscriber in ours])
    return len(ours)


def _insert(model: type[Model], rows: Sequence[dict[str, object]]) -> None:
    """Rows as they are, past the ORM: a third of the time under the write lock. What is there already stays."""
    if not rows:
        return
    columns = list(rows[0])
    marks = ", ".join(["%s"] * len(columns))
    into = f"{model._meta.db_table} ({', '.join(columns)})"
    adapt = connection.ops.adapt_datetimefield_value
    values: list[list[Any]] = [[adapt(v) if isinstance(v, datetime) else v for v in row.values()] for row in rows]
    with connection.cursor() as cursor:
        # Table and columns are our own names; every value is a parameter.
        cursor.executemany(f"INSERT INTO {into} VALUES ({marks}) ON CONFLICT DO NOTHING", values)  # noqa: S608


def _fill_names(people: Sequence[Person]) -> None:
    """A name that the file knows and we do not; one that we know is never overwritten."""
    names = {person.index: person.name for person in people}
    nameless = list(Subscriber.objects.filter(address_index__in=names, name="").only("pk", "address_index", "name"))
    for one in nameless:
        one.name = names[one.address_index]
    Subscriber.objects.bulk_update(nameless, ["name"], batch_size=500)


def forget_old_uploads(*, before: datetime) -> None:
    """Drop runs that were checked and never committed, and staging files that nobody came back to."""
    ImportRun.objects.filter(state=CHECKED, started_at__lt=before).delete()
    staging.forget_old(before=before)
