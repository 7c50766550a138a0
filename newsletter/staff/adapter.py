"""How allauth behaves here: nobody signs up, links come from our public address, mails are told apart."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.urls import reverse

from newsletter.conf import config
from newsletter.staff.services import MAIL_KIND

CODE_SENT = "account/messages/login_code_sent.txt"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth carries no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *more: Any, **named: Any
    ) -> None:
        # It would say that a code was sent, to whoever asks: the page says that one is, if there is an account.
        if message_template != CODE_SENT:
            super().add_message(request, level, message_template, *more, **named)

    def get_reset_password_from_key_url(self, key: str) -> str:
        # Never from the Host header, which a stranger chooses.
        uid, _, secret = key.partition("-")
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
