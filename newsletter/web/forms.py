"""How views speak with forms: what was typed comes back, with the message beside its field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from newsletter.errors import InvalidInput, SeveralInvalid, UserError, all_at_once
from newsletter.translation import error_text
from newsletter.web import merging

T = TypeVar("T")


SEEN = "seen"
"""The field that says what a page showed: see `merging.note`."""


def watched(values: Mapping[str, object]) -> "Form":
    """A form that can tell later what was changed on the page, and what was saved elsewhere meanwhile."""
    return Form(values={**values, SEEN: merging.note(values)})


def keep_theirs(form: "Form", stored: Mapping[str, object]) -> None:
    """Put what is stored now into fields that were not touched on the page: another saved them meanwhile.

    Raises InvalidInput for fields that were changed in both places; the same form posted again keeps its own.
    """
    found = merging.merge(typed=form.values, stored=stored, noted=form.text(SEEN))
    kept = {name: merging.plain(stored[name]) for name, value in found.wanted.items() if value is None}
    form.values = {**form.values, **kept, SEEN: merging.note(stored)}
    problems = [
        InvalidInput(
            _("Saved elsewhere in the meantime: “%(text)s”. Save again to keep yours.") % {"text": text}
            if text
            else _("Emptied elsewhere in the meantime. Save again to keep yours."),
            field=name,
        )
        for name, text in found.theirs.items()
    ]
    if problems:
        raise SeveralInvalid(problems)


@dataclass
class Form:
    """Values by the names of fields, and what was wrong with them; the name "" is the form as a whole."""

    values: Mapping[str, object]
    errors: dict[str, str] = field(default_factory=dict)
    theirs: dict[str, str] = field(default_factory=dict)
    """What another person saved meanwhile, by the names of fields."""
    files: frozenset[str] = frozenset()
    """Fields for which a file was chosen: no browser keeps it on a page that comes back."""

    def posted(self, request: HttpRequest) -> "Form":
        """The same fields as they were posted; what a form does not send, such as an unticked box, is empty."""
        blank: dict[str, object] = dict.fromkeys(self.values, "")
        values = {**blank, **{name: str(value) for name, value in request.POST.items()}}
        return Form(values=values, files=frozenset(request.FILES))

    @property
    def lost(self) -> frozenset[str]:
        """Fields of which the file has to be chosen again, although nothing was wrong with it."""
        return self.files - set(self.errors) if self.errors else frozenset()

    def text(self, name: str) -> str:
        return str(self.values.get(name, ""))

    def number(self, name: str) -> int:
        """A whole number. Raises InvalidInput."""
        raw = self.text(name).strip()
        if not raw.isascii() or not raw.isdigit() or len(raw) > 9:
            raise InvalidInput(_("Write a whole number."), field=name)
        return int(raw)

    def accepted(self, step: Callable[[], object], *, beside: str = "") -> bool:
        """Run the step; False when it was refused, its words then kept beside the field.

        ``beside``: the field that speaks for what names none of this page's; empty for the form as a whole.
        """
        try:
            step()
        except UserError as error:
            for one in error.problems if isinstance(error, SeveralInvalid) else [error]:
                name = one.field if isinstance(one, InvalidInput) else ""
                place = name if name in self.values else beside if beside in self.values else ""
                self._say(place, error_text(one))
            return False
        return True

    def _say(self, place: str, said: str) -> None:
        """Beside what is said there already, and once: two steps may meet the same trouble."""
        before = self.errors.get(place, "")
        if said not in before:
            self.errors[place] = f"{before} {said}" if before else said

    @property
    def status(self) -> int:
        return 422 if self.errors else 200


@dataclass
class Reading:
    """Reads fields one after another and keeps what was refused, so that all of it can be said at once."""

    refused: list[InvalidInput] = field(default_factory=list)

    def of(self, read: Callable[[], T], *, otherwise: T) -> T:
        """What was read; ``otherwise``, if it cannot be read."""
        try:
            return read()
        except InvalidInput as error:
            self.refused.append(error)
            return otherwise

    def check(self, *checks: Callable[[], object]) -> None:
        """Raises InvalidInput for all that was refused, and for what the checks refuse."""
        all_at_once(*(partial(_refuse, error) for error in self.refused), *checks)


def _refuse(error: InvalidInput) -> None:
    raise error


def word(request: HttpRequest, name: str) -> str:
    """One posted value by which something is looked up; NUL, which no database takes, is left out."""
    return clean(request.POST.get(name, ""))


def number(request: HttpRequest, name: str) -> int | None:
    """A posted whole number that a page put there itself; None when there is none."""
    raw = request.POST.get(name, "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) <= 18 else None


def clean(value: str) -> str:
    """As `word`, of a value at hand."""
    return value.replace("\x00", "")[:500]


def done(request: HttpRequest, step: Callable[[], object], said: str = "") -> bool:
    """Run a step behind a single button; its success, or why it was refused, is said on the next page."""
    try:
        step()
    except UserError as error:
        messages.error(request, error_text(error))
        return False
    if said:
        messages.success(request, said)
    return True


def clock() -> datetime:
    """The edge where pages read the time."""
    return timezone.now()
