"""The forms of an issue's time: its approval for a time, and another time for what is approved already."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsletter.forms import Form, TextField
from newsletter.issues import services
from newsletter.issues.models import Issue
from newsletter.web import times


class ApprovalForm(Form):
    """When an approved issue goes out, and what the page showed that was looked at."""

    NOW, AT_A_TIME = "now", "time"
    """Choices of ``when``. The other two, which need no time here: the next slot, or later by hand."""

    when = forms.ChoiceField(choices=[(name, name) for name in ("slot", "later", NOW, AT_A_TIME)], required=False)
    send_at = forms.CharField(required=False)
    typed = forms.CharField(required=False)
    """The time that stood in the field when the page was shown."""
    slot = forms.CharField(required=False)
    digest = forms.CharField(required=False)
    note = forms.CharField(required=False)
    shown = forms.CharField(required=False)
    """The time, as `time_name` names it, that the page showed the mail for."""

    def __init__(self, data: Any, *, issue: Issue, now: datetime) -> None:
        """``data``: what was posted; or, for a page that is opened, the choice that it opens with."""
        super().__init__(_chosen(data))
        self.issue, self.now = issue, now
        self.moment: datetime | None = None
        """The chosen time; None for the next slot, by hand, or a time that cannot be."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        self.check(self._read_time)
        return cleaned

    @property
    def is_now(self) -> bool:
        """True when it is to be sent as soon as it is approved."""
        return self.posted("when") == self.NOW

    @property
    def time_name(self) -> str:
        """The chosen time as the page names it in ``shown``."""
        return self.NOW if self.is_now else self.moment.isoformat() if self.moment else ""

    def posted(self, name: str) -> str:
        """A field as it was posted, also of a form that was refused."""
        return str(self.data.get(name, "")).strip()

    def _read_time(self) -> None:
        if self.is_now:
            self.moment = self.now
        elif self.posted("when") == self.AT_A_TIME:
            send_at = _moment(self.posted("send_at"), self.issue)
            services.check_time(send_at, now=self.now)
            self.moment = send_at


class ScheduleForm(Form):
    """Another time for what is approved already."""

    send_at = TextField(label=_("Day and time"), kind="datetime-local", needed=True)

    def __init__(self, *args: Any, issue: Issue, **kwargs: Any) -> None:
        zone = services.zone_of(issue.publication.time_zone)
        super().__init__(*args, initial={"send_at": times.typed(issue.send_at, zone=zone)}, **kwargs)
        self.issue = issue
        self.fields["send_at"].help_text = gettext("In the time zone %(zone)s.") % {"zone": zone.key}

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        self.check(self._read_time)
        return self.cleaned_data

    def _read_time(self) -> None:
        if "send_at" in self.cleaned_data:
            self.cleaned_data["send_at"] = _moment(self.cleaned_data["send_at"], self.issue)


def _moment(text: str, issue: Issue) -> datetime:
    zone = services.zone_of(issue.publication.time_zone)
    return times.parse(text, zone=zone, field="send_at")


def _chosen(data: Any) -> dict[str, str]:
    """The data in which whoever typed another time than the page showed has chosen it, whichever button is set."""
    values = {name: str(data.get(name, "")) for name in ApprovalForm.base_fields}
    typed = values["send_at"].strip()
    if typed and typed != values["typed"]:
        values["when"] = ApprovalForm.AT_A_TIME
    return values
