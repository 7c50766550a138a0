"""A list as a CSV file: streamed, always quoted, with nothing in it that a spreadsheet would run."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext

from subscribers import addresses
from subscribers.errors import InvalidInput
from subscribers.imports import csv_cells
from subscribers.models import List, Subscription, Suppression

COLUMNS = ("email", "name", "language", "state", "basis", "joined_at", "confirmed_at", "left_at")
_PAGE = 2_000


def lines(list_: List) -> Iterator[str]:
    """The header and one line for each person, by the order in which they joined. What is imported back is the same."""
    yield "\ufeff" + csv_cells.line(COLUMNS)
    last = 0
    suppressed = Suppression.objects.filter(address_index=OuterRef("subscriber__address_index"))
    people = (
        Subscription.objects.filter(list=list_)
        .annotate(suppressed=Exists(suppressed))
        .order_by("pk")
        .values_list(
            "pk",
            f"subscriber__{addresses.COLUMN}",
            "subscriber__name",
            "subscriber__language",
            "state",
            "basis",
            "created_at",
            "confirmed_at",
            "unsubscribed_at",
            "suppressed",
        )
    )
    # By key, not by a cursor that would hold a transaction open for as long as somebody's download takes.
    while page := list(people.filter(pk__gt=last)[:_PAGE]):
        for _, address, name, language, state, basis, joined, confirmed, left, barred in page:
            standing = "suppressed" if barred else state
            times = [_time(joined), _time(confirmed), _time(left)]
            yield csv_cells.line([addresses.opened(address), name, language, standing, basis, *times])
        last = page[-1][0]


def export_file(list_: List, target: Path) -> int:
    """Write the list to a file that only its owner may read; how many people it holds."""
    partial, count = target.with_name(target.name + ".partial"), 0
    try:
        handle = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            for text in lines(list_):
                file.write(text)
                count += 1
        partial.replace(target)
    except OSError as error:
        said = gettext("“%(file)s” cannot be written: %(reason)s.") % {"file": target, "reason": error.strerror}
        raise InvalidInput(said, field=target.name) from error
    finally:
        partial.unlink(missing_ok=True)
    return count - 1  # the header is no person


def _time(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
