"""The ledger's tables (docs/delivery.md): lean, composite keys, no index that no query needs."""

from django.db import models

from newsletter.delivery.states import ChunkState, DeliveryState, Role
from newsletter.issues.models import Issue, Publication, Rendition
from newsletter.stored import SentenceField


class Transport(models.Model):
    """The stored settings of one way out, and how it does. The one named `default` follows NEWSLETTER_SMTP_URL."""

    name = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(max_length=12, default="smtp")
    host = models.CharField(max_length=253, blank=True)
    port = models.PositiveIntegerField(default=587)
    user = models.CharField(max_length=254, blank=True)
    secret = models.BinaryField(default=bytes, help_text="The password or token, sealed; empty: none.")
    tls = models.CharField(max_length=8, default="starttls", help_text="starttls, implicit or none.")
    clear_accepted = models.CharField(
        max_length=253, blank=True, help_text="The host to which mail without encryption was accepted, by its name."
    )
    clear_before = models.CharField(
        max_length=253, blank=True, help_text="The host to which mail went without encryption before anybody was asked."
    )
    auth = models.CharField(max_length=8, default="auto", help_text="auto, plain, login, cram-md5 or xoauth2.")
    max_connections = models.PositiveSmallIntegerField(default=5, help_text="Of all workers of one host together.")
    messages_per_connection = models.PositiveSmallIntegerField(default=100)
    seconds_per_connection = models.PositiveSmallIntegerField(default=300)
    max_bytes = models.PositiveIntegerField(default=0, help_text="Of one message; 0: what the server itself names.")
    role = models.CharField(max_length=8, default=Role.PRIMARY, choices=[(r.value, r.value) for r in Role])
    weight = models.PositiveSmallIntegerField(default=1, help_text="Its share among the servers of its role.")
    enabled = models.BooleanField(default=True)
    serves_all = models.BooleanField(default=True, help_text="Every publication, and our own single mails.")
    publications = models.ManyToManyField(Publication, blank=True, related_name="+", help_text="If it serves not all.")
    version = models.PositiveIntegerField(default=1, help_text="Grows with each edit: carriers are then made anew.")
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_reason = SentenceField(blank=True, help_text="In words, for a person.")
    paused_by = models.CharField(max_length=64, blank=True, help_text="Actor; empty: it paused by itself.")
    failures = models.PositiveSmallIntegerField(default=0, help_text="In a row.")
    last_error = SentenceField(blank=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    sleeping_until = models.DateTimeField(
        null=True, blank=True, help_text="It failed: nothing is tried before, and then it is probed first."
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


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
    """The frozen row of one (issue, subscriber). Never updated; what becomes of it is its Result."""

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
    """What became of a delivery so far; at most one row each, upserted under the chunk's fence."""

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

    ``token`` is the fence: it grows with each claim, and a settle that names an older one writes nothing.
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


class OutboxMail(models.Model):
    """A single mail of our own (confirmation, sign-in, invitation, test issue, alert), waiting or done."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        HELD = "held", "Being sent"
        ACCEPTED = "accepted", "Taken by the mail server"
        REFUSED = "refused", "Refused"
        UNCERTAIN = "uncertain", "Not known"
        EXPIRED = "expired", "Too late"

    kind = models.CharField(max_length=24, help_text="confirmation, sign-in, invitation, test, alert …")
    recipient = models.CharField(max_length=254, help_text="Envelope recipient; cleared when settled.")
    sender = models.CharField(max_length=254, blank=True, help_text="Envelope sender.")
    message = models.BinaryField(help_text="The whole message, CRLF, 7-bit; cleared when settled.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    due = models.DateTimeField()
    expires_at = models.DateTimeField()
    owner = models.CharField(max_length=64, blank=True)
    host = models.CharField(max_length=64, blank=True)
    token = models.BigIntegerField(default=0)
    beat = models.BigIntegerField(default=0)
    at_dot = models.BooleanField(default=False, help_text="Its final dot may have been written; set before it is.")
    code = models.PositiveSmallIntegerField(null=True)
    reply = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["due"], name="outbox_due", condition=models.Q(state__in=["waiting", "held"]))]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.state}"


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


class DkimDomain(models.Model):
    """A domain whose mail goes out signed or not at all: kept apart from its keys, so that losing those is noticed."""

    domain = models.CharField(max_length=253, primary_key=True, help_text="A-labels, lower case.")
    since = models.DateTimeField()

    class Meta:
        ordering = ["domain"]

    def __str__(self) -> str:
        return self.domain


class DkimKey(models.Model):
    """A key that signs mail of its domain once it is active, and until it is retired or a newer one is active.

    What a receiver needs stays; ``private`` is sealed (`sealing`), and emptied when the key is retired.
    """

    class Algorithm(models.TextChoices):
        RSA = "rsa", "RSA"
        ED25519 = "ed25519", "Ed25519"

    domain = models.CharField(max_length=253, help_text="A-labels, lower case.")
    selector = models.CharField(max_length=120, help_text="The record is at selector._domainkey.domain.")
    algorithm = models.CharField(max_length=8, choices=Algorithm.choices)
    private = models.BinaryField(help_text="PKCS #8, sealed.")
    public = models.BinaryField(help_text="As p= carries it: SubjectPublicKeyInfo for RSA, 32 raw bytes for Ed25519.")
    created_at = models.DateTimeField()
    active_from = models.DateTimeField(null=True, blank=True, help_text="Null while its DNS record was not seen.")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["domain", "pk"]
        constraints = [models.UniqueConstraint(fields=["domain", "selector"], name="dkim_selector")]

    def __str__(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"


class RateLimit(models.Model):
    """At most so many in any second, minute, hour and day, for one server, sender's domain or group of domains."""

    key = models.CharField(
        max_length=120, unique=True, help_text="server:1, sender:example.org, domain:gmail; domain:* is each other one."
    )
    per_second = models.FloatField(null=True, blank=True)
    per_minute = models.PositiveIntegerField(null=True, blank=True)
    per_hour = models.PositiveIntegerField(null=True, blank=True)
    per_day = models.PositiveIntegerField(null=True, blank=True)
    warm_up = models.CharField(max_length=12, blank=True, help_text="Name of a ramp; empty: none.")
    warm_up_start = models.DateField(null=True, blank=True, help_text="Its first day, in UTC.")

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key


class RateUse(models.Model):
    """The slots of one limit: which are given out, and how many were in each sub-period. Times in the database's clock.

    One small row for all workers; whoever reserves a portion locks it for a moment.
    """

    key = models.CharField(max_length=120, primary_key=True)
    rate = models.FloatField(null=True, help_text="Slots a second; a slot n is at the moment n / rate.")
    next_slot = models.BigIntegerField(default=0, help_text="Number of the first slot that is not past.")
    taken = models.TextField(default="0", help_text="A bit for each slot from there on, in hexadecimal.")
    counts = models.JSONField(default=dict, help_text="Seconds of a period to number of a sub-period to slots taken.")
    seen = models.FloatField(default=0.0, help_text="When it was reserved from last.")

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key


class Pace(models.Model):
    """How much slower than allowed one server sends to one group of domains, since that group asked for it."""

    key = models.CharField(max_length=120, primary_key=True, help_text="pace:1:gmail")
    rate = models.FloatField(help_text="Messages a second.")
    goal = models.FloatField(help_text="What it was before, and grows back to.")
    connections = models.PositiveSmallIntegerField(null=True, help_text="At most so many at once; null: no bound.")
    in_a_row = models.PositiveSmallIntegerField(default=0, help_text="Such replies without a success between them.")
    slowed_at = models.DateTimeField()
    grown_at = models.DateTimeField(null=True)
    reply = models.CharField(max_length=12, blank=True, help_text="Codes of the last such reply.")

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key


class MailHost(models.Model):
    """Which provider takes a domain's mail, looked up in DNS. The domain itself is kept as a keyed hash only."""

    domain = models.CharField(max_length=32, primary_key=True, help_text="Keyed hash of the domain.")
    group = models.CharField(max_length=40, blank=True, help_text="Provider; empty: none that we know.")
    looked_up_at = models.DateTimeField()

    class Meta:
        ordering = ["domain"]
        indexes = [models.Index(fields=["looked_up_at"], name="mail_host_age")]

    def __str__(self) -> str:
        return self.domain


class Epoch(models.Model):
    """One row: which life of this database it is, and whether it may send (docs/delivery.md, rule 9)."""

    class Why(models.TextChoices):
        BEHIND = "behind", "It is older than the journals beside it."
        ELSEWHERE = "elsewhere", "It is not where it was."

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    root = models.CharField(max_length=32, help_text="Random; the same in every copy.")
    number = models.PositiveIntegerField(default=1, help_text="Grows each time a person ends a hold.")
    place = models.CharField(max_length=120, blank=True, help_text="Where the database lies: a copy lies elsewhere.")
    held_at = models.DateTimeField(null=True, blank=True, help_text="Nothing goes out until a person says so.")
    held_why = models.CharField(max_length=12, blank=True, choices=Why)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="epoch_one")]

    def __str__(self) -> str:
        return f"{self.root}.{self.number}"
