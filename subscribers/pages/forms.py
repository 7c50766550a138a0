"""The staff's forms: they read what was typed, a service judges it, and what it refuses stands beside the field.

How a field looks is the project's form renderer's affair (`FORM_RENDERER`).
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from subscribers import member_search
from subscribers.errors import InvalidInput, SeveralInvalid, SubscribersError
from subscribers.imports import caps
from subscribers.localization import digits
from subscribers.models import ImportRun, List

LANGUAGES = {
    "en": "English", "fa": "فارسی", "ar": "العربية", "de": "Deutsch", "es": "Español", "fr": "Français",
    "pt": "Português", "tr": "Türkçe",
}  # fmt: skip


class Form(forms.Form):
    """A form whose refusals by services stand beside their fields; ids of inputs are the names of their fields."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "%s", **kwargs})

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows the form."""
        return 422 if self.errors else 200

    def accepts(self, step: Callable[[], object]) -> bool:
        """Run the service if the fields could be read; False when either refused, which the page then says."""
        if not self.is_valid():
            return False
        try:
            step()
        except SubscribersError as error:
            for problem in error.problems if isinstance(error, SeveralInvalid) else [error]:
                self.refuse(str(problem), field=problem.field if isinstance(problem, InvalidInput) else "")
            return False
        return True

    def refuse(self, words: str, *, field: str = "") -> None:
        """Say it beside the field, or of the form as a whole where it has no such field."""
        self.add_error(field if field in self.fields else NON_FIELD_ERRORS, words)


def _text(*, kind: str = "text", longest: int | None = None, **attrs: object) -> forms.TextInput:
    return forms.TextInput(attrs={"type": kind, "maxlength": longest or False, **attrs})


class AddressForm(Form):
    """A full address, by which somebody is found."""

    address = forms.CharField(
        label=_("Find a subscriber on any list"),
        help_text=_("Type the full address."),
        required=False,
        widget=_text(kind="email", dir="ltr", autocomplete="off"),
    )


class AddForm(Form):
    """Somebody whom the staff put on a list, on a declared basis."""

    address = forms.CharField(
        label=_("E-mail address"),
        required=False,
        widget=_text(kind="email", required=True, dir="ltr", autocomplete="off"),
    )
    name = forms.CharField(label=_("Name"), required=False, widget=_text(longest=200, dir="auto", autocomplete="off"))
    asked_again = forms.BooleanField(label=_("They have asked for this list again since they left"), required=False)
    basis = forms.CharField(
        label=_("How did they agree?"),
        help_text=_("Kept as proof, such as: asked by letter, 3 May 2026."),
        required=False,
        widget=_text(longest=300, required=True, dir="auto"),
    )


class SearchForm(Form):
    """What is looked for among the members of a list."""

    q = forms.CharField(
        label=_("Full address, or domain"),
        help_text=_("Such as name@example.org or example.org."),
        required=False,
        widget=_text(longest=320, dir="ltr", autocomplete="off"),
    )
    state = forms.ChoiceField(label=_("Status"), help_text=_("Their status on this list."), required=False)

    def __init__(self, search: member_search.Search, *, states: list[tuple[str, str]]) -> None:
        super().__init__({"q": search.text, "state": search.state})
        cast(forms.ChoiceField, self.fields["state"]).choices = states


class ListForm(Form):
    """A list's words; its address can be chosen only once, and joining is closed only later."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("As its readers see it."),
        required=False,
        widget=_text(longest=200, required=True, dir="auto"),
    )
    language = forms.CharField(  # judged by the service, together with the rest
        label=_("Language"),
        help_text=_(
            "The language of the texts below. The form and its mail are in Persian for فارسی, otherwise in English."
        ),
        required=False,
        widget=forms.Select,
    )
    slug = forms.CharField(
        label=_("Address of the form"),
        help_text=_(
            "Only a–z, digits and hyphens. If left empty, it is made from the name. It cannot be changed later."
        ),
        required=False,
        widget=_text(longest=50, dir="ltr"),
    )
    description = forms.CharField(
        label=_("What readers get"),
        help_text=_("In a sentence or two. Shown above the form."),
        required=False,
        widget=forms.Textarea(attrs={"cols": False, "rows": 4, "dir": "auto"}),
    )
    consent_text = forms.CharField(
        label=_("What readers agree to"),
        help_text=_(
            "Exactly these words are shown when they join, and kept as proof. If left empty, a standard text is used."
        ),
        required=False,
        widget=forms.Textarea(attrs={"cols": False, "rows": 4, "dir": "auto"}),
    )
    open_to_join = forms.BooleanField(label=_("Readers may join through the public form"), required=False)

    def __init__(self, data: Mapping[str, Any] | None, *, list_: List | None = None) -> None:
        names = [name for name in self.base_fields if name != "slug"]
        super().__init__(data, initial={name: getattr(list_, name) for name in names} if list_ else {"language": "en"})
        present = {list_.language: list_.language} if list_ else {}
        cast(forms.Select, self.fields["language"].widget).choices = list({**present, **LANGUAGES}.items())
        if list_:
            self.fields["consent_text"].help_text = _(
                "Exactly these words are shown when they join, and kept as proof."
            )
            self.fields["consent_text"].widget.attrs["required"] = True
            del self.fields["slug"]
        else:
            del self.fields["open_to_join"]


class UploadForm(Form):
    """A file of people."""

    file = forms.FileField(
        label=_("CSV file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(
            attrs={"required": True, "accept": ".csv,.txt,.tsv,text/csv,text/plain,text/tab-separated-values"}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = gettext(
            "A list exported from another program or a spreadsheet, up to %(limit)s MB. You will see how each column "
            "was understood, and can correct it."
        ) % {"limit": digits(caps.BIGGEST_UPLOAD // 1_000_000, language=get_language() or "en")}


class ImportForm(Form):
    """How the people of a checked file agreed. What is said of its columns is asked by the page itself."""

    basis = forms.CharField(
        label=_("How did these people agree?"),
        help_text=_("Kept with each of them as proof. Without it nobody is added."),
        required=False,
        widget=_text(longest=300, required=True, dir="auto"),
    )

    def __init__(self, data: Mapping[str, Any] | None, *, run: ImportRun) -> None:
        super().__init__(data, initial={"basis": run.basis})
        self.column_errors: dict[str, str] = {}
        """What is wrong with the answer about a column, by the name of its input (``column-3``)."""

    def refuse(self, words: str, *, field: str = "") -> None:
        if field.startswith("column-"):
            self.column_errors[field] = words
        else:
            super().refuse(words, field=field)

    @property
    def status(self) -> int:
        return 422 if self.errors or self.column_errors else 200
