"""allauth's forms that have a mail sent, under our limits."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import RequestLoginCodeForm, ResetPasswordForm
from allauth.core import context
from django.utils import timezone

from newsletter.staff import limits
from newsletter.staff.limits import Limits


class CodeForm(RequestLoginCodeForm):  # type: ignore[misc]  # allauth carries no types
    def clean_email(self) -> Any:
        _count(limits.CODE, self.cleaned_data["email"])
        return super().clean_email()


class ResetForm(ResetPasswordForm):  # type: ignore[misc]
    def clean_email(self) -> Any:
        _count(limits.RESET, self.cleaned_data["email"])
        return super().clean_email()


def _count(each: Limits, address: str) -> None:
    if not limits.take(each, context.request, address, now=timezone.now()):
        raise get_adapter().validation_error("too_many_login_attempts")
