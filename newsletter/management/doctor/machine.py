"""Whether the machine has room and the right time."""

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import connection

from newsletter.conf import Config
from newsletter.management.doctor.diagnosis import Diagnosis, failed, ok

CLOCK_DRIFT_SECONDS = 5.0
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock before this was never set."""
LEAST_FREE = 500_000_000
"""Bytes; below this the journal or the database may soon find no room."""


def disk(data_dir: Path) -> Diagnosis:
    """Room enough for the database and the journal."""
    name = "Disk"
    place = next(folder for folder in (data_dir, *data_dir.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    text = f"{free / 1e9:.1f} GB free at {place}."
    if free < LEAST_FREE:
        return failed(name, f"Only {text} Make room before the next issue: sending stops when the disk is full.")
    return ok(name, text)


def clock(settings: Config, *, now: datetime, ask_database: bool) -> Diagnosis:
    """The time is sane, and the database's agrees with ours."""
    name = "Clock"
    here = now.astimezone(ZoneInfo(settings.time_zone))
    if now < EARLIEST:
        return failed(
            name, f"This machine believes it is {here:%Y-%m-%d %H:%M}. Set its clock, and keep it right with NTP."
        )
    if ask_database and connection.vendor == "postgresql":
        before = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute("SELECT now()")
            theirs: datetime = cursor.fetchone()[0]
        drift = abs((theirs - datetime.now(UTC)).total_seconds()) - (time.monotonic() - before)
        if drift > CLOCK_DRIFT_SECONDS:
            return failed(name, f"The database's clock is {drift:.0f} s away from ours. Keep both right with NTP.")
    return ok(name, f"It is {here:%Y-%m-%d %H:%M} in {settings.time_zone}.")
