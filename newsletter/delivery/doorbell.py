"""The doorbell of one process: whoever plans work rings, the worker polls anyway."""

import threading

from django.db import transaction

_bell = threading.Event()


def ring() -> None:
    """Wake this process's worker once the caller's transaction has been committed. A lost ring costs a second."""
    transaction.on_commit(_bell.set)


def wait(seconds: float) -> None:
    """Wait until somebody rings, at most so many seconds."""
    _bell.wait(seconds)
    _bell.clear()
