"""What is due, and when: the truth that any number of schedulers share."""

from django.db import models

from newsletter.issues.models import Issue, Publication


class Schedule(models.Model):
    """A moment to come: a one-off time of an issue, or the next slot of a publication's cadence.

    A scheduler claims it by compare-and-set on ``next_at``; whoever changes it does the work. What it follows from
    (an issue's time, a publication's cadence) stays the truth: `due.keep_up` brings the rows in line with it.
    """

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="schedules")
    issue = models.OneToOneField(Issue, null=True, blank=True, on_delete=models.CASCADE, related_name="schedule")
    rule = models.CharField(max_length=100, blank=True, help_text="Cron fields; empty for a one-off time.")
    time_zone = models.CharField(max_length=64, default="UTC")
    next_at = models.DateTimeField(null=True, help_text="UTC; null when nothing more is to come.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_slot = models.DateTimeField(null=True, blank=True, help_text="The slot whose work is under way.")
    claimed_issue = models.BigIntegerField(
        null=True, blank=True, help_text="The issue that the slot's work settled on, so that a retry takes no other."
    )
    last_outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["next_at", "pk"]
        indexes = [models.Index(fields=["next_at"], name="schedule_next")]
        constraints = [
            models.UniqueConstraint(
                fields=["publication"], condition=models.Q(issue__isnull=True), name="schedule_one_cadence"
            )
        ]

    def __str__(self) -> str:
        return f"{self.publication} {self.rule or 'once'} {self.next_at}"
