"""Django forms in front of services: the form reads what was typed, the service judges it.

A form class declares its fields with labels, hints and kinds. What may stand in a field is the rule of a service, the
same for commands: its `InvalidInput` names the field, and `Form.refuse` is the one place where that becomes an error of
the form. So that everything wrong is said at once, forms of services that can check without saving call
`Form.check` in `clean`, as a ModelForm calls its model.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS

from newsletter.errors import InvalidInput, SeveralInvalid, UserError
from newsletter.translation import error_text


class Form(forms.Form):
    """A form whose refusals by services stand beside their fields."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The ids of inputs are the names of their fields: links, scripts and tests of ours know them.
        super().__init__(*args, **{"auto_id": "%s", **kwargs})

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows the form."""
        return 422 if self.errors else 200

    def offer(self, name: str, choices: Iterable[tuple[object, object]]) -> None:
        """Set the choices of a field that are known only now: their values and labels."""
        cast(forms.ChoiceField, self.fields[name]).choices = list(choices)

    def accepts(self, step: Callable[[], object], *, beside: str = "") -> bool:
        """Run the service; False when it refused, which the page then says.

        ``beside``: the field for a refusal that names no field of this form; empty for the form as a whole.
        """
        try:
            step()
        except UserError as error:
            self.refuse(error, beside=beside)
            return False
        return True

    def check(self, *checks: Callable[[], object], beside: str = "") -> None:
        """Run every check of a service, for `clean`."""
        for check in checks:
            self.accepts(check, beside=beside)

    def refuse(self, error: UserError, *, beside: str = "") -> None:
        """Add what a service refused beside the fields that it names; a field says only what was found first."""
        for problem in error.problems if isinstance(error, SeveralInvalid) else [error]:
            named = problem.field if isinstance(problem, InvalidInput) else ""
            field = next((name for name in (named, beside) if name in self.fields), None)
            text = error_text(problem)
            if not self.has_error(field or NON_FIELD_ERRORS) or (field is None and text not in self.non_field_errors()):
                self.add_error(field, text)


class TextField(forms.CharField):
    """Text of which the browser is told how long it may be and whether it is needed; the service says so in words."""

    def __init__(
        self,
        *,
        kind: str = "text",
        longest: int | None = None,
        needed: bool = False,
        attrs: Mapping[str, object] | None = None,
        **kwargs: Any,
    ) -> None:
        told = {"maxlength": longest or False, "required": needed, **(attrs or {})}
        widget = forms.TextInput(attrs={"type": kind, **told})
        super().__init__(**{"required": False, "widget": widget, **kwargs})


class TextAreaField(forms.CharField):
    """Text of several lines, in the direction of its own first letter."""

    def __init__(
        self, *, rows: int = 4, needed: bool = False, attrs: Mapping[str, object] | None = None, **kwargs: Any
    ) -> None:
        told = {"cols": False, "rows": rows, "dir": "auto", "required": needed, **(attrs or {})}
        super().__init__(**{"required": False, "widget": forms.Textarea(attrs=told), **kwargs})


class RadioChoices(forms.RadioSelect):
    """Radio buttons without `required`: pages always open with one of them set."""

    def use_required_attribute(self, initial: Any) -> bool:
        return False
