"""What a page about sending shows beside the ledger: samples of how far a release was, and alarms."""

from django.db import models

from newsletter.issues.models import Issue, Publication
from newsletter.stored import SentenceField


class ReleaseSample(models.Model):
    """How far a release was at one moment: what the rate and the chart are drawn from. Thinned, and no truth."""

    pk = models.CompositePrimaryKey("issue_id", "at")
    issue = models.ForeignKey(Issue, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    at = models.DateTimeField(help_text="Whole seconds, so that two workers write one row.")
    pending = models.PositiveIntegerField()
    accepted = models.PositiveIntegerField()
    deferred = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    uncertain = models.PositiveIntegerField()
    withdrawn = models.PositiveIntegerField()
    expired = models.PositiveIntegerField()
    groups = models.JSONField(default=list, help_text="By domain group: number, planned, settled, waiting again.")

    class Meta:
        ordering = ["issue_id", "at"]

    def __str__(self) -> str:
        return f"issue {self.issue_id} at {self.at}: {self.accepted} accepted"


class Alarm(models.Model):
    """What the staff must know about sending: told once, shown until it is settled."""

    publication = models.ForeignKey(Publication, null=True, blank=True, on_delete=models.CASCADE, related_name="alarms")
    key = models.CharField(max_length=120, help_text="What it is about, so that it is told once.")
    text = SentenceField()
    raised_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-raised_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=models.Q(settled_at__isnull=True), name="alarm_once")
        ]

    def __str__(self) -> str:
        return self.text
