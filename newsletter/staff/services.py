"""What is done with accounts: invite, open by a one-time link, change roles, close; and the audit log."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from newsletter.conf import config
from newsletter.errors import InvalidInput, NotAllowed, NotFound, all_at_once
from newsletter.staff import devices
from newsletter.staff.models import ADMIN, EDITOR, ROLES, AuditEntry, Invitation, User

MAIL_KIND = "X-Newsletter-Kind"
"""Tells the outbox what a mail is; it never leaves the house."""

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
"""What `secrets.token_urlsafe(32)` makes."""

LINK_LIFE = timedelta(days=7)
"""A week: long enough for a holiday weekend, short enough for a forgotten mailbox."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """The account that a one-time link opened."""

    user: User
    created: bool


def record(*, actor: str, action: str, subject: str, now: datetime, detail: dict[str, object] | None = None) -> None:
    """Add a line to the audit log, in the caller's transaction. Never an address of a subscriber in ``detail``."""
    AuditEntry.objects.create(at=now, actor=actor, action=action, subject=subject, detail=detail or {})


def add(*, email: str, roles: frozenset[str], name: str = "", by: str, now: datetime) -> User:
    """Make an account without a password; its person comes in by a one-time link. Raises InvalidInput, NotAllowed."""
    all_at_once(lambda: _address(email), lambda: _check_roles(roles), lambda: _name(name))
    address = _address(email)
    with transaction.atomic():
        if User.objects.filter(email=address).exists():
            raise NotAllowed(_("There is an account with this address already. Change its roles instead."))
        user = User.objects.create_user(
            address, name=_name(name), is_editor=EDITOR in roles, is_admin=ADMIN in roles, date_joined=now
        )
        record(actor=by, action="staff.add", subject=user.actor, now=now, detail={"roles": sorted(roles)})
    return user


def sign_in_link(user: User, *, now: datetime, by: str = "") -> str:
    """A link that opens this account once, within a week. Older links of the account stop working."""
    with transaction.atomic():
        Invitation.objects.filter(email=user.email, used_at__isnull=True).update(used_at=now)
        link = _new_link(email=user.email, is_editor=user.is_editor, is_admin=user.is_admin, by=by, now=now)
        record(actor=by or user.actor, action="staff.link", subject=user.actor, now=now)
    return link


def invite(*, email: str, roles: frozenset[str], by: str, now: datetime) -> str:
    """Mail a one-time link to someone who has no account yet, and return it. Raises InvalidInput, NotAllowed."""
    all_at_once(lambda: _address(email), lambda: _check_roles(roles))
    address = _address(email)
    if User.objects.filter(email=address).exists():
        raise NotAllowed(_("There is an account with this address already. Change its roles instead."))
    with transaction.atomic():
        # A second invitation replaces the first, so that no mailbox ever holds two keys.
        Invitation.objects.filter(email=address, used_at__isnull=True).update(used_at=now)
        link = _new_link(email=address, is_editor=EDITOR in roles, is_admin=ADMIN in roles, by=by, now=now)
        record(actor=by, action="staff.invite", subject="invitation", now=now, detail={"roles": sorted(roles)})
        EmailMessage(
            subject=_("You are invited to the newsroom"),
            body=_(
                "You are invited to work on the newsletters at %(site)s.\n\n"
                "Open this link within seven days; it works once:\n\n%(link)s\n\n"
                "If you did not expect this, you can ignore this email."
            )
            % {"site": config().base_url, "link": link},
            to=[address],
            headers={MAIL_KIND: "invitation"},
        ).send()
    return link


def find_link(secret: str, *, now: datetime) -> Invitation:
    """The open invitation of this secret; reading it consumes nothing. Raises NotFound."""
    if not _SECRET.fullmatch(secret):
        raise NotFound(
            _("A part of this link is missing, or something was added to it. Copy the whole link, and only the link.")
        )
    found = Invitation.objects.filter(secret_hash=_hash(secret), used_at__isnull=True, expires_at__gt=now).first()
    if found is None:
        raise NotFound(_("This link has been used already, was replaced by a newer one, or is too old."))
    return found


def open_link(secret: str, *, now: datetime) -> Opened:
    """Use the link up and give its account, made now if there is none. Raises NotFound."""
    with transaction.atomic():
        invitation = find_link(secret, now=now)
        # Compare and set: of two clicks at once, the first opens.
        if not Invitation.objects.filter(pk=invitation.pk, used_at__isnull=True).update(used_at=now):
            raise NotFound(_("This link has been used already, was replaced by a newer one, or is too old."))
        user = User.objects.filter(email=invitation.email).first()
        if user is not None and not user.is_active:
            raise NotFound(_("This account is closed. Ask an administrator of your newsroom."))
        created = user is None
        if user is None:
            user = User.objects.create_user(
                invitation.email, is_editor=invitation.is_editor, is_admin=invitation.is_admin, date_joined=now
            )
        record(actor=user.actor, action="staff.open", subject=user.actor, now=now)
    return Opened(user=user, created=created)


