"""How allauth behaves here: nobody signs up, links come from our public address, mails are told apart."""

from collections.abc import Mapping
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter.conf import config
from newsletter.staff import attempt_limits
from newsletter.staff.services import MAIL_KIND
from subscribers import api

CODE_SENT = "account/messages/login_code_sent.txt"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth carries no types
    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": _(
            "Too many attempts, so this one was not looked at. Wait a few minutes and try again, "
            "or use a device on which you have signed in before."
        ),
    }

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        self._counted = attempt_limits.take(
            attempt_limits.SIGN_IN, request, _address(request, credentials), now=timezone.now()
        )
        if not self._counted:
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        user = super().authenticate(request, **credentials)
        if user is not None:
            # Who has the password may come as often as they like; their other tries stay counted.
            api.give_back(self._counted)
        return user

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *more: Any, **named: Any
    ) -> None:
        # It would say that a code was sent, to whoever asks: the page says that it was, if there is an account.
        if message_template != CODE_SENT:
            super().add_message(request, level, message_template, *more, **named)

    def get_reset_password_from_key_url(self, key: str) -> str:
        # Never from the Host header, which a stranger chooses.
        uid, _dash, secret = key.partition("-")
        return config().base_url + reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": secret})

    def format_email_subject(self, subject: str) -> str:
        return str(subject)

    def render_mail(
        self, template_prefix: str, email: str | list[str], context: dict[str, Any], headers: Any = None
    ) -> EmailMessage:
        mail: EmailMessage = super().render_mail(
            template_prefix,
            email,
            {**context, "base_url": config().base_url},
            {**(headers or {}), MAIL_KIND: "sign-in"},
        )
        return mail


def _address(request: HttpRequest, credentials: Mapping[str, Any]) -> str:
    """The account whose password is tried: that of the address typed, or that of the session, asked for again."""
    return str(credentials.get("email") or getattr(request.user, "email", ""))
