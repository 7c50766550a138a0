"""What is done with accounts, and the one way to write the audit log."""

from datetime import datetime

from newsletter.staff.models import AuditEntry


def record(*, actor: str, action: str, subject: str, now: datetime, detail: dict[str, object] | None = None) -> None:
    """Add a line to the audit log, in the caller's transaction. Never an address of a subscriber in ``detail``."""
    AuditEntry.objects.create(at=now, actor=actor, action=action, subject=subject, detail=detail or {})
