"""The form of a newsletter's settings."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsletter.forms import RadioChoices, TextAreaField, TextField
from newsletter.issues import services
from newsletter.issues.models import Publication
from newsletter.scheduling import cadence
from newsletter.web.forms.merging import MergingForm

_STORIES = 8
"""Suggested stories of a new newsletter, at most."""
_TEXTS = (
    "name",
    "slug",
    "tagline",
    "language",
    "time_zone",
    "accent",
    "sender_name",
    "sender_address",
    "reply_to",
    "bounce_domain",
    "postal_address",
    "reason",
    "empty_slot",
    "uncertain_policy",
)
"""Fields that are settings under the same name, as they are."""
_NUMBERS = {"list_id": 0, "useful_life_hours": 1, "refusal_limit": 0}
"""Settings that are numbers, each with a number that is no trouble of its own where none could be read."""


class PublicationForm(MergingForm):
    """What readers know it as, who sends it, when it goes out, and its safeguards."""

    name = TextField(label=_("Name"), longest=200, required=True, attrs={"dir": "auto"})
    tagline = TextField(
        label=_("Tagline"), help_text=_("One line below the name. Optional."), longest=300, attrs={"dir": "auto"}
    )
    language = TextField(
        label=_("Language"),
        help_text=_("A tag such as en, de or fa; it also sets the reading direction."),
        longest=20,
        needed=True,
        attrs={"dir": "ltr"},
    )
    accent = TextField(label=_("Accent colour"), kind="color")
    slug = TextField(
        label=_("Short name"),
        help_text=_("Used in commands. Left empty, it is made from the name."),
        longest=60,
        attrs={"dir": "ltr"},
    )
    list_id = forms.TypedChoiceField(
        label=_("List of subscribers"), coerce=int, widget=forms.Select(attrs={"required": True})
    )
    sender_name = TextField(label=_("Sender’s name"), longest=200, required=True, attrs={"dir": "auto"})
    sender_address = TextField(
        label=_("Sender’s address"),
        help_text=_("At a domain that your mail server is allowed to send for."),
        kind="email",
        longest=254,
        needed=True,
        attrs={"dir": "ltr"},
    )
    reply_to = TextField(
        label=_("Replies go to"),
        help_text=_("Empty: the sender’s address."),
        kind="email",
        longest=254,
        attrs={"dir": "ltr"},
    )
    bounce_domain = TextField(
        label=_("Bounce domain"), help_text=_("Empty: the sender’s domain."), longest=253, attrs={"dir": "ltr"}
    )
    postal_address = TextAreaField(
        label=_("Postal address"),
        help_text=_(
            "Of the publisher: street, town, country. Printed at the end of every mail, since the law asks for it. "
            "Without it no issue can be approved."
        ),
        rows=3,
    )
    reason = TextAreaField(
        label=_("Why readers get it"),
        help_text=_(
            "Printed at the end of every mail, such as: You get this because you signed up at example.org. Without it "
            "no issue can be approved."
        ),
        rows=2,
    )
    time_zone = TextField(
        label=_("Time zone"),
        help_text=_("Such as Europe/Berlin."),
        longest=64,
        needed=True,
        attrs={"dir": "ltr", "list": "zones"},
    )
    cadence = TextField(label=_("Schedule"), longest=100, attrs={"dir": "ltr"})
    empty_slot = forms.ChoiceField(
        label=_("If no issue is approved when the time comes"),
        choices=[
            (Publication.EmptySlot.REVIEW.value, _("Create a draft, tell the editors, and wait")),
            (Publication.EmptySlot.AUTOMATIC.value, _("Send the suggested stories without asking")),
        ],
        widget=RadioChoices,
    )
    max_stories = forms.IntegerField(
        label=_("Maximum number of suggested stories"), widget=forms.NumberInput(attrs={"min": 1, "max": 50})
    )
    second_person = forms.BooleanField(
        label=_("Someone other than the last editor has to approve each issue"), required=False
    )
    uncertain_policy = forms.ChoiceField(
        label=_("When nobody knows whether a mail was accepted"),
        choices=[
            (Publication.UncertainPolicy.HOLD.value, _("Let a person decide")),
            (Publication.UncertainPolicy.AGAIN.value, _("Send it again; some readers may get it twice")),
        ],
        widget=RadioChoices,
    )
    useful_life_hours = forms.IntegerField(
        label=_("Keep trying for this many hours"), widget=forms.NumberInput(attrs={"min": 1, "max": 120})
    )
    refusal_limit = forms.IntegerField(
        label=_("Pause an issue when this percentage of recipients is refused"),
        help_text=_("Counted from the 50th mail. 0: never."),
        widget=forms.NumberInput(attrs={"min": 0, "max": 100}),
    )

    def __init__(
        self, *args: Any, publication: Publication | None = None, lists: Sequence[tuple[int, str]], **kwargs: Any
    ) -> None:
        """``lists``: the lists to choose from, each with its label; ``publication``: None for a new newsletter."""
        self.publication = publication
        if publication is None:
            super().__init__(*args, initial=_defaults(), **kwargs)
        else:
            super().__init__(*args, stored=values_of(publication), **kwargs)
        self.offer("list_id", lists)
        self.fields["cadence"].help_text = gettext(
            "Minute, hour, day, month, weekday: “%(cron)s” means weekdays at 07:00. Empty: someone sends each issue."
        ) % {"cron": "0 7 * * 1-5"}

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        # Before anything is saved: the newsletter and its rhythm are two steps.
        self.check(lambda: services.check_settings(self.settings()), self._check_cadence)
        return self.cleaned_data

    def settings(self) -> services.PublicationSettings:
        """The settings as they were typed; in place of what could not be read stands what is no trouble of its own."""
        typed = self.cleaned_data
        rule: Mapping[str, Any] = self.publication.rule if self.publication else {}
        return services.PublicationSettings(
            **{name: typed.get(name, "") for name in _TEXTS},
            **{name: typed.get(name, otherwise) for name, otherwise in _NUMBERS.items()},
            theme=self.publication.theme if self.publication else services.PublicationSettings.theme,
            second_person=typed["second_person"],
            rule={**rule, "max_stories": typed.get("max_stories", 1)},
        )

    def _check_cadence(self) -> None:
        if rule := self.cleaned_data.get("cadence"):
            cadence.check(rule)


def values_of(publication: Publication) -> dict[str, object]:
    """What is stored, by the names of the fields."""
    names = (*_TEXTS, *_NUMBERS, "cadence", "second_person")
    values: dict[str, object] = {name: getattr(publication, name) for name in names}
    return {**values, "max_stories": publication.rule.get("max_stories", _STORIES)}


def _defaults() -> dict[str, object]:
    defaults = {f.name: f.default for f in fields(services.PublicationSettings) if isinstance(f.default, str | int)}
    return {**defaults, "max_stories": _STORIES}
