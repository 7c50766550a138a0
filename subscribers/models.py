"""People, lists, what they agreed to, and who must not be mailed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from subscribers.states import SubscriptionState


class List(models.Model):
    """A list that people join. What they agree to is its consent text, versioned by its hash in each event."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=60, unique=True)
    description = models.TextField(blank=True)
    language = models.CharField(max_length=20, default="en")
    consent_text = models.TextField(help_text="Exactly what people read and agree to when they join.")
    open_to_join = models.BooleanField(default=True, help_text="Whether the public form takes new people.")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Subscriber(models.Model):
    """A person's address. Only `subscribers.addresses` reads or writes it; nothing logs it."""

    address = models.CharField(max_length=320)
    address_index = models.CharField(
        max_length=64, unique=True, help_text="Keyed hash (HMAC-SHA-256) of the normalised address."
    )
    domain_group = models.IntegerField(default=0, help_text="Small clear number, equal for one domain.")
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"subscriber {self.pk}"


class Subscription(models.Model):
    """One person on one list."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="subscriptions")
    list = models.ForeignKey(List, on_delete=models.CASCADE, related_name="subscriptions")
    state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in SubscriptionState])
    public_id = models.BinaryField(max_length=8, unique=True, help_text="8 random bytes; tokens name it, never an id.")
    basis = models.CharField(
        max_length=300,
        blank=True,
        help_text="How consent was given: form, or declared at import. Empty: no send.",
    )
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)
    confirmations_sent = models.PositiveSmallIntegerField(default=0)
    confirmation_sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["list", "subscriber"], name="subscription_once")]
        indexes = [models.Index(fields=["state", "created_at"], name="subscription_state")]

    def __str__(self) -> str:
        return f"subscription {self.pk}: {self.state}"


class ConsentEvent(models.Model):
    """A change of a subscription, with the proof: inserted, never changed. No foreign keys: it outlives."""

    class Kind(models.TextChoices):
        REQUESTED = "requested", _("Asked to join")
        CONFIRMED = "confirmed", _("Confirmed")
        IMPORTED = "imported", _("Imported")
        UNSUBSCRIBED = "unsubscribed", _("Left")
        RETURNED = "returned", _("Undid leaving")
        SUPPRESSED = "suppressed", _("Do not mail")
        ADDED = "added", _("Added by the team")
        LIFTED = "lifted", _("Mail allowed again")
        ERASED = "erased", _("Erased")

    subscriber_id = models.BigIntegerField()
    list_id = models.BigIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    at = models.DateTimeField()
    text = models.TextField(blank=True, help_text="Exactly what was shown.")
    text_version = models.CharField(max_length=16, blank=True, help_text="First 16 hex digits of the text's SHA-256.")
    language = models.CharField(max_length=20, blank=True)
    method = models.CharField(max_length=24, help_text="form, one-click, page, import, staff, command …")
    form_url = models.CharField(max_length=500, blank=True)
    token_id = models.CharField(max_length=32, blank=True)
    source = models.CharField(max_length=64, blank=True, help_text="SHA-256 of an imported file.")
    actor = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["subscriber_id", "list_id"], name="consent_person")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at}"


class Suppression(models.Model):
    """A keyed hash of an address that must not be mailed, on any list, with its reason."""

    address_index = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=24, help_text="complaint, bounced, asked, erased …")
    at = models.DateTimeField()
    actor = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"suppression {self.pk}: {self.reason}"


class LeftElsewhere(models.Model):
    """A keyed hash of an address whose person had left this list in the program that it was brought from.

    No import wakes them; they themselves may join at any time.
    """

    list = models.ForeignKey(List, on_delete=models.CASCADE, related_name="left_elsewhere")
    address_index = models.CharField(max_length=64)
    source = models.CharField(max_length=64, help_text="SHA-256 of the file that said so.")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["list", "address_index"], name="left_elsewhere_once")]

    def __str__(self) -> str:
        return f"left elsewhere {self.pk}"


class Tally(models.Model):
    """A count under a limit, until it expires. Its key is a keyed hash: it tells nothing of whom it counts."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["key"]
        indexes = [models.Index(fields=["expires_at"], name="tally_expiry")]

    def __str__(self) -> str:
        return f"{self.count} until {self.expires_at}"


class ImportRun(models.Model):
    """One CSV import: what file, how far, what was found; resumable by its file's hash."""

    list = models.ForeignKey(List, on_delete=models.CASCADE, related_name="imports")
    file_name = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    basis = models.CharField(max_length=300)
    state = models.CharField(max_length=12, default="checking")
    rows = models.PositiveIntegerField(default=0)
    committed = models.PositiveIntegerField(default=0, help_text="Staged rows committed so far.")
    counts = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    actor = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return f"import {self.pk}: {self.state}"
