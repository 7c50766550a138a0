"""Brings people from a CSV file onto a list: checked first, then committed in small steps that a kill cannot spoil.

Every person in the file is added, known or reported. An import never raises a state: who left stays away, here or
elsewhere, who has not confirmed is still asked, who must not be mailed is not even stored (trust threat 24). It lowers
one state: who was only ever imported, and has left according to the file, is taken off. The same file again changes
nothing.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from subscribers import services
from subscribers.errors import InvalidInput
from subscribers.imports import enrolling
from subscribers.imports.staging import checking, forgetting, reports, staged_file
from subscribers.imports.staging.staged_file import Answers, Staged
from subscribers.models import ImportRun, List
from subscribers.results import ImportReport

AT_ONCE = 1_000
"""Rows in one transaction: well below 200 ms of SQLite's one write lock, which whoever waits for it gets in between."""

Progress = Callable[[str, int, int], None]
"""Told the stage (`check`, `compare` or `commit`), how far, and of how much."""

CHECKED, COMMITTING, DONE = "checked", "committing", "done"
_FATES = ("joined", "already", "pending", "unsubscribed", "suppressed")


class Unclear(InvalidInput):
    """A column may say who has left, and is not understood: nothing is imported before somebody answers."""


def run_file(
    list_: List,
    path: Path,
    *,
    basis: str,
    now: datetime,
    actor: str,
    name: str = "",
    dry_run: bool = False,
    answers: Answers | None = None,
    progress: Progress | None = None,
) -> tuple[ImportReport, Staged]:
    """Check the file and commit it, or only say what that would do. Resumes where a killed run stopped.

    Raises InvalidInput, also without a declared basis, and Unclear until ``answers`` say what each column is that may
    tell who has left. The staging file stays for the rejected rows: the caller takes
    them from `reports.report` and then calls `staged_file.discard`.
    """
    tell = progress or (lambda stage, done, total: None)
    basis = basis if dry_run else services.basis_of(basis)
    name = name or path.name
    found = checking.check(
        path,
        list_id=list_.pk,
        name=name,
        answers=answers,
        progress=lambda done, total: tell("check", done, total),
    )
    if found.plan.asks:
        staged_file.discard(found)
        raise unclear(found)
    if dry_run:
        return preview(list_, found, progress=lambda done, total: tell("compare", done, total)), found
    run = begin(list_, found, basis=basis, now=now, actor=actor)
    while step(run, found, now=now):
        tell("commit", run.committed, found.usable)
    return report_of(run, found), found


