"""The form of a rate limit."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.delivery.ratelimit import limit_settings
from newsletter.delivery.ratelimit.limit_settings import Settings
from newsletter.errors import InvalidInput, NotFound, words_of
from newsletter.forms import TextField
from newsletter.web import words
from newsletter.web.forms.merging import MergingForm

_NUMBERS = ("per_second", "per_minute", "per_hour", "per_day")


class DecimalField(forms.FloatField):
    """A number with a point or a comma before its decimals, whatever the language of the page."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)


def _input(mode: str) -> forms.TextInput:
    return forms.TextInput(attrs={"inputmode": mode, "maxlength": 9, "dir": "ltr"})


class LimitForm(MergingForm):
    """How many mails may go out in a second, minute, hour and day, and how slowly that begins."""

    per_second = DecimalField(
        label=_("Per second"),
        required=False,
        error_messages={"invalid": _("Write a number, such as 20 or 0.5.")},
        widget=_input("decimal"),
    )
    per_minute = forms.IntegerField(label=_("Per minute"), required=False, widget=_input("numeric"))
    per_hour = forms.IntegerField(label=_("Per hour"), required=False, widget=_input("numeric"))
    per_day = forms.IntegerField(label=_("Per day"), required=False, widget=_input("numeric"))
    warm_up = forms.ChoiceField(
        label=_("Warm-up"),
        help_text=_("For a sender or an IP address that the big providers do not know yet."),
        required=False,
        choices=[*words.WARM_UP.items()],
    )
    warm_up_start = forms.DateField(
        label=_("First day of the warm-up"),
        help_text=_("Empty: today."),
        required=False,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("Write a day as 2026-11-26.")},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "dir": "ltr"}),
    )

    def __init__(self, *args: Any, limit: Settings | None = None, now: datetime, **kwargs: Any) -> None:
        """``limit``: the limit that is changed, as it is stored; None for a new limit."""
        self.now = now
        super().__init__(*args, stored=None if limit is None else _values(limit), **kwargs)

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        # That there is no number at all is not said of a number that could not be read.
        if not any(self.has_error(name) for name in (*_NUMBERS, "warm_up", "warm_up_start")):
            self.check(lambda: limit_settings.check(self.settings(), now=self.now))
        return self.cleaned_data

    def settings(self) -> Settings:
        """The limit as it was typed."""
        typed = self.cleaned_data
        return Settings(
            **{name: typed[name] for name in _NUMBERS},
            warm_up=typed["warm_up"],
            warm_up_start=typed["warm_up_start"],
        )


class NewLimitForm(LimitForm):
    """The form of a new limit, with what it is for."""

    kind = forms.ChoiceField(
        label=_("Limit for"),
        choices=[*words.LIMIT_KIND.items()],
        widget=forms.Select(attrs={"required": True}),
    )
    name = TextField(
        label=_("Which"),
        help_text=_(
            "The name of a mail server, a domain, or a provider such as gmail, microsoft or yahoo. * stands for "
            "everyone else."
        ),
        longest=110,
        needed=True,
        attrs={"dir": "ltr", "list": "limit-names", "autocomplete": "off"},
    )

    field_order = ("kind", "name")

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        if not self.has_error("kind") and not self.has_error("name"):
            self.check(self._check_which, beside="name")
        return self.cleaned_data

    @property
    def key(self) -> str:
        """What the limit is for, such as "sender:example.org"."""
        return f"{self.cleaned_data['kind']}:{self.cleaned_data['name']}"

    def _check_which(self) -> None:
        """Raises InvalidInput in the words of the chosen kind: the page does not ask for what commands call a key."""
        if not self.cleaned_data["name"].strip(" ."):
            raise InvalidInput(str(words.LIMIT_WHICH[self.cleaned_data["kind"]]), field="name")
        try:
            limit_settings.clean_key(self.key)
        except NotFound as error:  # a mail server
            raise InvalidInput(words_of(error), field="name") from error


def _values(limit: Settings) -> dict[str, object]:
    """What is stored, as inputs hold it."""
    names: Iterable[str] = (*_NUMBERS, "warm_up", "warm_up_start")
    return {name: _typed(getattr(limit, name)) for name in names}


def _typed(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
