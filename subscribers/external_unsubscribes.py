"""Who had unsubscribed in the program that an imported file came from, as the file says (`LeftElsewhere`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from subscribers.models import ImportRun, LeftElsewhere


@dataclass(frozen=True, kw_only=True, slots=True)
class ExternalUnsubscribe:
    """A reader had left a list in another program; `file` says so."""

    list_id: int
    list_name: str
    file: str
    """The name of the file that said so; empty when its import is no longer on record."""
    at: datetime
    """When that file was imported."""


def of(index: str, *, list_id: int | None = None) -> Sequence[ExternalUnsubscribe]:
    """The unsubscribes that files told of the reader with this blind index, of all lists or `list_id`; oldest first."""
    rows = LeftElsewhere.objects.filter(address_index=index).select_related("list")
    rows = rows if list_id is None else rows.filter(list_id=list_id)
    return [
        ExternalUnsubscribe(list_id=row.list_id, list_name=row.list.name, file=_file(row), at=row.at)
        for row in rows.order_by("pk")
    ]


def _file(row: LeftElsewhere) -> str:
    runs = ImportRun.objects.filter(list_id=row.list_id, digest=row.source)
    return runs.order_by("pk").values_list("file_name", flat=True).first() or ""
