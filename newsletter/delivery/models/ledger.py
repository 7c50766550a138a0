"""The ledger (docs/delivery.md): releases, who is written to, what became of each delivery, and the work in chunks.

Lean rows with composite keys, and no index that no query needs: a release has as many as readers.
"""

from django.db import models

from newsletter.delivery.states import ChunkState, DeliveryState
from newsletter.issues.models import Issue, Rendition


class Release(models.Model):
    """The numbers of one issue's freeze: candidates = planned + excluded, fixed for ever."""

    issue = models.OneToOneField(Issue, primary_key=True, on_delete=models.PROTECT, related_name="release")
    cut_off = models.DateTimeField(help_text="Who joined later is out.")
    candidates = models.PositiveIntegerField(default=0)
    planned = models.PositiveIntegerField(default=0)
    excluded = models.JSONField(default=dict, help_text="Reason to count.")
    released_by = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField()
    frozen_at = models.DateTimeField(null=True, blank=True, help_text="Null while the freeze is not complete.")
    freeze_seconds = models.FloatField(null=True, help_text="How long it took.")
    expires_at = models.DateTimeField(help_text="After this nothing more is tried.")
    finished_at = models.DateTimeField(null=True, blank=True)
    brakes = models.JSONField(default=list, help_text="Limits that paused it by themselves, each at most once.")

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"release of issue {self.issue_id}"


class Exclusion(models.Model):
    """A candidate who is not written to, and why."""

    pk = models.CompositePrimaryKey("issue_id", "subscriber")
    issue = models.ForeignKey(Issue, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    subscriber = models.BigIntegerField()
    reason = models.CharField(max_length=24)

    class Meta:
        ordering = ["issue_id", "subscriber"]

    def __str__(self) -> str:
        return f"{self.issue_id}/{self.subscriber}: {self.reason}"


class Delivery(models.Model):
    """The frozen row of an (issue, subscriber). Never updated; what becomes of it is its Result."""

    pk = models.CompositePrimaryKey("issue_id", "subscriber")
    issue = models.ForeignKey(Issue, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    subscriber = models.BigIntegerField()
    chunk = models.IntegerField(help_text="Number of its first chunk within the issue.")
    rendition = models.ForeignKey(
        Rendition, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    not_before = models.DateTimeField(null=True)

    class Meta:
        ordering = ["issue_id", "subscriber"]
        # The worker reads a chunk in subscriber order; this is the only query by chunk.
        indexes = [models.Index(fields=["issue", "chunk"], name="delivery_chunk")]

    def __str__(self) -> str:
        return f"{self.issue_id}/{self.subscriber}"


class Result(models.Model):
    """What became of a delivery so far; at most a row each, upserted under the chunk's fence."""

    pk = models.CompositePrimaryKey("issue_id", "subscriber")
    issue = models.ForeignKey(Issue, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    subscriber = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in DeliveryState])
    tries = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=12, blank=True, default="", help_text="What the last reply was about.")
    code = models.PositiveSmallIntegerField(null=True, help_text="Basic SMTP code of the last reply.")
    enhanced = models.CharField(max_length=12, blank=True, help_text="RFC 3463 code of the last reply.")
    reply = models.CharField(max_length=500, blank=True, help_text="Text of the last reply, or our own reason.")
    due = models.DateTimeField(null=True, help_text="When a deferred one is tried again.")
    retry_chunk = models.IntegerField(null=True, help_text="The chunk that will try it again.")
    settled_at = models.DateTimeField()

    class Meta:
        ordering = ["issue_id", "subscriber"]
        indexes = [
            models.Index(
                fields=["issue", "retry_chunk"],
                name="result_retry",
                condition=models.Q(retry_chunk__isnull=False),
            ),
            # "Who did not get it?", asked of a million rows. What was taken, nearly everything, never enters it: a
            # settle pays less than a microsecond a row, a look at a running release takes 5 ms instead of 400.
            models.Index(
                fields=["issue", "state", "subscriber"],
                name="result_not_taken",
                condition=~models.Q(state=DeliveryState.ACCEPTED.value),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issue_id}/{self.subscriber}: {self.state}"


class Attempt(models.Model):
    """One try that was not plainly accepted at once. Inserted, never changed."""

    issue = models.ForeignKey(Issue, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    subscriber = models.BigIntegerField()
    at = models.DateTimeField()
    phase = models.CharField(max_length=10, help_text="Where it ended: connect, mail, rcpt, data, block, dot …")
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in DeliveryState])
    kind = models.CharField(max_length=12, blank=True, default="", help_text="What the reply was about.")
    code = models.PositiveSmallIntegerField(null=True)
    enhanced = models.CharField(max_length=12, blank=True)
    reply = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["issue", "subscriber"], name="attempt_delivery")]

    def __str__(self) -> str:
        return f"{self.issue_id}/{self.subscriber} {self.phase} {self.code}"


class Chunk(models.Model):
    """The unit of work: up to 500 deliveries of one domain group, held by at most one worker.

    ``token`` is the fence: it grows with each claim, and a settle that names an older token writes nothing.
    ``beat`` is the holder's heartbeat, a counter; clocks of other machines are never compared.
    """

    pk = models.CompositePrimaryKey("issue_id", "number")
    issue = models.ForeignKey(Issue, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    number = models.IntegerField()
    retry = models.BooleanField(default=False, help_text="Its deliveries are those whose result names it.")
    domain_group = models.IntegerField(default=0)
    size = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, default=ChunkState.WAITING, choices=[(s.value, s.value) for s in ChunkState])
    not_before = models.DateTimeField(null=True)
    owner = models.CharField(max_length=64, blank=True, help_text="Worker id: names its journal.")
    host = models.CharField(max_length=64, blank=True, help_text="Boot id of the owner's machine.")
    token = models.BigIntegerField(default=0)
    beat = models.BigIntegerField(default=0)
    window = models.IntegerField(default=0, help_text="How many hand-overs are authorised beyond the last settle.")

    class Meta:
        ordering = ["issue_id", "number"]
        # Claims ask for what waits, oldest first; done chunks leave the index.
        indexes = [
            models.Index(
                fields=["state", "not_before"],
                name="chunk_open",
                condition=~models.Q(state=ChunkState.DONE.value),
            )
        ]

    def __str__(self) -> str:
        return f"chunk {self.number} of issue {self.issue_id}"