def choose(user: User, *, name: str, password: str, now: datetime) -> None:
    """Set the person's name and, when it is given, their password. Raises InvalidInput."""
    all_at_once(lambda: _name(name), lambda: _check_password(password, user))
    user.name = _name(name)
    if password:
        user.set_password(password)
    with transaction.atomic():
        user.save(update_fields=["name", "password"])
        if password:
            record(actor=user.actor, action="staff.password", subject=user.actor, now=now)


def change_roles(user_id: int, *, roles: frozenset[str], by: str, now: datetime) -> User:
    """Give a person exactly these roles. Raises NotFound, NotAllowed (the last administrator keeps the role)."""
    _check_roles(roles)
    with transaction.atomic():
        user = _locked(user_id)
        if user.is_admin and user.is_active and ADMIN not in roles:
            _keep_an_admin(user)
        user.is_editor, user.is_admin = EDITOR in roles, ADMIN in roles
        user.save(update_fields=["is_editor", "is_admin"])
        record(actor=by, action="staff.roles", subject=user.actor, now=now, detail={"roles": sorted(roles)})
    return user


def set_active(user_id: int, *, active: bool, by: str, now: datetime) -> User:
    """Close an account, or open it again; closing ends its sessions at their next request.

    Raises NotFound, NotAllowed.
    """
    with transaction.atomic():
        user = _locked(user_id)
        if not active and user.is_active and user.is_admin:
            _keep_an_admin(user)
        user.is_active = active
        user.save(update_fields=["is_active"])
        if not active:
            Invitation.objects.filter(email=user.email, used_at__isnull=True).update(used_at=now)
        record(actor=by, action="staff.open-again" if active else "staff.close", subject=user.actor, now=now)
    return user


def withdraw(invitation_id: int, *, by: str, now: datetime) -> None:
    """Take an invitation back; its link stops working."""
    with transaction.atomic():
        if Invitation.objects.filter(pk=invitation_id, used_at__isnull=True).update(used_at=now):
            record(actor=by, action="staff.withdraw", subject="invitation", now=now)


def find(email: str) -> User:
    """The account of this address. Raises NotFound."""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise NotFound(_("There is no account with the address %(email)s.") % {"email": email.strip()})
    return user


def _locked(user_id: int) -> User:
    # All administrators are locked together, so that two of them cannot take the role from each other at once.
    people = User.objects.select_for_update().filter(Q(pk=user_id) | Q(is_admin=True)).order_by("pk")
    for user in people:
        if user.pk == user_id:
            return user
    raise NotFound(_("This person was not found."))


def _keep_an_admin(user: User) -> None:
    if not User.objects.filter(is_admin=True, is_active=True).exclude(pk=user.pk).exists():
        raise NotAllowed(_("This is the only administrator left. Make someone else an administrator first."))


def _new_link(*, email: str, is_editor: bool, is_admin: bool, by: str, now: datetime) -> str:
    secret = secrets.token_urlsafe(32)
    Invitation.objects.create(
        email=email,
        is_editor=is_editor,
        is_admin=is_admin,
        secret_hash=_hash(secret),
        invited_by=by,
        created_at=now,
        expires_at=now + LINK_LIFE,
    )
    # Of all pages only these are looked up: to read the others takes a command that prints a link a second.
    page = reverse("open_link", args=[secret], urlconf="newsletter.staff.urls")
    return config().base_url + devices.PATH + page.removeprefix("/")


def _hash(secret: str) -> str:
    # 256 random bits need no salt and no slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()


def _check_password(password: str, user: User) -> None:
    if not password:
        return
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), field="password") from error


def _check_roles(roles: frozenset[str]) -> None:
    if not roles or roles - set(ROLES):
        raise InvalidInput(_("Choose at least one role: editor or administrator."), field="roles")


def _address(email: str) -> str:
    address = email.strip().lower()
    if not address:
        raise InvalidInput(_("Write an e-mail address, like name@example.org."), field="email")
    try:
        validate_email(address)
    except ValidationError as error:
        message = _("“%(email)s” is not an e-mail address. Write it like name@example.org.") % {"email": email[:100]}
        raise InvalidInput(message, field="email") from error
    if len(address) > 254:
        raise InvalidInput(_("This address is too long."), field="email")
    return address


def _name(name: str) -> str:
    name = " ".join(name.split())
    # A NUL cannot be stored in PostgreSQL, and no control character is part of a name.
    if len(name) > 200 or any(character < " " for character in name):
        raise InvalidInput(_("Write a name of at most 200 characters."), field="name")
    return name
