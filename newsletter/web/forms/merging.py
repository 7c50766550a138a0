"""Forms of things that another tab or person may save meanwhile: neither's words are lost."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from newsletter.forms import Form
from newsletter.web import three_way_merge


class MergingForm(Form):
    """A form that can tell what was changed on its page, and what was saved elsewhere meanwhile.

    A field that was not touched on the page takes what is stored now. One that was changed in both places is refused,
    with both texts on the page; the same form posted again keeps its own.
    """

    seen = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    """A digest of each field as the page showed it: see `three_way_merge.note`."""

    def __init__(self, *args: Any, stored: Mapping[str, object] | None = None, **kwargs: Any) -> None:
        """``stored``: what is saved now, by the names of fields; None for something new, which nobody else has open."""
        self.stored = stored or {}
        initial = {**self.stored, **kwargs.pop("initial", {})}
        if stored is not None:
            initial["seen"] = three_way_merge.note(self.stored)
        super().__init__(*args, initial=initial, **kwargs)
        if stored is None:
            del self.fields["seen"]
        self.wanted: dict[str, str | None] = {}
        """What was changed on this page, by the names of fields; None for the fields that were not."""
        self.theirs: dict[str, str] = {}
        """What was saved elsewhere in fields that were changed here too."""
        self.noted = ""
        """The digests as they were posted; empty when the page sent none."""
        if self.is_bound and stored is not None:
            self._merge(cast(QueryDict, self.data).copy())

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.theirs:
            self.say_conflicts()
        return cleaned

    def say_conflicts(self) -> None:
        """Say beside each field what was saved elsewhere."""
        for name, text in self.theirs.items():
            said = _("Saved elsewhere in the meantime: “%(text)s”. Save again to keep yours.") % {"text": text}
            self.add_error(name, said if text else _("Emptied elsewhere in the meantime. Save again to keep yours."))

    def _merge(self, data: QueryDict) -> None:
        self.noted = data.get("seen", "")
        typed = {name: _posted(data, name, value) for name, value in self.stored.items()}
        found = three_way_merge.merge(typed=typed, stored=self.stored, noted=self.noted)
        self.wanted, self.theirs = found.wanted, found.theirs
        for name, wanted in self.wanted.items():
            value = self.stored[name]
            if wanted is None and isinstance(value, list):
                data.setlist(name, value)
            elif wanted is None:
                data[name] = three_way_merge.plain(value)
        data["seen"] = three_way_merge.note(self.stored)
        self.data = data


def _posted(data: QueryDict, name: str, stored: object) -> object:
    """The posted value; all of them for a field of ticked boxes."""
    return data.getlist(name) if isinstance(stored, list) else data.get(name, "")
