"""A delivery as the ledger gives it out and takes it back, and the error of a broken ledger."""

from datetime import datetime

from newsletter.delivery.states import DeliveryState
from newsletter.errors import NewsletterError
from newsletter.values import value


class LedgerBroken(NewsletterError, RuntimeError):
    """A row is not as the fence promised. Nothing of the group was written.

    ``chunk`` is its number within the ``issue``; None where no single chunk is meant.
    """

    def __init__(self, text: str, *, issue: int, chunk: int | None = None) -> None:
        super().__init__(text)
        self.issue = issue
        self.chunk = chunk


@value
class OpenDelivery:
    """A delivery without a final result."""

    subscriber: int
    rendition: int
    tries: int
    state: DeliveryState
    refused_for_policy: bool = False
    """The last reply was about policy, and a person let the issue go on since."""


@value
class Settlement:
    """What became of a delivery."""

    subscriber: int
    state: DeliveryState
    tries: int
    """Tries so far, this try included."""
    kind: str = ""
    """A `classification.Kind`: what the reply was about; empty for a plain yes and where there was none."""
    code: int | None = None
    enhanced: str = ""
    reply: str = ""
    due: datetime | None = None
    phase: str = ""
    tried: DeliveryState | None = None
    """What the try itself ended with; None when nothing was tried (withdrawn, expired)."""

    @property
    def is_history(self) -> bool:
        """True when it deserves an `Attempt`: everything but a plain yes to the first try."""
        return self.tried is not None and not (self.tried is DeliveryState.ACCEPTED and self.tries == 1)
