"""Reports of the rows that cannot be used, as CSV, and the note of where reports were written."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from subscribers import conf
from subscribers.imports import csv_cells, reasons
from subscribers.imports.staging import statements
from subscribers.imports.staging.staged_file import Answers, Staged, discard, opened, path_of

_REPORTS = "reports.json"
"""Beside the staging folder: where the reports lie that were written elsewhere."""


def report(of: Staged) -> Iterator[str]:
    """The rows that cannot be used, as CSV that is safe to open: line, reason, content."""
    return _report(of.path)


def _report(path: Path) -> Iterator[str]:
    yield csv_cells.line([_("line"), _("reason"), _("content")])
    with opened(path) as database:
        for line, reason, content in database.execute(statements.REJECTED):
            yield csv_cells.line([str(line), reasons.words(reason), content])


def put_away(of: Staged) -> None:
    """Keep what the report is made of for those who want to see it, and drop the rest: it holds addresses."""
    if of.rejected:
        with opened(of.path) as database:
            database.execute(statements.DROP_STAGED)
            database.commit()
            database.execute(statements.SHRINK)
        of.path.replace(_report_path(of.path))
    discard(of)


def write_report(of: Staged, target: Path) -> None:
    """The report as a file that only its owner may read. Where it is, is noted: people in it may be erased one day."""
    _note_report(target)
    handle = os.open(target, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write("\ufeff")
        file.writelines(report(of))


def kept_report(digest: str, *, list_id: int, name: str, answers: Answers) -> Iterator[str] | None:
    """The report of a file that is checked, or was imported in the last days; None when it is gone."""
    target = path_of(digest, list_id, answers, name=name)
    path = next((path for path in (target, _report_path(target)) if path.exists()), None)
    return None if path is None else _report(path)


def _report_path(path: Path) -> Path:
    return path.with_suffix(".rejected.db")


def _note_report(target: Path) -> None:
    write_noted(dict.fromkeys([*noted_reports(), target.resolve()]))


def noted_reports() -> list[Path]:
    noted = conf.settings().staging_dir.with_name(_REPORTS)
    return [Path(line) for line in json.loads(noted.read_text(encoding="utf-8"))] if noted.exists() else []


def write_noted(reports: Iterable[Path]) -> None:
    noted = conf.settings().staging_dir.with_name(_REPORTS)
    partial = noted.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        json.dump([str(path) for path in reports], file)
    partial.replace(noted)
