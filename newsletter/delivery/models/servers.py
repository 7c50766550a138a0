"""The mail servers that messages are handed to."""

from django.db import models

from newsletter.delivery.states import Role
from newsletter.issues.models import Publication
from newsletter.stored import SentenceField


class Transport(models.Model):
    """The stored settings of a mail server, and its health. The server named `default` follows NEWSLETTER_SMTP_URL."""

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
