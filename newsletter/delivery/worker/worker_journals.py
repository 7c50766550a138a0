"""The journals that a worker writes: that of its next claims, and older ones as long as chunks name them."""

from collections.abc import Callable, Collection
from pathlib import Path

from newsletter.delivery.ledger import journal
from newsletter.delivery.ledger.journal import Journal


class WorkerJournals:
    """Files of one worker. They live in its event loop; ``later`` does a journal's work a moment later."""

    def __init__(self, directory: Path, *, later: Callable[[Callable[[], None]], None]) -> None:
        self._directory = directory
        self._later = later
        self.epoch = ""
        """The epoch of the database, which the next journal names."""
        self._current: Journal | None = None
        self._older: list[Journal] = []
        """Rolled over, while chunks that were claimed under them are still held."""

    def current(self) -> Journal:
        """The journal for what is claimed next. It is rolled over when it is large, broken, or of another epoch."""
        mine = self._current
        if mine is not None and (mine.size > journal.ROLL_AT or mine.broken or mine.epoch != self.epoch):
            self._older.append(mine)
            mine = None
        if mine is None:
            mine = self._current = Journal.create(self._directory, epoch=self.epoch, later=self._later)
        return mine

    def give_up(self, *, needed: Collection[Journal]) -> None:
        """Close journals that were rolled over and that no chunk needs any more."""
        for old in [older for older in self._older if older not in needed]:
            old.close()
            self._older.remove(old)

    def close(self) -> None:
        for mine in filter(None, (self._current, *self._older)):
            mine.close()
