"""The database, from NEWSLETTER_DATABASE_URL: PostgreSQL by its address, or SQLite in the data directory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from newsletter.project import setting_parsers
from newsletter.project.setting_parsers import BadSetting

MOST_NAME = 63
"""What PostgreSQL keeps of a name."""


def read(env: Mapping[str, str], data: Path) -> dict[str, Any]:
    """Django's own settings. Raises BadSetting, whose text never repeats the address: it holds a password."""
    url = setting_parsers.text(env, "NEWSLETTER_DATABASE_URL", "E004")
    if not url:
        return _sqlite(data)
    try:
        parts = urlsplit(url)
        port = str(parts.port or "")
        options = {_decoded(key): _decoded(value) for key, value in _pairs(parts.query)}
        account = _decoded(parts.username or ""), _decoded(parts.password or ""), _decoded(parts.path.lstrip("/"))
    except ValueError:
        parts = None
    if (
        parts is None
        or parts.scheme not in {"postgres", "postgresql"}
        or parts.fragment
        or not _named(account, options)
    ):
        # Not raised while the other is handled, which quotes what may be half a password.
        raise BadSetting(
            "E004",
            "NEWSLETTER_DATABASE_URL cannot be read: write postgresql://user:password@host/name, with / as %2F, "
            "# as %23, ? as %3F and @ as %40 in a password; leave it empty for SQLite.",
        )
    return _postgresql(parts, account=account, port=port, options=options)


def _sqlite(data: Path) -> dict[str, Any]:
    return {
        "ENGINE": "newsletter.project.patient_sqlite3",
        "NAME": data / "db.sqlite3",
        # Seconds. Opening took half of a public page's time; kept longer, a copy in the file's place would go unseen.
        "CONN_MAX_AGE": 5,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=0; PRAGMA cache_size=-2000; "
                # What is deleted is overwritten: an erased person's address must not lie about in free pages.
                "PRAGMA secure_delete=ON;"
            ),
        },
    }


def _postgresql(
    parts: SplitResult, *, account: tuple[str, str, str], port: str, options: dict[str, str]
) -> dict[str, Any]:
    user, password, name = account
    # A folder of a socket cannot stand where the host does.
    host = options.pop("host", "") or parts.hostname or ""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": user,
        "PASSWORD": password,
        "HOST": host,
        "PORT": port or options.pop("port", ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # Compiling a statement just in time costs a second, and our statements take milliseconds.
        "OPTIONS": {"options": "-c lock_timeout=30s -c jit=off", **options},
    }


def _named(account: tuple[str, str, str], options: dict[str, str]) -> bool:
    """Whether it says which database: by its name, or by a service that libpq looks up."""
    name = account[2]
    return len(name) <= MOST_NAME and bool(name or options.get("service"))


def _pairs(query: str) -> list[tuple[str, str]]:
    found = [pair.partition("=") for pair in query.split("&") if pair]
    return [(key, value) for key, _, value in found]


def _decoded(part: str) -> str:
    """Raises ValueError unless it is percent-encoded UTF-8 without a NUL, which no database takes."""
    text = unquote_to_bytes(part).decode()
    if "\0" in text:
        raise ValueError("NUL")
    return text
