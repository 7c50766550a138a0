"""Every room's models, gathered so that Django finds them."""

from newsletter.articles.models import Article, Picture, Source
from newsletter.delivery.models import (
    Alarm,
    Attempt,
    Chunk,
    Delivery,
    DkimDomain,
    DkimKey,
    Epoch,
    Exclusion,
    MailHost,
    OutboxMail,
    Pace,
    RateLimit,
    RateUse,
    Release,
    ReleaseSample,
    Result,
    Transport,
)
from newsletter.issues.models import Approval, Entry, Issue, Publication, Rendition
from newsletter.scheduling.models import Schedule
from newsletter.staff.models import AuditEntry, Invitation, User

__all__ = [
    "Alarm",
    "Approval",
    "Article",
    "Attempt",
    "AuditEntry",
    "Chunk",
    "Delivery",
    "DkimDomain",
    "DkimKey",
    "Entry",
    "Epoch",
    "Exclusion",
    "Invitation",
    "Issue",
    "MailHost",
    "OutboxMail",
    "Pace",
    "Picture",
    "Publication",
    "RateLimit",
    "RateUse",
    "Release",
    "ReleaseSample",
    "Rendition",
    "Result",
    "Schedule",
    "Source",
    "Transport",
    "User",
]
