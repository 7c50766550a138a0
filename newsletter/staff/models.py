"""Accounts of the newsroom's people, their invitations, and what they did."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone

EDITOR = "editor"
ADMIN = "admin"
ROLES = (EDITOR, ADMIN)


class UserManager(BaseUserManager["User"]):
    """Creates accounts; the address is lower-cased whole, since people type it in any case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        if password:
            user.set_password(password)
        else:
            user.set_unusable_password()
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person of the newsroom. The e-mail address is the name; roles are independent of each other."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=200, blank=True)
    is_editor = models.BooleanField(default=True)
    is_admin = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["email"]

    def __str__(self) -> str:
        return self.name or self.email

    def has_role(self, role: str) -> bool:
        """True for an active person who holds the role."""
        return self.is_active and {EDITOR: self.is_editor, ADMIN: self.is_admin}.get(role, False)

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        """Permissions are roles: ``newsletter.editor``, ``newsletter.admin``; ``subscribers.manage`` is an admin's."""
        if perm == "subscribers.manage":
            return self.has_role(ADMIN)
        app, _, role = perm.partition(".")
        return app == "newsletter" and self.has_role(role)

    def has_perms(self, perms: Iterable[str], obj: object | None = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perms)

    @property
    def actor(self) -> str:
        """Opaque id by which other rooms remember who did something."""
        return f"staff:{self.pk}"


class Invitation(models.Model):
    """A one-time link that makes or opens an account. Only the hash of its secret is stored."""

    email = models.EmailField(max_length=254)
    is_editor = models.BooleanField(default=True)
    is_admin = models.BooleanField(default=False)
    secret_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class AuditEntry(models.Model):
    """One line of the audit log: who did what to what, and when. Never an address of a subscriber."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=64)
    action = models.CharField(max_length=60, help_text="Such as issue.approve.")
    subject = models.CharField(max_length=100, help_text="Such as issue:12.")
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["subject", "-at"], name="audit_subject")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
