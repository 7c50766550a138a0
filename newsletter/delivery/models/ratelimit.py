"""Rate limits, what was used of them, the pace of each provider, and which provider a domain has."""

from django.db import models


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
    """The slots of a limit: which are given out, and how many were in each sub-period. Times in the database's clock.

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
