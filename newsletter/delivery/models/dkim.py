"""Domains whose mail is signed, and the keys (RFC 6376)."""

from django.db import models


class DkimDomain(models.Model):
    """A domain whose mail goes out signed or not at all: kept apart from its keys, so that losing those is noticed."""

    domain = models.CharField(max_length=253, primary_key=True, help_text="A-labels, lower case.")
    since = models.DateTimeField()

    class Meta:
        ordering = ["domain"]

    def __str__(self) -> str:
        return self.domain


class DkimKey(models.Model):
    """A key that signs mail of its domain once it is active, and until it is retired or a newer key is active.

    What a receiver needs stays; ``private`` is sealed (`sealed_secrets`), and emptied when the key is retired.
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
