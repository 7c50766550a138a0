"""Single mails of our own that wait to be handed over."""

from django.db import models


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
