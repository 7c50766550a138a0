"""The forms of an issue: its words, a story's words, how long it is tried, and who gets it again."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsletter.delivery.control import resend
from newsletter.forms import Form, RadioChoices, TextAreaField, TextField
from newsletter.issues import queries, subject_lines
from newsletter.issues.models import Entry, Issue, Publication
from newsletter.translation import number
from newsletter.web import words
from newsletter.web.forms.merging import MergingForm


class _VersionedForm(MergingForm):
    """Words of an issue, with the version that the page showed: a page that sends no digests is judged by it."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, issue: Issue, **kwargs: Any) -> None:
        super().__init__(*args, initial={"version": issue.version}, **kwargs)
        self.issue = issue
        if self.theirs:
            self.data["version"] = issue.version  # type: ignore[index]  # the copy that was merged into

    def say_conflicts(self) -> None:
        """Say it once, of the form; the page shows `theirs` beside the fields."""
        self.add_error(
            None,
            gettext(
                "You in another tab, or someone else, changed this while you had it open here. Your words are still "
                "here, but not saved yet; what was saved is shown beside them. Save again to keep yours."
            ),
        )

    @property
    def expected_version(self) -> int:
        """The version of the issue that these words were written for; 0, which none has, if none can be read."""
        shown = self.cleaned_data["version"]
        return self.issue.version if self.noted else int(shown) if shown.isdecimal() and len(shown) < 10 else 0


class WordsForm(_VersionedForm):
    """The composer's words: whatever button of it is pressed, they are saved first."""

    subject = TextField(
        label=_("Subject"),
        help_text=_("What readers see first. Most mailboxes show about 50 characters."),
        longest=300,
        attrs={"dir": "auto", "data-count": "subject-count"},
    )
    preheader = TextField(
        label=_("Preview line"),
        help_text=_("Shown beside the subject; 40 to 110 characters."),
        longest=300,
        attrs={"dir": "auto", "data-count": "preheader-count"},
    )
    introduction = TextAreaField(
        label=_("Introduction"),
        help_text=_("Markdown. {{name|reader}} becomes the reader’s name, or the word after the bar."),
        rows=6,
    )

    def __init__(self, *args: Any, issue: Issue, **kwargs: Any) -> None:
        subject, preheader = subject_lines.of(issue, queries.entries_of(issue))
        stored = {"subject": subject, "preheader": preheader, "introduction": issue.introduction}
        super().__init__(*args, issue=issue, stored=stored, **kwargs)


class StoryForm(_VersionedForm):
    """What a story says differently in this issue; its picture only where there is one."""

    title = TextField(label=_("Headline"), longest=500, attrs={"dir": "auto"})
    kicker = TextField(label=_("Label"), longest=120, attrs={"dir": "auto"})
    standfirst = TextAreaField(label=_("Summary"))
    show = forms.ChoiceField(
        label=_("What readers get"),
        choices=[
            ("summary", _("The summary, and a link to the whole article")),
            ("full", _("The whole text in the mail")),
        ],
        required=False,
        widget=RadioChoices,
    )
    show_picture = forms.BooleanField(label=_("Show the picture"), required=False)
    picture_alt = TextField(label=_("What the picture shows"), longest=500, attrs={"dir": "auto"})

    def __init__(self, *args: Any, entry: Entry, **kwargs: Any) -> None:
        article = entry.article
        names = ["title", "standfirst", "kicker", "show"]
        names += ["picture_alt", "show_picture"] if article.picture_id else []
        super().__init__(*args, stored={name: getattr(entry, name) for name in names}, **kwargs)
        # An empty field takes the article's own words, which its hint shows.
        self.fields["title"].help_text = article.title
        self.fields["kicker"].help_text = article.kicker or gettext("The short word above the headline.")
        self.fields["standfirst"].help_text = article.standfirst
        self.fields["picture_alt"].help_text = article.picture_alt or gettext(
            "For people who do not see it. One sentence."
        )
        for name in {"picture_alt", "show_picture"} - set(names):
            del self.fields[name]


class CareForm(MergingForm):
    """How long an issue is worth being tried, and what becomes of doubts; empty: as the newsletter has it."""

    useful_life_hours = forms.IntegerField(
        label=_("Keep trying for this many hours"),
        required=False,
        widget=forms.NumberInput(attrs={"min": 1, "max": 120}),
    )
    uncertain_policy = forms.ChoiceField(
        label=_("When nobody knows whether a mail was accepted"),
        choices=[
            ("", _("Use the newsletter’s setting")),
            (Publication.UncertainPolicy.HOLD.value, _("Let a person decide")),
            (Publication.UncertainPolicy.AGAIN.value, _("Send it again; some readers may get it twice")),
        ],
        required=False,
        widget=RadioChoices,
    )

    def __init__(self, *args: Any, issue: Issue, **kwargs: Any) -> None:
        stored = {
            "useful_life_hours": issue.useful_life_hours or "",
            "uncertain_policy": issue.uncertain_policy,
        }
        super().__init__(*args, stored=stored, **kwargs)
        self.fields["useful_life_hours"].help_text = gettext(
            "Counted from when sending starts. What is not accepted by then counts as too late. Leave empty to use the "
            "newsletter’s setting, %(n)s."
        ) % {"n": number(issue.publication.useful_life_hours)}


class ResendForm(Form):
    """Which of those who did not get an issue get it again."""

    kind = forms.MultipleChoiceField(
        choices=[(choice, words.failed(choice).label) for choice in resend.CHOICES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
