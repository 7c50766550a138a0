"""The form of a user's own account; and allauth's forms that have a mail sent, under our limits."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import RequestLoginCodeForm, ResetPasswordForm
from allauth.core import context
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter.forms import Form, TextField
from newsletter.staff import attempt_limits
from newsletter.staff.attempt_limits import AttemptLimits


class CodeForm(RequestLoginCodeForm):  # type: ignore[misc]  # allauth carries no types
    def clean_email(self) -> Any:
        _count(attempt_limits.CODE, self.cleaned_data["email"])
        return super().clean_email()


class ResetForm(ResetPasswordForm):  # type: ignore[misc]
    def clean_email(self) -> Any:
        _count(attempt_limits.RESET, self.cleaned_data["email"])
        return super().clean_email()


def _count(each: AttemptLimits, address: str) -> None:
    if not attempt_limits.take(each, context.request, address, now=timezone.now()):
        raise get_adapter().validation_error("too_many_login_attempts")


class ProfileForm(Form):
    """A name, and a first password while the account has none."""

    name = TextField(
        label=_("Your name"),
        help_text=_("Your colleagues see it next to what you approve."),
        longest=200,
        attrs={"autocomplete": "name"},
    )
    password = forms.CharField(
        label=_("Choose a password"),
        help_text=_("At least 10 characters. Or leave it empty, and sign in with a code that we email you."),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, first: bool, **kwargs: Any) -> None:
        """``first``: whether a password may be chosen here."""
        super().__init__(*args, **kwargs)
        if not first:
            del self.fields["password"]
