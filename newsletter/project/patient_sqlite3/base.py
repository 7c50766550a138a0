"""Django's SQLite, in which whoever waits for the write lock asks again every few milliseconds.

SQLite's own waiters are not queued, and sleep a tenth of a second at a time. Beside a release that takes the lock again
as soon as it has let go, somebody who leaves a list could miss every gap for seconds (trust U2).
"""

import sqlite3
import time
from collections.abc import Callable
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

ASK_AGAIN_MS = 8
"""SQLite itself asks after 1, 2 and 5 ms, as long as this lasts; then it is asked anew."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Wait for a locked database, in all as long as the setting's ``timeout`` says."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(self._patiently)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        _ask_for(connection, ASK_AGAIN_MS)
        return connection

    def _patiently(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        patience = self.settings_dict["OPTIONS"].get("timeout", 5.0)
        if many:
            # Some of its rows may be written when it has to wait: it is not tried again from the first.
            _ask_for(self.connection, int(1000 * patience))
            try:
                return execute(sql, params, many, context)
            finally:
                _ask_for(self.connection, ASK_AGAIN_MS)
        until = time.monotonic() + patience
        while True:
            try:
                return execute(sql, params, many, context)
            except OperationalError as error:
                if not _is_busy(error) or time.monotonic() >= until:
                    raise


def _ask_for(connection: Any, milliseconds: int) -> None:
    connection.execute(f"PRAGMA busy_timeout={milliseconds}")


def _is_busy(error: OperationalError) -> bool:
    code = getattr(error.__cause__, "sqlite_errorcode", 0)
    # What reads an older state of the database while it writes never gets the lock.
    return code & 0xFF == sqlite3.SQLITE_BUSY and code != sqlite3.SQLITE_BUSY_SNAPSHOT
