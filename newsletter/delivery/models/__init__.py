"""The tables of delivery, a module for each subject: lean rows, and no index that no query needs.

`ledger` is what a release writes (`docs/delivery.md`), `progress` what its page draws, `servers`, `ratelimit` and
`dkim` what an admin sets and what was used of it, `outbox` our own mails, `epoch` which life of the database this is.
In and out: rows. Every room of delivery reads; deliveries and results are written by the room `ledger` alone.
"""

from newsletter.delivery.models.dkim import DkimDomain, DkimKey
from newsletter.delivery.models.epoch import Epoch
from newsletter.delivery.models.ledger import Attempt, Chunk, Delivery, Exclusion, Release, Result
from newsletter.delivery.models.outbox import OutboxMail
from newsletter.delivery.models.progress import Alarm, ReleaseSample
from newsletter.delivery.models.ratelimit import MailHost, Pace, RateLimit, RateUse
from newsletter.delivery.models.servers import Transport

__all__ = [
    "Alarm",
    "Attempt",
    "Chunk",
    "Delivery",
    "DkimDomain",
    "DkimKey",
    "Epoch",
    "Exclusion",
    "MailHost",
    "OutboxMail",
    "Pace",
    "RateLimit",
    "RateUse",
    "Release",
    "ReleaseSample",
    "Result",
    "Transport",
]
