"""The staff's page for importing a file: upload, see what its columns are, say on what basis, add in steps."""

import os
import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from subscribers import conf
from subscribers.errors import InvalidInput, SubscribersError
from subscribers.imports import caps, importing
from subscribers.imports.columns import answers, cell_standing, roles
from subscribers.imports.columns.column import Column
from subscribers.imports.columns.roles import Role
from subscribers.imports.exporters.folding import spoken
from subscribers.imports.staging import checking, reports, staged_file
from subscribers.imports.staging.staged_file import Staged
from subscribers.localization import date_time
from subscribers.models import ImportRun, List
from subscribers.pages.forms import ImportForm, UploadForm
from subscribers.pages.staff import actor_of, edits, list_or_404, manages, reads

STEPS_IN_REQUEST = 5
"""Transactions in a request; the page then asks for the next ones, and shows how far it is."""


@manages
@edits
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file and check it. Nothing of the list changes yet."""
    list_ = list_or_404(pk)
    posted = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if posted else UploadForm()
    runs: list[ImportRun] = []
    if form.accepts(lambda: runs.append(_checked(list_, request))):
        return redirect("import_run", pk=pk, run=runs[0].pk)
    return render(request, "subscribers/people/import.html", {"list": list_, "form": form}, status=form.status)


@manages
@edits
def run(request: HttpRequest, pk: int, run: int) -> HttpResponse:
    """One import: what it would do, how far it is, what it did."""
    list_, found = _run(pk, run)
    answers = importing.answers_of(found)
    staged = staged_file.staged(found.digest, list_id=list_.pk, name=found.file_name, answers=answers)
    form = ImportForm({"basis": found.basis, **request.POST.dict()} if request.method == "POST" else None, run=found)
    if request.method == "POST":
        if request.POST.get("action") == "discard" and found.state == importing.CHECKED:
            if staged:
                staged_file.discard(staged)
            found.delete()
            messages.success(request, _("The file was deleted. Nothing was changed."))
            return redirect("list", pk=pk)
        if staged is None and found.state != importing.DONE:
            form.refuse(_("The checked file is no longer here. Upload it again."))
        elif staged is None or form.accepts(lambda: _take_step(found, staged, form, request)):
            return redirect("import_run", pk=pk, run=run)
    asks = staged.plan.asks if staged else ()
    context = {
        "list": list_,
        "run": found,
        "staged": staged,
        "form": form,
        "numbers": found.counts,
        "rejected": found.counts.get("rejected", 0),
        "report": reports.kept_report(found.digest, list_id=list_.pk, name=found.file_name, answers=answers)
        is not None,
        "columns": sorted(enumerate(staged.plan.columns), key=lambda pair: pair[1] not in asks) if staged else [],
        "said": _said(staged, request) if staged else {},
        "ticked": _ticked(staged, request) if staged else {},
        "asks": asks,
        "can_change": staged is not None
        and staged_file.source(staged).exists()
        and (not staged.plan.mailboxes or bool(staged.plan.asks)),
        "choices": [(role.value, _words_of(role)) for role in roles.CHOICES],
        "words_of": _words_of,
        "meaning_of": _meaning_of,
        "has_ticks": _has_ticks,
        "when": date_time,
    }
    return render(request, "subscribers/people/import_run.html", context, status=form.status)


def _said(staged: Staged, request: HttpRequest) -> dict[int, str]:
    """What each column is said to be: as it was sent, where that was refused, else as it was understood."""
    return {
        at: request.POST.get(f"column-{at}", "values" if column.left_values is not None else column.role.value)
        for at, column in enumerate(staged.plan.columns)
    }


def _ticked(staged: Staged, request: HttpRequest) -> dict[int, list[str]]:
    """The values that are ticked as those of people who have left, of each column."""
    return {
        at: request.POST.getlist(f"values-{at}") if f"column-{at}" in request.POST else _kept_out(column)
        for at, column in enumerate(staged.plan.columns)
    }


def _kept_out(column: Column) -> list[str]:
    """Of the values shown, those that keep somebody out by what was answered, or what is known: ticked beforehand."""
    return [value for value in column.examples if cell_standing.keeps_out(column, value)]


def _has_ticks(column: Column) -> bool:
    """Whether its values can be ticked: all are shown, and it may say who has left."""
    tells = column.role == Role.UNCLEAR or column.tells or column.left_values is not None
    return bool(column.examples) and column.all_shown and tells


def _words_of(role: Role) -> str:
    """What a column may be taken for, as people read it."""
    return {
        Role.ADDRESS: _("E-mail address"),
        Role.OTHER_ADDRESS: _("Another address of the same person"),
        Role.NAME: _("Name"),
        Role.FIRST: _("First name"),
        Role.LAST: _("Last name"),
        Role.LANGUAGE: _("Language"),
        Role.STANDING: _("Status: says who may be mailed"),
        Role.LEFT: _("Has left: anything except empty or “no”"),
        Role.STAYS: _("May be mailed: anything except empty or “no”"),
        Role.IGNORED: _("Not used"),
        Role.UNCLEAR: _("Not clear"),
    }[role]


def _meaning_of(column: Column) -> str:
    """What a column was taken for, its values named where an admin named them."""
    if column.left_values is None:
        return _words_of(column.role)
    return _("Has left: %(values)s") % {"values": ", ".join(_kept_out(column))}


@manages
@reads
def rejected(request: HttpRequest, pk: int, run: int) -> HttpResponseBase:
    """The rows that cannot be used, with line and reason."""
    list_, found = _run(pk, run)
    lines = reports.kept_report(
        found.digest, list_id=list_.pk, name=found.file_name, answers=importing.answers_of(found)
    )
    if lines is None:
        raise Http404(_("The report is no longer here. Import the file again: nobody is added twice."))
    response = StreamingHttpResponse((line.encode() for line in lines), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="rejected.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _run(pk: int, run: int) -> tuple[List, ImportRun]:
    list_ = list_or_404(pk)
    found = ImportRun.objects.select_related("list").filter(pk=run, list=list_).first()
    if found is None:
        raise Http404(_("There is no such import."))
    return list_, found


def _checked(list_: List, request: HttpRequest) -> ImportRun:
    given = request.FILES.get("file")
    if not isinstance(given, UploadedFile):
        raise InvalidInput(_("Choose a file."), field="file")
    name = given.name or "file"
    if (given.size or 0) > caps.BIGGEST_UPLOAD:
        raise InvalidInput(
            _(
                "“%(file)s” is larger than %(most)d MB, too large for this page. Import it on the server: "
                "newsletter lists import. Nothing was imported."
            )
            % {"file": name, "most": caps.BIGGEST_UPLOAD // 1_000_000},
            field="file",
        )
    try:
        with _saved(given) as path:
            return _check(list_, path, name=name, answers={}, basis="", request=request)
    except SubscribersError as error:
        raise InvalidInput(str(error), field="file") from error


def _check(
    list_: List, path: Path, *, name: str, answers: Mapping[str, str], basis: str, request: HttpRequest
) -> ImportRun:
    with _alone():
        staged = checking.check(path, list_id=list_.pk, name=name, answers=answers)
    # The file itself stays until it is imported: an answer about a column means reading it again.
    staged_file.keep_source(staged, path)
    preview = asdict(importing.preview(list_, staged))
    now, actor = timezone.now(), actor_of(request)
    return importing.note_checked(list_, staged, counts=preview, now=now, actor=actor, basis=basis)


def _take_step(found: ImportRun, staged: Staged, form: ImportForm, request: HttpRequest) -> None:
    answers = _answers(staged, request)
    if found.state != importing.CHECKED or answers == staged.answers:
        if request.POST.get("action") != "columns":
            _advance(found, staged, form, request)
        return
    _check_again(found, staged, answers, request)
    if request.POST.get("action") != "columns":
        # Nobody may be added by numbers that were not seen.
        messages.info(request, _("The columns changed, so the file was checked again. Nobody has been added yet."))


def _answers(staged: Staged, request: HttpRequest) -> dict[str, str]:
    """What is said of the columns now."""
    answers = dict(staged.answers)
    for at, column in enumerate(staged.plan.columns):
        field = f"column-{at}"
        if field not in request.POST:
            continue
        if said := _said_of(column, field, request.POST[field], request.POST.getlist(f"values-{at}")):
            answers[column.title] = said
    if sum(answer == Role.ADDRESS for answer in answers.values()) > 1:
        raise InvalidInput(_("Only one column can be the e-mail address. Nothing was changed."))
    return answers


def _said_of(column: Column, field: str, said: str, ticked: Sequence[str]) -> str:
    """What is said of one column by its menu and its ticks; empty where nothing new is."""
    before = "values" if column.left_values is not None else column.role.value
    known = _kept_out(column) if _has_ticks(column) else []
    # Who ticks a value has chosen, though the menu was left alone.
    if _has_ticks(column) and said in {"", before} and set(ticked) != set(known):
        said = "values"
    if said == "values":
        if not ticked:
            raise InvalidInput(
                _("Tick at least one value, or choose something else. Nothing was changed."), field=field
            )
        left = _spoken(ticked)
        # Unticked, though known to keep people out: that is said for this value.
        stays = [
            value
            for value in _spoken(
                value for value in column.examples if cell_standing.is_known_to_keep_out(column, value)
            )
            if value not in left
        ]
        return answers.answer_of(left, stays)
    if said in set(roles.CHOICES):
        return said if said != column.role or column.answered else ""
    if column.role == Role.UNCLEAR:
        raise InvalidInput(_("Choose what this column means. Nothing was changed."), field=field)
    return ""


def _spoken(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(map(spoken, values)))


def _check_again(found: ImportRun, staged: Staged, answers: Mapping[str, str], request: HttpRequest) -> None:
    source = staged_file.source(staged)
    if not source.exists():
        raise InvalidInput(_("The checked file is no longer here. Upload it again."))
    basis = request.POST.get("basis", "").strip()
    _check(found.list, source, name=found.file_name, answers=answers, basis=basis, request=request)
    staged.path.unlink(missing_ok=True)


def _advance(found: ImportRun, staged: Staged, form: ImportForm, request: HttpRequest) -> None:
    """Begin, or go on, for as long as a request may last."""
    now = timezone.now()
    going = importing.begin(found.list, staged, basis=form.cleaned_data["basis"], now=now, actor=actor_of(request))
    for _number in range(STEPS_IN_REQUEST):
        if not importing.step(going, staged, now=now):
            reports.put_away(staged)
            return


_checking = threading.Lock()


@contextmanager
def _alone() -> Iterator[None]:
    """One file at a time is checked: each takes a thread of the web server, and of those there are few."""
    if not _checking.acquire(blocking=False):
        raise InvalidInput(_("Another file is being checked. Nothing was imported. Try again in a minute."))
    try:
        yield
    finally:
        _checking.release()


@contextmanager
def _saved(given: UploadedFile) -> Iterator[Path]:
    """The upload as a file that nobody else may read, for as long as it is being checked."""
    folder = conf.settings().staging_dir
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"upload-{secrets.token_hex(8)}"
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            for block in given.chunks():
                file.write(block)
        yield path
    finally:
        path.unlink(missing_ok=True)