def import_file(
    list_: List,
    path: Path,
    *,
    basis: str,
    now: datetime,
    actor: str,
    dry_run: bool = False,
    answers: Answers | None = None,
    rejected_to: Path | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """`run_file` from a file on this machine; the rows that cannot be used go to a file beside it."""
    if not path.is_file():
        raise InvalidInput(_("There is no file “%(file)s”.") % {"file": path.name}, field=path.name)
    report, found = run_file(
        list_, path, basis=basis, now=now, actor=actor, dry_run=dry_run, answers=answers, progress=progress
    )
    target = rejected_to or path.with_name(path.name + ".rejected.csv")
    if found.rejected:
        try:
            reports.write_report(found, target)
        except OSError:
            # The import itself is done: a folder that cannot be written must not make it look failed.
            target = found.path.with_suffix(".rejected.csv")
            reports.write_report(found, target)
    staged_file.discard(found)
    return replace(report, rejected_file=str(target) if found.rejected else "")


def unclear(found: Staged) -> Unclear:
    """The error that names each column in question, with some of its values."""
    asked = []
    for column in found.plan.asks:
        some = ", ".join(f"“{value[:40]}”" for value in column.examples[:4])
        more = ", …" if len(column.examples) > 4 else ""
        asked.append(f"“{column.title}” ({some}{more})" if some else f"“{column.title}”")
    said = _(
        "“%(file)s” seems to say who has left or must not be mailed, but not clearly: %(columns)s. "
        "Say what each of these columns means. Nothing was imported."
    )
    return Unclear(said % {"file": found.name, "columns": "; ".join(asked)}, field=found.name)


def begin(list_: List, found: Staged, *, basis: str, now: datetime, actor: str) -> ImportRun:
    """Start to commit a checked file, or take up the run of the same file that did not end."""
    basis = services.basis_of(basis)
    if found.plan.asks:
        raise unclear(found)
    with transaction.atomic():
        waiting = ImportRun.objects.filter(list=list_, digest=found.digest).exclude(state=DONE).select_for_update()
        run = next((run for run in waiting if _is_of(run, found)), None)
        if run is None:
            run = ImportRun(list=list_, digest=found.digest, file_name=found.name[:255], started_at=now, actor=actor)
        if run.state != COMMITTING:
            run.state, run.basis, run.rows = COMMITTING, basis, found.rows
            run.counts = _facts(found)
        run.save()
        return run


def note_checked(
    list_: List, found: Staged, *, counts: dict[str, Any], now: datetime, actor: str, basis: str = ""
) -> ImportRun:
    """Remember a checked file and what committing it would do, until somebody says on what basis.

    ``basis``: what was typed of it so far; it is kept for the next look, and counts only once the import begins.
    """
    same = list(ImportRun.objects.filter(list=list_, digest=found.digest).exclude(state=DONE))
    going = next((run for run in same if run.state == COMMITTING and _is_of(run, found)), None)
    if going is not None:
        return going
    run = next((run for run in same if run.state == CHECKED), None) or ImportRun(list=list_, digest=found.digest)
    run.file_name, run.state, run.rows = found.name[:255], CHECKED, found.rows
    run.counts = {**counts, **_facts(found)}
    run.started_at, run.actor = now, actor
    run.basis = basis[: services.LONGEST_BASIS] or run.basis
    run.save()
    return run


def _facts(found: Staged) -> dict[str, Any]:
    """What a run remembers of its file. No value of any cell: this is kept for years, and addresses are not."""
    numbers = {"usable": found.usable, "repeated": found.repeated, "rejected": found.rejected, "left": found.left}
    return {**numbers, "answers": dict(found.answers), "rules": staged_file.RULES}


def answers_of(run: ImportRun) -> Answers:
    """What was answered for the columns of a run's file."""
    answers: dict[str, str] = run.counts.get("answers", {})
    return answers


def _is_of(run: ImportRun, found: Staged) -> bool:
    """Whether the run counts its steps by this staging: the same file may be read by other answers, or newer rules."""
    return answers_of(run) == dict(found.answers) and run.counts.get("rules") == staged_file.RULES


def step(run: ImportRun, found: Staged, *, now: datetime) -> bool:
    """Commit the next rows in one transaction; False when there were none left, and the run is done."""
    if found.left and not run.counts.get("left_noted"):
        return _note_left(run, found, now=now)
    people = staged_file.people(found, after=run.committed, most=AT_ONCE)
    if not people:
        _balance(run, found)
        run.state, run.finished_at = DONE, now
        run.save(update_fields=["state", "finished_at"])
        return False
    # Looked up before the lock is taken: what others change in between, `place` leaves as they made it.
    before = enrolling.sort(run.list_id, people)
    with transaction.atomic():
        moved = ImportRun.objects.filter(pk=run.pk, committed=run.committed, state=COMMITTING).update(
            committed=F("committed") + len(people)
        )
        if not moved:
            raise InvalidInput(
                _("Another process is importing this file right now. Nothing was done twice."),
            )
        counts = dict(run.counts)
        for fate, number in enrolling.place(run, people, before, now=now).items():
            counts[fate] = counts.get(fate, 0) + number
        ImportRun.objects.filter(pk=run.pk).update(counts=counts)
    run.committed += len(people)
    run.counts = counts
    return True


def _note_left(run: ImportRun, found: Staged, *, now: datetime) -> bool:
    """Note the next of those who left elsewhere. Before anybody is added, and harmless when done twice."""
    some = staged_file.left(found, after=run.counts.get("left_after", ""), most=AT_ONCE)
    ended = {"left_noted": True} if len(some) < AT_ONCE else {}
    run.counts = {**run.counts, "left_after": some[-1] if some else "", **ended}
    with transaction.atomic():
        for fate, number in enrolling.note_left(run, some, now=now).items():
            run.counts[fate] = run.counts.get(fate, 0) + number
        ImportRun.objects.filter(pk=run.pk, committed=0).update(counts=run.counts)
    return True


def _balance(run: ImportRun, found: Staged) -> None:
    """Every usable person was added or known; else the import has failed, and says so."""
    placed = sum(run.counts.get(fate, 0) for fate in _FATES)
    if placed != found.usable or run.committed != found.usable:
        said = _(
            "The import of “%(file)s” does not add up: of %(usable)d people, %(placed)d were added or already known. "
            "Please report this as a bug."
        )
        raise InvalidInput(said % {"file": found.name, "usable": found.usable, "placed": placed})


def preview(list_: List, found: Staged, *, progress: Callable[[int, int], None] | None = None) -> ImportReport:
    """What committing would do, without writing anything."""
    counts: Counter[str] = Counter()
    done = 0
    while people := staged_file.people(found, after=done, most=AT_ONCE):
        sorted_ = enrolling.sort(list_.pk, people)
        counts.update(sorted_.fate(person) for person in people)
        counts["new_people"] += sum(
            person.index not in sorted_.known and person.index not in sorted_.suppressed for person in people
        )
        done = people[-1].n
        if progress:
            progress(done, found.usable)
    after = ""
    while some := staged_file.left(found, after=after, most=AT_ONCE):
        counts.update(enrolling.would_leave(list_.pk, some))
        after = some[-1]
    return _report(found, counts, run=None, dry_run=True)


def report_of(run: ImportRun, found: Staged) -> ImportReport:
    """What a run has done so far."""
    return _report(found, run.counts, run=run.pk, dry_run=False)


def _report(found: Staged, counts: Mapping[str, int], *, run: int | None, dry_run: bool) -> ImportReport:
    return ImportReport(
        run=run,
        file=found.name,
        rows=found.rows,
        new_people=counts.get("new_people", 0),
        joined=counts.get("joined", 0),
        already=counts.get("already", 0),
        pending=counts.get("pending", 0),
        unsubscribed=counts.get("unsubscribed", 0),
        suppressed=counts.get("suppressed", 0),
        repeated=found.repeated,
        rejected=found.rejected,
        unusable=found.rejected - found.left,
        left=found.left,
        still_here=counts.get("still_here", 0),
        taken_off=counts.get("taken_off", 0),
        columns=tuple((column.title, column.answer) for column in found.plan.columns),
        rejected_file="",
        dry_run=dry_run,
    )


def forget_old_uploads(*, before: datetime) -> None:
    """Drop runs that were checked and never committed, and staging files that nobody came back to."""
    ImportRun.objects.filter(state=CHECKED, started_at__lt=before).delete()
    forgetting.forget_old(before=before)
