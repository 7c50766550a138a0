"""The typed settings of the subscribers; the only place that reads Django's settings for them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from django.conf import settings as django_settings
from django.utils.module_loading import import_string

from subscribers.results import Letterhead


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What subscribers need to know about this installation."""

    token_keys: tuple[bytes, ...]
    """Newest first: the first signs, all verify (trust U4)."""
    address_key: bytes
    """Key of the blind index and of every other keyed hash here."""
    base_url: str
    """Public address without a trailing slash; every mailed link begins with it, never with the Host header."""
    staging_dir: Path
    """Where imports are checked before the database is touched."""
    also_forgets: Callable[[int, str, datetime], None]
    """Forgets a person outside, by number and address, when they are erased here."""
    also_forgets_files: Callable[[str], Iterable[Path]]
    """Forgets an address in files outside, after that; yields those that it could not read or write."""
    letterheads: Callable[[], Mapping[int, Letterhead]]
    """By the ids of lists, what their readers know them by. In one query, whatever it finds: see `letterheads`."""


def settings() -> Settings:
    """The settings of this process."""
    given = cast(dict[str, Any], django_settings.SUBSCRIBERS)
    return Settings(
        token_keys=tuple(given["TOKEN_KEYS"]),
        address_key=given["ADDRESS_KEY"],
        base_url=given["BASE_URL"].rstrip("/"),
        staging_dir=Path(given["STAGING_DIR"]),
        also_forgets=import_string(given["ALSO_FORGETS"]) if given.get("ALSO_FORGETS") else _nothing,
        also_forgets_files=(
            import_string(given["ALSO_FORGETS_FILES"]) if given.get("ALSO_FORGETS_FILES") else _no_files
        ),
        letterheads=import_string(given["LETTERHEADS"]) if given.get("LETTERHEADS") else dict,
    )


def _nothing(_subscriber: int, _address: str, _now: datetime) -> None:
    pass


def _no_files(_address: str) -> tuple[Path, ...]:
    return ()
