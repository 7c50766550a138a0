"""How much is measured: in full about half an hour, with QUICK=1 about two."""

from dataclasses import dataclass

STORIES = 6
"""Of the digest of 43 KB."""
SMALL = 1
"""Of an issue for what is about rows and not about bytes."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How many times, and how much each time."""

    quick: bool

    @property
    def repetitions(self) -> int:
        return 1 if self.quick else 9

    @property
    def few(self) -> int:
        """Repetitions of what takes long."""
        return 1 if self.quick else 3

    def messages(self, full: int) -> int:
        """So many in full; a tenth of it for a smoke."""
        return max(full // 10, 50) if self.quick else full

    def many(self, full: int) -> int:
        """As ``messages``, of what goes by the million."""
        return full // 50 if self.quick else full
